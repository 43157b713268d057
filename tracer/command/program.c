/* See program.h. */
#include "command/program.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "command/command.h"
#include "symbols/symbols.h"

#define SCRIPT_DEPTH_MAX 5 /* interpreters that are scripts themselves; Linux follows as many */

static int refuse(int status, struct fault *ret_fault, const char *sentence, const char *path) {
        fault_set(ret_fault, EINVAL, sentence, path);
        return status;
}

/* The first in PATH that is an executable file; else the first that is there at all. NULL when there is none. */
static char *search_path(const char *name) {
        char *folders = strdup(getenv("PATH") ? getenv("PATH") : "/usr/local/bin:/bin:/usr/bin"), *rest = folders, *folder;
        char *found = NULL, *path;
        struct stat status;

        while (folders && (folder = strsep(&rest, ":"))) {
                if (asprintf(&path, "%s/%s", folder[0] ? folder : ".", name) < 0)
                        break;
                if (stat(path, &status) == 0 && S_ISREG(status.st_mode)) {
                        bool is_executable = access(path, X_OK) == 0;

                        if (is_executable || !found) {
                                free(found);
                                found = strdup(path);
                        }
                        if (is_executable)
                                rest = NULL;
                }
                free(path);
        }
        free(folders);
        return found;
}

static int check_file(const char *path, struct fault *ret_fault) {
        struct stat status;

        if (stat(path, &status) < 0) {
                int status_of = errno == ENOENT || errno == ENOTDIR ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTABLE;

                fault_set(ret_fault, errno, "cannot run %s: %s", path, errno == ENOENT ? "there is no such file" : strerror(errno));
                return status_of;
        }
        if (S_ISDIR(status.st_mode))
                return refuse(EXIT_NOT_EXECUTABLE, ret_fault, "cannot run %s: it is a folder; name the program in it", path);
        if (!S_ISREG(status.st_mode))
                return refuse(EXIT_NOT_EXECUTABLE, ret_fault, "cannot run %s: it is not a file", path);
        if (access(path, X_OK) < 0)
                return refuse(EXIT_NOT_EXECUTABLE, ret_fault, "cannot run %s: it is not executable; allow it with chmod +x, or name the interpreter that runs it", path);
        return 0;
}

/* ---- what keeps Heddle's library out of a program */

static const struct program_obstacle own_rights = {
        "it runs with rights of its own (set-user-ID, set-group-ID or capabilities), and the system loads no recording library into such a program",
        "record a copy without them",
};
static const struct program_obstacle other_machine = {
        "it is built for another kind of processor or word size than this Heddle",
        "use a Heddle built like it",
};
static const struct program_obstacle is_static = {
        "it is statically linked, so that Heddle's library cannot be loaded into it",
        "link it dynamically (without -static) and run that",
};
static const struct program_obstacle is_static_go = {
        "it is written in Go, and statically linked, so that Heddle's library cannot be loaded into it",
        "Go tells of a deadlock of all goroutines by itself, and of races with -race",
};
static const struct program_obstacle other_library = {
        "it is linked with another C library than this Heddle (musl)",
        "link it with glibc and run that",
};

/* The loader ignores LD_PRELOAD where a program gains rights. */
static const struct program_obstacle *check_rights(const char *path) {
        struct stat status;

        if (stat(path, &status) < 0)
                return NULL;
        if (((status.st_mode & S_ISUID) && status.st_uid != geteuid()) || ((status.st_mode & S_ISGID) && status.st_gid != getegid()) ||
            (geteuid() != 0 && getxattr(path, "security.capability", NULL, 0) > 0))
                return &own_rights;
        return NULL;
}

/* The same kind of processor and word size as ours; otherwise the loader leaves our library out. */
static bool is_our_machine(const ElfW(Ehdr) *header) {
        ElfW(Ehdr) own;
        int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
        bool same = fd < 0 || read(fd, &own, sizeof(own)) != sizeof(own) ||
                    (own.e_machine == header->e_machine && own.e_ident[EI_CLASS] == header->e_ident[EI_CLASS]);

        if (fd >= 0)
                close(fd);
        return same;
}

