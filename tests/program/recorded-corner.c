/* recorded-corner NAME: one awkward program each. What ends well ends with status 7; what deadlocks is stopped. */
#include <errno.h>
#include <link.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ENDED_WELL = 7, LONG_ENOUGH_US = 700000 /* for a deadlock to be told */ };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER, other_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static volatile sig_atomic_t flag;

static int wait_for_flag(void) {
        pthread_mutex_lock(&lock);
        while (!flag)
                pthread_cond_wait(&cond, &lock);
        pthread_mutex_unlock(&lock);
        return ENDED_WELL;
}

static void set_flag(int signal) {
        flag = 1;
        pthread_cond_signal(&cond);
}

/* Everybody waits, until a signal comes. */
static int woken_by_a_handler(void) {
        signal(SIGALRM, set_flag);
        alarm(1);
        return wait_for_flag();
}

static void set_flag_in_a_thread(union sigval value) {
        set_flag(0);
}

/* Everybody that Heddle can see waits: the threads of a timer are made by the C library. */
static int woken_by_an_unseen_thread(void) {
        struct sigevent event = { .sigev_notify = SIGEV_THREAD, .sigev_notify_function = set_flag_in_a_thread };
        struct itimerspec later = { .it_value.tv_nsec = LONG_ENOUGH_US * 1000L };
        timer_t timer;

        if (timer_create(CLOCK_MONOTONIC, &event, &timer) != 0 || timer_settime(timer, 0, &later, NULL) != 0)
                return 1;
        return wait_for_flag();
}

/* Everybody waits, until a signal ends it all. */
static int killed_while_all_wait(void) {
        alarm(4); /* long enough for the collector to have had its look, also on a machine that is busy */
        return wait_for_flag();
}

static void on_timer(union sigval value) {
        set_flag(0);
}

/* The same with a thread that the C library made for a timer. */
static int killed_with_a_timer(void) {
        struct sigevent event = { .sigev_notify = SIGEV_THREAD, .sigev_notify_function = on_timer };
        struct itimerspec in_a_minute = { .it_value.tv_sec = 60 };
        timer_t timer;

        if (timer_create(CLOCK_MONOTONIC, &event, &timer) < 0 || timer_settime(timer, 0, &in_a_minute, NULL) < 0)
                return 1;
        return killed_while_all_wait();
}

/* The same with a handler that could wake it. */
static int killed_with_a_handler(void) {
        signal(SIGUSR1, set_flag);
        return killed_while_all_wait();
}

struct shared {
        pthread_mutex_t lock;
        pthread_cond_t cond;
        bool flag;
};

static struct shared *make_shared(void) {
        struct shared *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        pthread_mutexattr_t lock_attributes;
        pthread_condattr_t cond_attributes;

        pthread_mutexattr_init(&lock_attributes);
        pthread_mutexattr_setpshared(&lock_attributes, PTHREAD_PROCESS_SHARED);
        pthread_mutex_init(&shared->lock, &lock_attributes);
        pthread_condattr_init(&cond_attributes);
        pthread_condattr_setpshared(&cond_attributes, PTHREAD_PROCESS_SHARED);
        pthread_cond_init(&shared->cond, &cond_attributes);
        return shared;
}

/* Both take the lock in turn, so that neither process sees all of its numbers. */
static void use_in_turn(struct shared *shared) {
        for (int i = 0; i < 200; i++) {
                pthread_mutex_lock(&shared->lock);
                pthread_mutex_unlock(&shared->lock);
                usleep(100);
        }
}

static int woken_by_another_process(void) {
        struct shared *shared = make_shared();
        pid_t child = fork();

        use_in_turn(shared);
        if (child == 0)
                usleep(LONG_ENOUGH_US);
        pthread_mutex_lock(&shared->lock);
        if (child == 0) {
                shared->flag = true;
                pthread_cond_signal(&shared->cond);
        }
        while (!shared->flag)
                pthread_cond_wait(&shared->cond, &shared->lock);
        pthread_mutex_unlock(&shared->lock);
        if (child == 0)
                _exit(0);
        return waitpid(child, NULL, 0) == child ? ENDED_WELL : 1;
}

static void *lock_and_end(void *mutex) {
        pthread_mutex_lock(mutex);
        return NULL;
}

static void lock_in_a_thread(pthread_mutex_t *mutex) {
        pthread_t thread;

        pthread_create(&thread, NULL, lock_and_end, mutex);
        pthread_join(thread, NULL);
}

/* Its owner dies, and nobody makes it consistent. */
static int a_lock_beyond_recovery(void) {
        pthread_mutexattr_t attributes;
        pthread_mutex_t robust;

        pthread_mutexattr_init(&attributes);
        pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
        pthread_mutex_init(&robust, &attributes);
        lock_in_a_thread(&robust);
        if (pthread_mutex_lock(&robust) != EOWNERDEAD)
                return 1;
        pthread_mutex_unlock(&robust);
        for (int i = 0; i < 3; i++)
                if (pthread_mutex_lock(&robust) != ENOTRECOVERABLE)
                        return 2;
        return ENDED_WELL;
}

static int a_deadlock_after_a_child_was_killed_in_its_wait(void) {
        pid_t child = fork();

        if (child == 0) {
                alarm(0);
                wait_for_flag();
        }
        usleep(30000);
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        usleep(100000);
        lock_in_a_thread(&other_lock);
        pthread_mutex_lock(&other_lock);
        return 1;
}

