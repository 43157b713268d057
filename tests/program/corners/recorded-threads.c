/* recorded-threads NAME: threads that begin and end in every way there is. */
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "corner.h"

enum { MADE_AND_ENDED = 10000, ALIVE = 1000 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static bool go;
static int n_there;

static void use_lock(void) {
        pthread_mutex_lock(&lock);
        pthread_mutex_unlock(&lock);
}

static void *use_lock_in_a_thread(void *argument) {
        use_lock();
        return argument;
}

static int many_made_and_ended(void) {
        for (int i = 0; i < MADE_AND_ENDED; i++) {
                pthread_t thread;

                if (pthread_create(&thread, NULL, use_lock_in_a_thread, NULL) != 0 || pthread_join(thread, NULL) != 0)
                        return 1;
        }
        return ENDED_WELL;
}

static int many_detached(void) {
        for (int i = 0; i < 2000; i++) {
                pthread_attr_t attributes;
                pthread_t thread;

                pthread_attr_init(&attributes);
                if (i % 2)
                        pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
                pthread_attr_setstacksize(&attributes, 65536);
                while (pthread_create(&thread, &attributes, use_lock_in_a_thread, NULL) == EAGAIN)
                        usleep(100);
                if (i % 2 == 0)
                        pthread_detach(thread);
        }
        usleep(20000);
        return ENDED_WELL;
}

static void *be_there(void *argument) {
        pthread_mutex_lock(&lock);
        n_there++;
        pthread_cond_broadcast(&cond);
        while (!go)
                pthread_cond_wait(&cond, &lock);
        pthread_mutex_unlock(&lock);
        return NULL;
}

static int alive_at_once(int n) {
        pthread_t *threads = calloc((size_t) n, sizeof(*threads));
        pthread_attr_t attributes;

        pthread_attr_init(&attributes);
        pthread_attr_setstacksize(&attributes, 65536);
        for (int i = 0; i < n; i++)
                if (pthread_create(&threads[i], &attributes, be_there, NULL) != 0)
                        return 1;
        pthread_mutex_lock(&lock);
        while (n_there < n)
                pthread_cond_wait(&cond, &lock);
        go = true;
        pthread_cond_broadcast(&cond);
        pthread_mutex_unlock(&lock);
        for (int i = 0; i < n; i++)
                pthread_join(threads[i], NULL);
        free(threads);
        return ENDED_WELL;
}

static int a_thousand_alive(void) {
        return alive_at_once(ALIVE);
}

static int more_alive_than_rings(void) {
        return alive_at_once(5000);
}

static int smallest_stack(void) {
        pthread_attr_t attributes;
        pthread_t thread;
        void *result = NULL;

        pthread_attr_init(&attributes);
        if (pthread_attr_setstacksize(&attributes, PTHREAD_STACK_MIN) != 0 ||
            pthread_create(&thread, &attributes, use_lock_in_a_thread, &lock) != 0 || pthread_join(thread, &result) != 0)
                return 1;
        return result == &lock ? ENDED_WELL : 2;
}

static void leave_lock(void *argument) {
        pthread_mutex_unlock(argument);
}

static void *wait_for_ever(void *argument) {
        pthread_mutex_lock(&lock);
        pthread_cleanup_push(leave_lock, &lock);
        n_there++;
        for (;;)
                pthread_cond_wait(&cond, &lock);
        pthread_cleanup_pop(0);
        return NULL;
}

static void wait_until_there(int n) {
        for (;;) {
                bool are_there;

                pthread_mutex_lock(&lock);
                are_there = n_there >= n;
                pthread_mutex_unlock(&lock);
                if (are_there)
                        return;
                usleep(100);
        }
}

static int cancel_a_wait(void) {
        for (int i = 0; i < 20; i++) {
                pthread_t thread;
                void *result;

                pthread_create(&thread, NULL, wait_for_ever, NULL);
                wait_until_there(i + 1);
                pthread_cancel(thread);
                pthread_join(thread, &result);
                if (result != PTHREAD_CANCELED)
                        return 1;
        }
        return ENDED_WELL;
}

static void *join_other(void *thread) {
        pthread_join(*(pthread_t *) thread, NULL);
        return NULL;
}

/* A thread cancelled while it joins another leaves that to be joined. */
static int cancel_a_join(void) {
        pthread_t sleeper, joiner;
        void *result;

        pthread_create(&sleeper, NULL, be_there, NULL);
        pthread_create(&joiner, NULL, join_other, &sleeper);
        usleep(50000);
        pthread_cancel(joiner);
        pthread_join(joiner, &result);
        if (result != PTHREAD_CANCELED)
                return 1;
        pthread_mutex_lock(&lock);
        go = true;
        pthread_cond_broadcast(&cond);
        pthread_mutex_unlock(&lock);
        return pthread_join(sleeper, NULL) == 0 ? ENDED_WELL : 2;
}

static void *spin_on_lock(void *argument) {
        pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL);
        for (;;)
                __asm__ volatile("");
        return NULL;
}

