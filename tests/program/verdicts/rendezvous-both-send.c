/* Two threads that both want to be rid of a message before they take one.
 *
 * verdict: deadlock Rosa Bill to_Rosa to_Bill behind: main
 * exit: 123 */
#include <heddle/heddle.h>

struct talker {
        struct heddle_sender mouth;
        struct heddle_receiver ear;
};

static void *talk(void *data) {
        struct talker *talker = data;
        int word = 1, greeting = 0;

        /* One of each, so that it is known who holds which end. */
        if (heddle_try_send(&talker->mouth, &greeting) == 0 || heddle_try_recv(&talker->ear, &greeting) == 0)
                return data;
        heddle_sleep(100 * HEDDLE_MS);
        if (heddle_send(&talker->mouth, &word) == 0 && heddle_recv(&talker->ear, &word) == 0)
                return NULL;
        return data;
}

int main(void) {
        struct talker rosa, bill;
        heddle_thread *threads[2];

        if (heddle_channel("to_Rosa", sizeof(int), 0, &bill.mouth, &rosa.ear) < 0 ||
            heddle_channel("to_Bill", sizeof(int), 0, &rosa.mouth, &bill.ear) < 0 ||
            heddle_spawn("Rosa", talk, &rosa, &threads[0]) < 0 ||
            heddle_spawn("Bill", talk, &bill, &threads[1]) < 0)
                return 1;
        heddle_join(threads[0], NULL);
        heddle_join(threads[1], NULL);
        return 0;
}