/* A dynamically linked program names the loader that loads it. One that is too odd to tell is taken for one of ours. */
static const struct program_obstacle *check_loader(int fd, const char *path, const ElfW(Ehdr) *header) {
        ElfW(Phdr) segment;

        for (unsigned i = 0; i < header->e_phnum; i++) {
                off_t offset = (off_t) (header->e_phoff + (uint64_t) i * header->e_phentsize);
                char loader[64] = "";

                if (pread(fd, &segment, sizeof(segment), offset) != sizeof(segment))
                        return NULL;
                if (segment.p_type != PT_INTERP)
                        continue;
                if (pread(fd, loader, sizeof(loader) - 1, (off_t) segment.p_offset) < 0)
                        return NULL;
                return strstr(loader, "/ld-musl-") ? &other_library : NULL;
        }
        return symbols_language(path) == LANGUAGE_GO ? &is_static_go : &is_static;
}

static const struct program_obstacle *check_elf(int fd, const char *path, const ElfW(Ehdr) *header) {
        return is_our_machine(header) ? check_loader(fd, path, header) : &other_machine;
}

/* The interpreter that a script's first line names; NULL when it names none. */
static char *interpreter_of(const char *text, size_t n) {
        size_t begin = 2, end;

        while (begin < n && (text[begin] == ' ' || text[begin] == '\t'))
                begin++;
        end = begin;
        while (end < n && text[end] && !strchr(" \t\r\n", text[end]))
                end++;
        return end > begin ? strndup(text + begin, end - begin) : NULL;
}

/* What a file begins with. */
struct beginning {
        const struct program_obstacle *obstacle; /* of a program */
        char *interpreter;                       /* of a script, for the caller to free */
};

/* What may be executed and not read is run as it is. So is a file that is nothing we know: execvp() gives it to the shell. */
static struct beginning look_into(const char *path) {
        union {
                ElfW(Ehdr) header;
                char text[256];
        } start = { .text = "" };
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        ssize_t n = fd >= 0 ? read(fd, &start, sizeof(start)) : -1;
        struct beginning beginning = { 0 };

        if (n >= (ssize_t) sizeof(start.header) && memcmp(start.text, ELFMAG, SELFMAG) == 0)
                beginning.obstacle = check_elf(fd, path, &start.header);
        else if (n > 2 && start.text[0] == '#' && start.text[1] == '!')
                beginning.interpreter = interpreter_of(start.text, (size_t) n);
        if (fd >= 0)
                close(fd);
        return beginning;
}

static int refuse_obstacle(const struct program_obstacle *obstacle, const char *path, struct fault *ret_fault) {
        if (!obstacle)
                return 0;
        fault_set(ret_fault, EINVAL, "cannot record %s: %s; %s", path, obstacle->reason, obstacle->remedy);
        return EXIT_HEDDLE_FAILED;
}

static int check_program(const char *path, unsigned depth, struct fault *ret_fault) {
        struct beginning beginning;
        int status = check_file(path, ret_fault);

        if (status == 0)
                status = refuse_obstacle(check_rights(path), path, ret_fault);
        if (status != 0)
                return status;
        beginning = look_into(path);
        status = refuse_obstacle(beginning.obstacle, path, ret_fault);
        if (status == 0 && beginning.interpreter && depth < SCRIPT_DEPTH_MAX)
                status = check_program(beginning.interpreter, depth + 1, ret_fault);
        free(beginning.interpreter);
        return status;
}

/* The path of the file that execvp() would run; NULL when there is none. */
static char *find_file(const char *name) {
        return strchr(name, '/') ? strdup(name) : search_path(name);
}

int program_find(const char *name, char **ret_path, struct fault *ret_fault) {
        char *path = find_file(name);
        int status;

        if (!path) {
                fault_set(ret_fault, ENOENT, "cannot find the program %s in PATH%s%s", name, access(name, F_OK) == 0 ? "; for the one in this folder write ./" : "",
                          access(name, F_OK) == 0 ? name : "");
                return EXIT_NOT_FOUND;
        }
        status = check_program(path, 0, ret_fault);
        if (status == 0)
                *ret_path = path;
        else
                free(path);
        return status;
}

static const struct program_obstacle *obstacle_of(const char *path, unsigned depth) {
        const struct program_obstacle *obstacle = check_rights(path);
        struct beginning beginning = look_into(path);

        if (!obstacle)
                obstacle = beginning.obstacle;
        if (!obstacle && beginning.interpreter && depth < SCRIPT_DEPTH_MAX)
                obstacle = obstacle_of(beginning.interpreter, depth + 1);
        free(beginning.interpreter);
        return obstacle;
}

const struct program_obstacle *program_obstacle(const char *name) {
        char *path = find_file(name);
        const struct program_obstacle *obstacle = path && access(path, X_OK) == 0 ? obstacle_of(path, 0) : NULL;

        free(path);
        return obstacle;
}
