/* A named semaphore between a program and its child. Nobody else that Heddle sees could post it, but others could open it.
 *
 * verdict: none
 * exit: 0 */
#include <fcntl.h>
#include <semaphore.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void) {
        char name[40];
        sem_t *ready;
        pid_t child;

        snprintf(name, sizeof(name), "/heddle-test-%d", (int) getpid());
        ready = sem_open(name, O_CREAT | O_EXCL, 0600, 0);
        if (ready == SEM_FAILED)
                return 1;
        sem_unlink(name);
        child = fork();
        if (child == 0) {
                sleep(1);
                sem_post(ready);
                _exit(0);
        }
        sem_wait(ready);
        sem_close(ready);
        return waitpid(child, NULL, 0) != child;
}
