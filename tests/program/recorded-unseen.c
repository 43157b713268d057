/* Does what is not recorded, as its argument says: "futex" waits on one itself, "exec" runs the program that follows,
 * "handler" waits for a post that only its handler of SIGINT makes, and is killed after so many seconds. */
#include <linux/futex.h>
#include <semaphore.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
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

static sem_t interrupted;

static void on_interrupt(int signal) {
        sem_post(&interrupted);
}

static int wait_for_handler(unsigned seconds) {
        pid_t parent = getpid();

        signal(SIGINT, on_interrupt);
        sem_init(&interrupted, 0, 0);
        if (fork() == 0) {
                sleep(seconds);
                kill(parent, SIGKILL);
                _exit(0);
        }
        while (sem_wait(&interrupted) < 0)
                ;
        return 0;
}

int main(int argc, char **argv) {
        if (argc > 1 && strcmp(argv[1], "futex") == 0)
                return wait_on_futex();
        if (argc > 2 && strcmp(argv[1], "handler") == 0)
                return wait_for_handler((unsigned) atoi(argv[2]));
        return argc > 2 && strcmp(argv[1], "exec") == 0 ? run(argv + 2) : 0;
}
