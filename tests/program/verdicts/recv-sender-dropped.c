/* The harmless twin of recv-own-sender.
 *
 * verdict: none
 * exit: 0 */
#include <heddle/heddle.h>

#include <errno.h>

int main(void) {
        struct heddle_sender sender;
        struct heddle_receiver receiver;
        int number = 1, error;

        if (heddle_channel("numbers", sizeof number, 4, &sender, &receiver) < 0 || heddle_send(&sender, &number) < 0)
                return 1;
        heddle_sender_drop(&sender);
        while ((error = heddle_recv(&receiver, &number)) == 0)
                ;
        heddle_receiver_drop(&receiver);
        return error != -EPIPE;
}
