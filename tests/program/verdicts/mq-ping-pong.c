/* Two threads send each other one number after the other through two queues, and a third gives up on one that stays full.
 *
 * verdict: none
 * exit: 0 */
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <pthread.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum { N_ROUNDS = 200 };

static mqd_t there, back, full;

static mqd_t open_queue(const char *what, long n_messages) {
        struct mq_attr attributes = { .mq_maxmsg = n_messages, .mq_msgsize = sizeof(int) };
        char name[60];
        mqd_t queue;

        snprintf(name, sizeof(name), "/heddle-%s-%d", what, (int) getpid());
        queue = mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, &attributes);
        mq_unlink(name);
        return queue;
}

static void *answer(void *data) {
        for (int i = 0, number; i < N_ROUNDS; i++) {
                mq_receive(there, (char *) &number, sizeof(number), NULL);
                number++;
                mq_send(back, (const char *) &number, sizeof(number), 0);
        }
        return data;
}

static void *give_up(void *data) {
        struct timespec soon;
        int number = 0;

        clock_gettime(CLOCK_REALTIME, &soon);
        soon.tv_sec++;
        mq_send(full, (const char *) &number, sizeof(number), 3);
        return mq_timedsend(full, (const char *) &number, sizeof(number), 3, &soon) != 0 && errno == ETIMEDOUT ? NULL : data;
}

int main(void) {
        pthread_t threads[2];
        void *failed = NULL;
        int number = 0;

        there = open_queue("there", 1);
        back = open_queue("back", 1);
        full = open_queue("full", 1);
        if (there < 0 || back < 0 || full < 0)
                return errno == EMFILE ? 0 : 1; /* as many as this user may have */
        pthread_create(&threads[0], NULL, answer, NULL);
        pthread_create(&threads[1], NULL, give_up, &threads);
        for (int i = 0; i < N_ROUNDS; i++) {
                mq_send(there, (const char *) &number, sizeof(number), 0);
                mq_receive(back, (char *) &number, sizeof(number), NULL);
        }
        pthread_join(threads[0], NULL);
        pthread_join(threads[1], &failed);
        return failed || number != N_ROUNDS;
}
