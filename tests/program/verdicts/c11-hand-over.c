/* A harmless twin of c11-opposite-order, with everything that C11 has for threads: locks in one order, taken again, tried and
 * timed, condition variables that are signalled, broadcast and timed out, results that arrive.
 *
 * verdict: none
 * exit: 0 */
#include <threads.h>
#include <time.h>

static mtx_t lock, again;
static cnd_t changed;
static once_flag once = ONCE_FLAG_INIT;
static int turn, n_prepared;

static struct timespec soon(void) {
        struct timespec now;

        timespec_get(&now, TIME_UTC);
        now.tv_nsec += 1000000;
        now.tv_sec += now.tv_nsec / 1000000000;
        now.tv_nsec %= 1000000000;
        return now;
}

static void prepare(void) {
        n_prepared++;
}

static int play(void *data) {
        int mine = *(int *) data;

        call_once(&once, prepare);
        for (int i = 0; i < 100; i++) {
                mtx_lock(&lock);
                while (turn != mine)
                        cnd_wait(&changed, &lock);
                turn = !turn;
                if (i % 2)
                        cnd_signal(&changed);
                else
                        cnd_broadcast(&changed);
                mtx_unlock(&lock);
        }
        return 40 + mine;
}

static int leave_early(void *data) {
        thrd_exit(7);
}

static int is_as_documented(void) {
        struct timespec deadline = soon();
        int wrong = 0;

        mtx_lock(&again);
        wrong += mtx_trylock(&again) != thrd_success; /* it is recursive */
        mtx_unlock(&again);
        mtx_lock(&lock);
        wrong += mtx_trylock(&lock) != thrd_busy;
        wrong += cnd_timedwait(&changed, &lock, &deadline) != thrd_timedout;
        mtx_unlock(&lock);
        wrong += mtx_timedlock(&lock, &deadline) != thrd_success;
        wrong += mtx_timedlock(&lock, &deadline) != thrd_timedout;
        mtx_unlock(&lock);
        mtx_unlock(&again);
        return wrong == 0;
}

int main(void) {
        int numbers[2] = { 0, 1 }, results[3] = { 0 };
        thrd_t threads[3];

        if (mtx_init(&lock, mtx_timed) != thrd_success || mtx_init(&again, mtx_plain | mtx_recursive) != thrd_success ||
            cnd_init(&changed) != thrd_success || !is_as_documented())
                return 1;
        thrd_create(&threads[0], play, &numbers[0]);
        thrd_create(&threads[1], play, &numbers[1]);
        thrd_create(&threads[2], leave_early, NULL);
        for (int i = 0; i < 3; i++)
                if (thrd_join(threads[i], &results[i]) != thrd_success)
                        return 2;
        cnd_destroy(&changed);
        mtx_destroy(&lock);
        mtx_destroy(&again);
        return n_prepared != 1 || results[0] != 40 || results[1] != 41 || results[2] != 7;
}
