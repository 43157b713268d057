/* Nobody that Heddle sees is left to send, but a child is that was forked behind its back.
 *
 * verdict: none
 * exit: 0 */
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void) {
        struct mq_attr attributes = { .mq_maxmsg = 1, .mq_msgsize = 1 };
        char name[60], text[1];
        mqd_t queue;
        pid_t child;

        snprintf(name, sizeof(name), "/heddle-answer-%d", (int) getpid());
        queue = mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, &attributes);
        if (queue < 0)
                return errno == EMFILE ? 0 : 1; /* as many as this user may have */
        mq_unlink(name);
        child = _Fork();
        if (child == 0) {
                sleep(1);
                mq_send(queue, "", 1, 0);
                _exit(0);
        }
        return mq_receive(queue, text, sizeof(text), NULL) != 1 || waitpid(child, NULL, 0) != child;
}
