/* Does what is not recorded, as its argument says: "futex" waits on one itself, "exec" runs the program that follows. */
#include <linux/futex.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* A section that Go's toolchain makes. */
#ifdef LIKE_GO
__attribute__((section(".note.go.buildid"), used)) static const char build_id[] = "Go";
#endif

/* In vain, since the value is another one. */
static int wait_on_futex(void) {
        uint32_t word = 1;

        return syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0) < 0 ? 0 : 1;
}

static int run(char **argv) {
        int status = 1;
        pid_t child = fork();

        if (child == 0) {
                execvp(argv[0], argv);
                _exit(1);
        }
        return waitpid(child, &status, 0) == child ? WEXITSTATUS(status) : 1;
}

int main(int argc, char **argv) {
        if (argc > 1 && strcmp(argv[1], "futex") == 0)
                return wait_on_futex();
        return argc > 2 && strcmp(argv[1], "exec") == 0 ? run(argv + 2) : 0;
}
