/* See heddle-process.h. */
#include "heddle-process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

void heddle_begin(struct heddle_process *heddle) {
        memset(heddle, 0, sizeof(*heddle));
        strcpy(heddle->folder, "/tmp/heddle-program-XXXXXX");
        if (!mkdtemp(heddle->folder) || chdir(heddle->folder) < 0)
                abort();
}

void heddle_end(struct heddle_process *heddle) {
        char command[128];

        snprintf(command, sizeof(command), "rm -rf '%s'", heddle->folder);
        if (chdir("/") < 0 || system(command) != 0)
                abort();
}

static void become_heddle(const char *const *arguments) {
        const char *argv[32] = { getenv("HEDDLE") };

        for (int i = 0; arguments[i] && i < 30; i++)
                argv[i + 1] = arguments[i];
        setpgid(0, 0);
        dup2(open("heddle-stdout", O_WRONLY | O_CREAT | O_TRUNC, 0600), STDOUT_FILENO);
        dup2(open("heddle-stderr", O_WRONLY | O_CREAT | O_TRUNC, 0600), STDERR_FILENO);
        unsetenv(("HEDDLE_SESSION"));
        execv(argv[0], (char **) argv);
        _exit(99);
}

void heddle_start(struct heddle_process *heddle, const char *const *arguments) {
        heddle->pid = fork();
        if (heddle->pid == 0)
                become_heddle(arguments);
        setpgid(heddle->pid, heddle->pid); /* whoever of the two comes first */
}

static void read_text(const char *path, char *text) {
        FILE *file = fopen(path, "re");
        size_t n = file ? fread(text, 1, HEDDLE_TEXT_BYTES - 1, file) : 0;

        text[n] = 0;
        if (file)
                fclose(file);
}

void heddle_wait(struct heddle_process *heddle) {
        int status;

        while (waitpid(heddle->pid, &status, 0) < 0 && errno == EINTR)
                ;
        heddle->status = WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
        read_text("heddle-stdout", heddle->out);
        read_text("heddle-stderr", heddle->err);
}

const char *heddle_program(const char *name) {
        static char path[4096];

        snprintf(path, sizeof(path), "%s/%s", getenv("HEDDLE_PROGRAMS"), name);
        return path;
}
