/* main adds up what two reporters send, until every sender is gone. It has forgotten its own.
 *
 * verdict: deadlock main news
 * exit: 123 */
#include <heddle/heddle.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static void *report(void *data) {
        struct heddle_sender *news = data;
        int error = 0;

        for (int i = 1; i <= 5 && error == 0; i++)
                error = heddle_send(news, &i);
        heddle_sender_drop(news);
        return NULL;
}

int main(void) {
        static const char *const names[] = { "Hansen", "Nellie" };
        struct heddle_sender news, clones[2];
        struct heddle_receiver desk;
        heddle_thread *reporters[2];
        int item, sum = 0;

        if (heddle_channel("news", sizeof item, HEDDLE_UNBOUNDED, &news, &desk) < 0)
                return EXIT_FAILURE;
        for (int i = 0; i < 2; i++)
                if (heddle_sender_clone(&news, &clones[i]) < 0 || heddle_spawn(names[i], report, &clones[i], &reporters[i]) < 0)
                        return EXIT_FAILURE;
        /* heddle_sender_drop(&news) belongs here. */
        while (heddle_recv(&desk, &item) == 0)
                sum += item;
        printf("%d items\n", sum);
        for (int i = 0; i < 2; i++)
                heddle_join(reporters[i], NULL);
        return EXIT_SUCCESS;
}
