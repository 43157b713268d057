/* recorded-shared HOW: mutexes that processes share, or seem to, in all the ways to have memory in common. */
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SIZE = 4096, MANY = 100000 };

static void make(pthread_mutex_t *mutex) {
        pthread_mutexattr_t attributes;

        pthread_mutexattr_init(&attributes);
        pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
        pthread_mutex_init(mutex, &attributes);
}

static void use(pthread_mutex_t *mutex) {
        pthread_mutex_lock(mutex);
        pthread_mutex_unlock(mutex);
}

/* The file's memory, at that address unless it is NULL. */
static pthread_mutex_t *map_file(const char *name, void *address) {
        int fd = open(name, O_RDWR | O_CREAT, 0600);
        void *memory;

        if (fd < 0 || ftruncate(fd, SIZE) < 0)
                abort();
        memory = mmap(address, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        close(fd);
        return memory == MAP_FAILED || (address && memory != address) ? (abort(), NULL) : memory;
}

static void await(void) {
        while (wait(NULL) > 0)
                ;
}

/* Two files, one after the other at one address. The second is not known by having been initialised. */
static void remap(void) {
        pthread_mutex_t *one = map_file("one", NULL), *two = map_file("two", NULL);
        pthread_mutex_t *place = mmap(NULL, SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        int is_child;

        make(one);
        memcpy(two, one, sizeof(*two));
        is_child = fork() == 0;
        for (int i = 0; i < 4; i++) {
                munmap(place, SIZE);
                use(map_file(i % 2 ? "two" : "one", place));
        }
        if (is_child)
                _exit(0);
        await();
}

/* A file that is removed and made again under its name, while the old one is in use. */
static void again(void) {
        pthread_mutex_t *old = map_file("one", NULL), *new;

        make(old);
        use(old);
        unlink("one");
        new = map_file("one", NULL);
        memcpy(new, old, sizeof(*new));
        use(new);
        use(old);
}

/* Private memory, of which each process has its own copy. */
static void copies(void) {
        pthread_mutex_t *mutex = malloc(sizeof(*mutex));

        make(mutex);
        use(mutex);
        if (fork() == 0) {
                use(mutex);
                _exit(0);
        }
        await();
        free(mutex);
}

static void many(void) {
        pthread_mutex_t *mutexes = mmap(NULL, MANY * sizeof(*mutexes), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

        for (int i = 0; i < MANY; i++)
                make(&mutexes[i]);
        if (fork() == 0) {
                for (int i = 0; i < MANY; i++)
                        use(&mutexes[i]);
                _exit(0);
        }
        await();
}

/* A program of its own, which is over at once. */
static void exec(const char *program) {
        make(map_file("one", NULL));
        if (fork() == 0) {
                execl(program, program, "in-child", NULL);
                abort();
        }
        await();
}

static void segment(void) {
        int id = shmget(IPC_PRIVATE, SIZE, IPC_CREAT | 0600);
        pthread_mutex_t *mutex = shmat(id, NULL, 0), *there_as_well = shmat(id, NULL, 0);

        shmctl(id, IPC_RMID, NULL);
        make(mutex);
        use(there_as_well);
        shmdt(there_as_well);
        if (fork() == 0) {
                use(mutex);
                _exit(0);
        }
        await();
}

int main(int argc, char **argv) {
        const char *how = argc > 1 ? argv[1] : "";

        if (strcmp(how, "remap") == 0)
                remap();
        else if (strcmp(how, "again") == 0)
                again();
        else if (strcmp(how, "copies") == 0)
                copies();
        else if (strcmp(how, "many") == 0)
                many();
        else if (strcmp(how, "exec") == 0)
                exec(argv[0]);
        else if (strcmp(how, "in-child") == 0)
                use(map_file("one", NULL));
        else if (strcmp(how, "segment") == 0)
                segment();
        else
                return 1;
        return 0;
}
