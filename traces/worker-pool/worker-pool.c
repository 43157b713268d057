/* A pool of three workers. Jobs come through a channel with room for four, whose receiver the workers share under a
 * mutex; results go back through another, in which every worker has a sender of its own.
 *
 * verdict: none
 * exit: 0 */
#include <heddle/heddle.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define N_WORKERS 3
#define N_JOBS 24

struct result {
        uint64_t number, steps;
};

struct pool {
        struct heddle_mutex lock; /* of the receiver */
        struct heddle_receiver jobs;
};

struct worker {
        struct pool *pool;
        struct heddle_sender results;
};

/* How many steps of halving it and of tripling it plus one lead from a number to 1. */
static uint64_t count_steps(uint64_t number) {
        uint64_t n = 0;

        for (; number != 1; n++)
                number = number % 2 ? 3 * number + 1 : number / 2;
        return n;
}

static int next_job(struct pool *pool, uint64_t *ret_job) {
        HEDDLE_GUARD guard = heddle_mutex_guard(&pool->lock);

        return heddle_recv(&pool->jobs, ret_job);
}

static void *work(void *data) {
        struct worker *worker = data;
        uint64_t job;

        while (next_job(worker->pool, &job) == 0) {
                struct result result = { job, count_steps(job) };

                heddle_sleep(2 * HEDDLE_MS); /* harder than it looks */
                if (heddle_send(&worker->results, &result) < 0)
                        break;
        }
        heddle_sender_drop(&worker->results);
        return NULL;
}

static int send_jobs(struct heddle_sender *jobs) {
        int error = 0;

        for (uint64_t i = 1; i <= N_JOBS && error == 0; i++)
                error = heddle_send(jobs, &i);
        heddle_sender_drop(jobs);
        return error;
}

static uint64_t add_up(struct heddle_receiver *results) {
        struct result result;
        uint64_t sum = 0;

        while (heddle_recv(results, &result) == 0)
                sum += result.steps;
        return sum;
}

int main(void) {
        static const char *const names[N_WORKERS] = { "Faraday", "Curie", "Tesla" };
        struct pool pool = { .lock = HEDDLE_MUTEX_INIT };
        struct worker workers[N_WORKERS];
        heddle_thread *threads[N_WORKERS];
        struct heddle_sender jobs, results;
        struct heddle_receiver answers;

        if (heddle_channel("jobs", sizeof(uint64_t), 4, &jobs, &pool.jobs) < 0 ||
            heddle_channel("results", sizeof(struct result), HEDDLE_UNBOUNDED, &results, &answers) < 0)
                return EXIT_FAILURE;
        for (int i = 0; i < N_WORKERS; i++) {
                workers[i].pool = &pool;
                if (heddle_sender_clone(&results, &workers[i].results) < 0 ||
                    heddle_spawn(names[i], work, &workers[i], &threads[i]) < 0)
                        return EXIT_FAILURE;
        }
        heddle_sender_drop(&results); /* the workers have theirs; this one would keep add_up() waiting for ever */
        if (send_jobs(&jobs) < 0)
                return EXIT_FAILURE;
        printf("%llu steps in all\n", (unsigned long long) add_up(&answers));
        for (int i = 0; i < N_WORKERS; i++)
                heddle_join(threads[i], NULL);
        heddle_receiver_drop(&answers);
        heddle_receiver_drop(&pool.jobs);
        return EXIT_SUCCESS;
}
