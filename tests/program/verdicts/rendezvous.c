/* The harmless twin of rendezvous-both-send: one talks, the other listens, in turns.
 *
 * verdict: none
 * exit: 0 */
#include <heddle/heddle.h>

struct talker {
        struct heddle_sender mouth;
        struct heddle_receiver ear;
};

static void *answer(void *data) {
        struct talker *talker = data;
        int word;

        while (heddle_recv(&talker->ear, &word) == 0)
                if (heddle_send(&talker->mouth, &word) < 0)
                        break;
        heddle_sender_drop(&talker->mouth);
        heddle_receiver_drop(&talker->ear);
        return NULL;
}

int main(void) {
        struct talker rosa, bill;
        heddle_thread *thread;
        int error = 0;

        if (heddle_channel("to_Rosa", sizeof(int), 0, &bill.mouth, &rosa.ear) < 0 ||
            heddle_channel("to_Bill", sizeof(int), 0, &rosa.mouth, &bill.ear) < 0 ||
            heddle_spawn("Bill", answer, &bill, &thread) < 0)
                return 1;
        for (int i = 0; i < 20 && error == 0; i++) {
                error = heddle_send(&rosa.mouth, &i);
                if (error == 0)
                        error = heddle_recv(&rosa.ear, &i);
        }
        heddle_sender_drop(&rosa.mouth);
        heddle_receiver_drop(&rosa.ear);
        heddle_join(thread, NULL);
        return error < 0;
}
