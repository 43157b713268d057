/* main receives until every sender is gone, and holds one of them itself.
 *
 * verdict: deadlock main numbers
 * exit: 123 */
#include <heddle/heddle.h>

int main(void) {
        struct heddle_sender sender;
        struct heddle_receiver receiver;
        int number = 1;

        if (heddle_channel("numbers", sizeof number, 4, &sender, &receiver) < 0 || heddle_send(&sender, &number) < 0)
                return 1;
        while (heddle_recv(&receiver, &number) == 0)
                ;
        return 0;
}
