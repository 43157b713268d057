/* recorded-scribbler SEED: threads lock and unlock, and one of them writes at random over the memory that the program shares with
 * Heddle, as a program with a stray pointer may. Ends with status 7. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ENDED_WELL = 7, THREADS = 3, SCRIBBLES = 400, PAUSE_US = 50, MOST_BYTES = 64, USED_BYTES = (THREADS + 1) * (1 << 20) };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_barrier_t begin;
static atomic_bool is_over;

static void *use_lock(void *argument) {
        pthread_mutex_t own = PTHREAD_MUTEX_INITIALIZER;

        pthread_barrier_wait(&begin);
        for (int i = 0; !is_over; i++) {
                pthread_mutex_lock(&own);
                pthread_mutex_lock(&lock);
                pthread_mutex_unlock(&lock);
                pthread_mutex_unlock(&own);
                if (i % 8 == 0)
                        usleep(20);
        }
        return NULL;
}

/* Where the session is mapped; NULL without Heddle. */
static char *find_session(void) {
        FILE *maps = fopen("/proc/self/maps", "re");
        char line[512];
        void *found = NULL;

        while (maps && !found && fgets(line, sizeof(line), maps))
                if (!strstr(line, "memfd:heddle-session") || sscanf(line, "%p", &found) != 1)
                        found = NULL;
        if (maps)
                fclose(maps);
        return found;
}

/* Half of it into the first pages, where the session and the first ring say what they are. */
static void scribble(char *session, uint64_t *random) {
        uint64_t bits[2];
        size_t at, n;

        for (int i = 0; i < 2; i++) {
                *random = *random * 6364136223846793005 + 1442695040888963407;
                bits[i] = *random >> 24;
        }
        at = bits[0] >> 1;
        at %= bits[0] & 1 ? 3 * 4096 : USED_BYTES;
        n = bits[1] % MOST_BYTES;
        memset(session + at, (int) (bits[1] >> 8), n);
}

int main(int argc, char **argv) {
        uint64_t random = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
        pthread_t threads[THREADS];
        char *session = find_session();

        pthread_barrier_init(&begin, NULL, THREADS + 1);
        for (int i = 0; i < THREADS; i++)
                pthread_create(&threads[i], NULL, use_lock, NULL);
        pthread_barrier_wait(&begin);
        usleep(2000); /* so that there is something to write over */
        for (int i = 0; session && i < SCRIBBLES; i++) {
                scribble(session, &random);
                usleep(PAUSE_US);
        }
        is_over = true;
        for (int i = 0; i < THREADS; i++)
                pthread_join(threads[i], NULL);
        return ENDED_WELL;
}
