/* Two transfers between two accounts, in opposite directions. Plain pthreads: nothing here knows of Heddle.
 *
 * verdict: deadlock pay_rent pay_wages accounts[0].lock accounts[1].lock behind: main
 * exit: 123 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct account {
        pthread_mutex_t lock;
        const char *owner;
        long balance;
};

static struct account accounts[] = {
        { PTHREAD_MUTEX_INITIALIZER, "the tenant", 1000 },
        { PTHREAD_MUTEX_INITIALIZER, "the landlord", 1000 },
};

static void transfer(struct account *from, struct account *to, long amount) {
        pthread_mutex_lock(&from->lock);
        usleep(100000); /* has the fraud department look at it */
        pthread_mutex_lock(&to->lock);
        from->balance -= amount;
        to->balance += amount;
        pthread_mutex_unlock(&to->lock);
        pthread_mutex_unlock(&from->lock);
        printf("%s paid %s %ld\n", from->owner, to->owner, amount);
}

static void *pay_rent(void *data) {
        transfer(&accounts[0], &accounts[1], 700);
        return data;
}

static void *pay_wages(void *data) {
        transfer(&accounts[1], &accounts[0], 900);
        return data;
}

int main(void) {
        pthread_t rent, wages;

        if (pthread_create(&rent, NULL, pay_rent, NULL) != 0 || pthread_create(&wages, NULL, pay_wages, NULL) != 0)
                return EXIT_FAILURE;
        pthread_join(rent, NULL);
        pthread_join(wages, NULL);
        return EXIT_SUCCESS;
}
