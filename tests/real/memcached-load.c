/* A load for memcached, over its text protocol and a Unix socket: sets and gets on several connections at once, each with
 * one request under way. Prints how many were answered each second, checks every answer, and shuts the server down.
 *
 * Usage: memcached-load SOCKET CONNECTIONS REQUESTS */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define CONNECTIONS_MAX 64
#define VALUE_BYTES 100
#define N_KEYS 1000

struct connection {
        int fd;
        unsigned n; /* requests made */
        char answer[256];
        size_t n_answer;
};

static void fail(const char *what) {
        fprintf(stderr, "memcached-load: %s\n", what);
        exit(1);
}

static double now_s(void) {
        struct timespec now;

        clock_gettime(CLOCK_MONOTONIC, &now);
        return (double) now.tv_sec + (double) now.tv_nsec / 1e9;
}

static int connect_to(const char *path) {
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        int fd = socket(AF_UNIX, SOCK_STREAM, 0);

        if (strlen(path) >= sizeof(address.sun_path))
                fail("the socket's path is too long");
        strcpy(address.sun_path, path);
        if (fd < 0 || connect(fd, (struct sockaddr *) &address, sizeof(address)) < 0)
                fail("cannot connect");
        return fd;
}

static void send_all(int fd, const char *text, size_t n) {
        if (write(fd, text, n) != (ssize_t) n)
                fail("cannot send");
}

/* A set, then gets of the same key. */
static void ask(struct connection *connection) {
        unsigned key = connection->n / 8 % N_KEYS;
        char text[256];
        int n;

        if (connection->n % 8 == 0)
                n = snprintf(text, sizeof(text), "set k%u 0 0 %d\r\n%0*u\r\n", key, VALUE_BYTES, VALUE_BYTES, key);
        else
                n = snprintf(text, sizeof(text), "get k%u\r\n", key);
        connection->n++;
        connection->n_answer = 0;
        send_all(connection->fd, text, (size_t) n);
}

/* Other connections set the same values, so what a get finds is known. */
static int is_answered(struct connection *connection) {
        unsigned key = (connection->n - 1) / 8 % N_KEYS;
        char expected[256];
        int n;

        if ((connection->n - 1) % 8 == 0)
                n = snprintf(expected, sizeof(expected), "STORED\r\n");
        else
                n = snprintf(expected, sizeof(expected), "VALUE k%u 0 %d\r\n%0*u\r\nEND\r\n", key, VALUE_BYTES, VALUE_BYTES, key);
        if (connection->n_answer < (size_t) n)
                return 0;
        if (connection->n_answer != (size_t) n || memcmp(connection->answer, expected, (size_t) n) != 0)
                fail("a wrong answer");
        return 1;
}

static void take_answer(struct connection *connection) {
        ssize_t n = read(connection->fd, connection->answer + connection->n_answer, sizeof(connection->answer) - connection->n_answer);

        if (n <= 0)
                fail("the server hung up");
        connection->n_answer += (size_t) n;
}

int main(int argc, char **argv) {
        struct connection connections[CONNECTIONS_MAX] = { 0 };
        struct pollfd polls[CONNECTIONS_MAX];
        long n_connections = argc == 4 ? atol(argv[2]) : 0, n_wanted = argc == 4 ? atol(argv[3]) : 0, n_done = 0;
        double began_s;

        if (n_connections < 1 || n_connections > CONNECTIONS_MAX || n_wanted < 1)
                fail("usage: memcached-load SOCKET CONNECTIONS REQUESTS");
        for (long i = 0; i < n_connections; i++) {
                connections[i].fd = connect_to(argv[1]);
                polls[i] = (struct pollfd) { .fd = connections[i].fd, .events = POLLIN };
        }
        began_s = now_s();
        for (long i = 0; i < n_connections; i++)
                ask(&connections[i]);
        while (n_done < n_wanted) {
                poll(polls, (nfds_t) n_connections, -1);
                for (long i = 0; i < n_connections; i++) {
                        if (!polls[i].revents)
                                continue;
                        take_answer(&connections[i]);
                        if (is_answered(&connections[i])) {
                                n_done++;
                                ask(&connections[i]);
                        }
                }
        }
        printf("%.0f\n", (double) n_done / (now_s() - began_s));
        send_all(connect_to(argv[1]), "shutdown\r\n", strlen("shutdown\r\n"));
        return 0;
}
