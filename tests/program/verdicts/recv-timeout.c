/* Another harmless twin of recv-own-sender: it gives up.
 *
 * verdict: none
 * exit: 0 */
#include <heddle/heddle.h>

#include <errno.h>

int main(void) {
        struct heddle_sender sender;
        struct heddle_receiver receiver;
        int number = 1, error;

        if (heddle_channel("numbers", sizeof number, 4, &sender, &receiver) < 0)
                return 1;
        error = heddle_recv_timeout(&receiver, 1500 * HEDDLE_MS, &number);
        heddle_sender_drop(&sender);
        heddle_receiver_drop(&receiver);
        return error != -ETIMEDOUT;
}