static int cancel_asynchronously(void) {
        for (int i = 0; i < 20; i++) {
                pthread_t thread;
                void *result;

                pthread_create(&thread, NULL, spin_on_lock, NULL);
                usleep(500);
                pthread_cancel(thread);
                pthread_join(thread, &result);
                if (result != PTHREAD_CANCELED)
                        return 1;
        }
        use_lock();
        return ENDED_WELL;
}

/* Cancelled at any instruction of a recorded call: the lock is the thread's own, so that nobody waits for one that it took along. */
static void *use_own_lock(void *argument) {
        static __thread pthread_mutex_t own = PTHREAD_MUTEX_INITIALIZER;

        pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL);
        for (;;) {
                pthread_mutex_lock(&own);
                pthread_mutex_unlock(&own);
        }
        return NULL;
}

static int cancel_a_record(void) {
        for (int i = 0; i < 200; i++) {
                pthread_t thread;
                void *result;

                pthread_create(&thread, NULL, use_own_lock, NULL);
                usleep((unsigned) (i * 37 % 500));
                pthread_cancel(thread);
                pthread_join(thread, &result);
                if (result != PTHREAD_CANCELED)
                        return 1;
        }
        return ENDED_WELL;
}

static pthread_key_t key;

static void lock_at_the_end(void *value) {
        static __thread int rounds;

        use_lock();
        if (++rounds < PTHREAD_DESTRUCTOR_ITERATIONS)
                pthread_setspecific(key, value);
}

static void *have_a_value(void *argument) {
        pthread_setspecific(key, &lock);
        return NULL;
}

static int destructors_that_lock(void) {
        pthread_t thread;

        pthread_key_create(&key, lock_at_the_end);
        for (int i = 0; i < 50; i++) {
                pthread_create(&thread, NULL, have_a_value, NULL);
                pthread_join(thread, NULL);
        }
        return ENDED_WELL;
}

static int exit_handlers_that_lock(void) {
        pthread_t thread;

        atexit(use_lock);
        at_quick_exit(use_lock);
        pthread_create(&thread, NULL, use_lock_in_a_thread, NULL);
        pthread_join(thread, NULL);
        return ENDED_WELL;
}

__attribute__((destructor)) static void lock_in_a_destructor(void) {
        use_lock();
}

__attribute__((constructor(101))) static void lock_in_a_constructor(void) {
        use_lock();
}

static void *end_all(void *argument) {
        use_lock();
        exit(ENDED_WELL);
}

static int exit_in_a_thread(void) {
        pthread_t threads[3];

        for (int i = 0; i < 2; i++)
                pthread_create(&threads[i], NULL, be_there, NULL);
        wait_until_there(2);
        pthread_create(&threads[2], NULL, end_all, NULL);
        pthread_join(threads[2], NULL);
        return 1;
}

static void *end_all_later(void *argument) {
        usleep(100000);
        use_lock();
        exit(ENDED_WELL);
}

static int main_that_ends(void) {
        pthread_t thread;

        pthread_create(&thread, NULL, end_all_later, NULL);
        pthread_exit(NULL);
}

static int end_at_once(void) {
        pthread_t thread;

        pthread_create(&thread, NULL, be_there, NULL);
        use_lock();
        _exit(ENDED_WELL);
}

static int end_quickly(void) {
        pthread_t thread;

        at_quick_exit(use_lock);
        pthread_create(&thread, NULL, be_there, NULL);
        use_lock();
        quick_exit(ENDED_WELL);
}

CORNERS({ "ended", many_made_and_ended },
        { "detached", many_detached },
        { "alive", a_thousand_alive },
        { "too-many", more_alive_than_rings },
        { "smallest-stack", smallest_stack },
        { "cancel-wait", cancel_a_wait },
        { "cancel-join", cancel_a_join },
        { "cancel-anywhere", cancel_asynchronously },
        { "cancel-record", cancel_a_record },
        { "destructors", destructors_that_lock },
        { "exit-handlers", exit_handlers_that_lock },
        { "exit-in-a-thread", exit_in_a_thread },
        { "main-that-ends", main_that_ends },
        { "_exit", end_at_once },
        { "quick_exit", end_quickly })