static int a_deadlock_after_a_failed_spawn(void) {
        pthread_attr_t attributes;
        pthread_t thread;

        pthread_attr_init(&attributes);
        if (pthread_attr_setstacksize(&attributes, (size_t) 1 << 46) != 0 || pthread_create(&thread, &attributes, lock_and_end, &other_lock) == 0)
                return 1;
        return wait_for_flag();
}

static void *wait_for_a_post(void *semaphore) {
        sem_wait(semaphore);
        return NULL;
}

static void *wait_when_cancelled_already(void *semaphore) {
        pthread_cancel(pthread_self());
        sem_wait(semaphore);
        return NULL;
}

static bool is_cancelled(pthread_t thread) {
        void *value = NULL;

        return pthread_join(thread, &value) == 0 && value == PTHREAD_CANCELED;
}

/* One is cancelled in its wait, the other before it, where it could have taken the semaphore at once. */
static int cancelled_waits_for_a_semaphore(void) {
        pthread_t in_time, late;
        int count = 0;
        sem_t ready;

        sem_init(&ready, 0, 0);
        pthread_create(&late, NULL, wait_for_a_post, &ready);
        usleep(LONG_ENOUGH_US);
        pthread_cancel(late);
        if (!is_cancelled(late))
                return 1;
        sem_post(&ready);
        pthread_create(&in_time, NULL, wait_when_cancelled_already, &ready);
        if (!is_cancelled(in_time))
                return 2;
        return sem_getvalue(&ready, &count) == 0 && count == 1 ? ENDED_WELL : 3;
}

enum { N_POSTS = 3000 };
static sem_t posted;
static volatile sig_atomic_t n_posted;

static void post(int signal) {
        sem_post(&posted);
        n_posted++;
}

static void *send_signals(void *thread) {
        while (n_posted < N_POSTS) {
                pthread_kill(*(pthread_t *) thread, SIGUSR1);
                usleep(20);
        }
        return NULL;
}

static void *take_all(void *argument) {
        for (int i = 0; i < N_POSTS; i++)
                sem_wait(&posted);
        return NULL;
}

/* The handler comes anywhere in what it interrupts, also while that is recorded. */
static int posts_from_handlers_under_load(void) {
        pthread_t self = pthread_self(), sender, taker;

        sem_init(&posted, 0, 0);
        signal(SIGUSR1, post);
        pthread_create(&taker, NULL, take_all, NULL);
        pthread_create(&sender, NULL, send_signals, &self);
        while (n_posted < N_POSTS) {
                pthread_mutex_lock(&lock);
                pthread_mutex_unlock(&lock);
        }
        pthread_join(sender, NULL);
        pthread_join(taker, NULL);
        return ENDED_WELL;
}

static int lock_for_a_file(struct dl_phdr_info *info, size_t size, void *data) {
        pthread_mutex_lock(&lock);
        pthread_mutex_unlock(&lock);
        return 0;
}

/* Takes the lock while it has the loader's. */
static void *go_through_files(void *argument) {
        while (!flag)
                dl_iterate_phdr(lock_for_a_file, NULL);
        return NULL;
}

/* Each depth is a stack that was not seen before. */
__attribute__((noinline)) static void lock_other_from_depth(unsigned depth) {
        if (depth > 0) {
                lock_other_from_depth(depth - 1);
        } else {
                pthread_mutex_lock(&other_lock);
                pthread_mutex_unlock(&other_lock);
        }
        __asm__ volatile("" ::: "memory");
}

/* Recording must not want the loader's lock while the program has this one. */
static int locks_within_the_loaders(void) {
        pthread_t thread;

        pthread_create(&thread, NULL, go_through_files, NULL);
        for (unsigned i = 0; i < 3000; i++) {
                pthread_mutex_lock(&lock);
                lock_other_from_depth(i * 7 % 300);
                pthread_mutex_unlock(&lock);
        }
        flag = 1;
        pthread_join(thread, NULL);
        return ENDED_WELL;
}

/* Writes over all of the memory that it shares with Heddle. */
static int scribble(void) {
        unsigned long from = 0, to = 0;
        char line[512];
        FILE *maps = fopen("/proc/self/maps", "re");

        pthread_mutex_lock(&lock);
        pthread_mutex_unlock(&lock);
        usleep(100000);
        while (maps && fgets(line, sizeof(line), maps))
                if (strstr(line, "heddle-session") && sscanf(line, "%lx-%lx", &from, &to) == 2)
                        break;
        if (to - from < 1 << 20)
                return 1;
        memset((void *) from, 0xff, 1 << 20);
        usleep(100000);
        _exit(ENDED_WELL);
}

int main(int argc, char **argv) {
        static const struct {
                const char *name;
                int (*run)(void);
        } corners[] = {
                { "handler", woken_by_a_handler },
                { "unseen", woken_by_an_unseen_thread },
                { "process", woken_by_another_process },
                { "unrecoverable", a_lock_beyond_recovery },
                { "killed", a_deadlock_after_a_child_was_killed_in_its_wait },
                { "cancelled", cancelled_waits_for_a_semaphore },
                { "posts", posts_from_handlers_under_load },
                { "failed-spawn", a_deadlock_after_a_failed_spawn },
                { "loader", locks_within_the_loaders },
                { "scribble", scribble },
                { "all-wait", killed_while_all_wait },
                { "all-wait-timer", killed_with_a_timer },
                { "all-wait-handler", killed_with_a_handler },
        };

        for (size_t i = 0; argc > 1 && i < sizeof(corners) / sizeof(*corners); i++)
                if (strcmp(argv[1], corners[i].name) == 0)
                        return corners[i].run();
        return 99;
}
