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

/* The loader ignores LD_PRELOAD where a program gains rights. */
static int check_rights(const char *path, struct fault *ret_fault) {
        struct stat status;

        if (stat(path, &status) < 0)
                return 0;
        if (((status.st_mode & S_ISUID) && status.st_uid != geteuid()) || ((status.st_mode & S_ISGID) && status.st_gid != getegid()) ||
            (geteuid() != 0 && getxattr(path, "security.capability", NULL, 0) > 0))
                return refuse(EXIT_HEDDLE_FAILED, ret_fault, "cannot record %s: it runs with rights of its own (set-user-ID, set-group-ID or capabilities), and the "
                              "system loads no recording library into such a program; record a copy without them", path);
        return 0;
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

/* A dynamically linked program names the loader that loads it. True too where the file is too odd to tell. */
static bool has_loader(int fd, const ElfW(Ehdr) *header) {
        ElfW(Phdr) segment;

        for (unsigned i = 0; i < header->e_phnum; i++) {
                off_t offset = (off_t) (header->e_phoff + (uint64_t) i * header->e_phentsize);

                if (pread(fd, &segment, sizeof(segment), offset) != sizeof(segment))
                        return true;
                if (segment.p_type == PT_INTERP)
                        return true;
        }
        return false;
}

static int check_elf(int fd, const char *path, const ElfW(Ehdr) *header, struct fault *ret_fault) {
        if (!is_our_machine(header))
                return refuse(EXIT_HEDDLE_FAILED, ret_fault, "cannot record %s: it is built for another kind of processor or word size than this Heddle; use a Heddle built like it", path);
        if (!has_loader(fd, header))
                return refuse(EXIT_HEDDLE_FAILED, ret_fault, "cannot record %s: it is statically linked, so that Heddle's library cannot be loaded into it; link it dynamically "
                              "(without -static) and run that", path);
        return 0;
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

static int check_contents(const char *path, unsigned depth, struct fault *ret_fault) {
        union {
                ElfW(Ehdr) header;
                char text[256];
        } start = { .text = "" };
        int fd = open(path, O_RDONLY | O_CLOEXEC), status = 0;
        ssize_t n = fd >= 0 ? read(fd, &start, sizeof(start)) : -1;
        char *interpreter = NULL;

        /* What may be executed and not read is run as it is. So is a file that is nothing we know: execvp() gives it to the shell. */
        if (n >= (ssize_t) sizeof(start.header) && memcmp(start.text, ELFMAG, SELFMAG) == 0)
                status = check_elf(fd, path, &start.header, ret_fault);
        else if (n > 2 && start.text[0] == '#' && start.text[1] == '!')
                interpreter = interpreter_of(start.text, (size_t) n);
        if (fd >= 0)
                close(fd);
        if (interpreter && depth < SCRIPT_DEPTH_MAX) {
                status = check_file(interpreter, ret_fault);
                if (status == 0)
                        status = check_rights(interpreter, ret_fault);
                if (status == 0)
                        status = check_contents(interpreter, depth + 1, ret_fault);
        }
        free(interpreter);
        return status;
}

int program_find(const char *name, char **ret_path, struct fault *ret_fault) {
        char *path = strchr(name, '/') ? strdup(name) : search_path(name);
        int status;

        if (!path) {
                fault_set(ret_fault, ENOENT, "cannot find the program %s in PATH%s%s", name, access(name, F_OK) == 0 ? "; for the one in this folder write ./" : "",
                          access(name, F_OK) == 0 ? name : "");
                return EXIT_NOT_FOUND;
        }
        status = check_file(path, ret_fault);
        if (status == 0)
                status = check_rights(path, ret_fault);
        if (status == 0)
                status = check_contents(path, 0, ret_fault);
        if (status == 0)
                *ret_path = path;
        else
                free(path);
        return status;
}
