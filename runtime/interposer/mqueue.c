/* POSIX message queues. One lives in the kernel and belongs to no process. Its number is made of what the kernel knows it by, so
 * that each of its descriptors, in whichever process, is the same object; it costs an fstat() a call.
 *
 * Messages have no numbers, but their priorities: the more urgent overtake, and processes that are not recorded take some.
 *
 * A message is recorded before it is sent, so that it is not received first. When the queue turns out to be full, the sender
 * waits after that, and is relieved of it, or could not send it after all. */
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <stdarg.h>
#include <sys/stat.h>

#include "interposer/deadline.h"
#include "interposer/real.h"

/* A call on one queue. */
struct turn {
        struct emit_site site;
        uint64_t number; /* 0: it is none that could be told */
        enum event_kind failure;
};

/* Waits for nothing. */
static const struct timespec long_ago;

static uint64_t number_of(mqd_t queue) {
        int saved_errno = errno;
        struct stat status;
        bool ok = fstat(queue, &status) == 0;

        errno = saved_errno;
        return ok ? (uint64_t) (status.st_ino & UINT32_MAX) | (uint64_t) (status.st_dev & UINT16_MAX) << 32 : 0;
}

static void record(const struct turn *turn, enum event_kind kind, unsigned flags, uint32_t value) {
        emit(turn->site, kind, OBJECT_QUEUE, flags | RECORD_SHARED, turn->number, 0, value);
}

/* RECORD_TRY: nothing was begun. */
static void record_failure(const struct turn *turn, unsigned flags) {
        if (errno != EBADF)
                record(turn, turn->failure, flags, (uint32_t) errno);
}

static void record_cancelled(void *data) {
        const struct turn *turn = data;

        record(turn, turn->failure, 0, ECANCELED);
}

static bool is_valid(const struct timespec *deadline) {
        return !deadline || (deadline_is_valid(CLOCK_REALTIME, deadline) && deadline->tv_sec >= 0);
}

/* Opening */

static void record_opened(struct emit_site site, mqd_t queue, const char *name, int flags) {
        struct turn turn = { .site = site, .number = number_of(queue) };
        int saved_errno = errno;
        struct mq_attr attributes;

        if (flags & O_CREAT && mq_getattr(queue, &attributes) == 0)
                record(&turn, EV_CHANNEL_NEW, 0, (uint32_t) attributes.mq_maxmsg);
        heddle_emit_shared_name(OBJECT_QUEUE, turn.number, name);
        errno = saved_errno;
}

EXPORT mqd_t mq_open(const char *name, int flags, ...) {
        struct emit_site site = EMIT_SITE;
        struct mq_attr *attributes = NULL;
        unsigned mode = 0;
        va_list arguments;
        mqd_t queue;

        if (flags & O_CREAT) {
                va_start(arguments, flags);
                mode = va_arg(arguments, unsigned);
                attributes = va_arg(arguments, struct mq_attr *);
                va_end(arguments);
        }
        queue = REAL(mq_open)(name, flags, mode, attributes);
        if (queue != (mqd_t) -1 && wrapper_records())
                record_opened(site, queue, name, flags);
        return queue;
}

/* What mq_open() becomes where the compiler checks its arguments. */
EXPORT mqd_t __mq_open_2(const char *name, int flags);
EXPORT mqd_t __mq_open_2(const char *name, int flags) {
        struct emit_site site = EMIT_SITE;
        mqd_t queue = REAL(__mq_open_2)(name, flags);

        if (queue != (mqd_t) -1 && wrapper_records())
                record_opened(site, queue, name, flags);
        return queue;
}

/* Sending */

/* Whether the call fails at once, or very likely does. */
static bool is_refused(const struct mq_attr *queue, size_t n_bytes, const struct timespec *deadline) {
        return n_bytes > (size_t) queue->mq_msgsize || !is_valid(deadline) ||
               (queue->mq_flags & O_NONBLOCK && queue->mq_curmsgs >= queue->mq_maxmsg);
}

/* What is sent; `deadline` may be NULL. */
struct message {
        mqd_t queue;
        const char *text;
        size_t n_bytes;
        unsigned priority;
        const struct timespec *deadline;
};

static int call_real(const struct message *message, const struct timespec *deadline) {
        return REAL(mq_timedsend)(message->queue, message->text, message->n_bytes, message->priority, deadline);
}

static int wait_to_send(struct turn *turn, const struct message *message) {
        int result;

        record(turn, EV_SEND_WAIT, message->deadline ? RECORD_TIMED : 0, 0);
        pthread_cleanup_push(record_cancelled, turn);
        result = call_real(message, message->deadline);
        pthread_cleanup_pop(0);
        if (result == 0)
                record(turn, EV_HANDED_OVER, 0, 0);
        else
                record_failure(turn, 0);
        return result;
}

/* A call that most likely fails at once. */
static int try_to_send(const struct turn *turn, const struct message *message) {
        int result = call_real(message, message->deadline);

        if (result == 0)
                record(turn, EV_SEND, 0, message->priority);
        else
                record_failure(turn, RECORD_TRY);
        return result;
}

static int send_message(struct emit_site site, const struct message *message) {
        struct turn turn = { site, number_of(message->queue), EV_SEND_FAIL };
        int saved_errno = errno;
        struct mq_attr attributes;

        if (turn.number == 0 || mq_getattr(message->queue, &attributes) != 0)
                return call_real(message, message->deadline);
        if (is_refused(&attributes, message->n_bytes, message->deadline))
                return try_to_send(&turn, message);
        record(&turn, EV_SEND, 0, message->priority);
        if (call_real(message, &long_ago) == 0)
                return 0;
        if (errno == ETIMEDOUT) {
                errno = saved_errno;
                return wait_to_send(&turn, message);
        }
        record_failure(&turn, 0);
        return -1;
}

EXPORT int mq_send(mqd_t queue, const char *text, size_t n_bytes, unsigned priority) {
        struct emit_site site = EMIT_SITE;

        return wrapper_records() ? send_message(site, &(struct message) { queue, text, n_bytes, priority, NULL }) :
                                   REAL(mq_send)(queue, text, n_bytes, priority);
}

EXPORT int mq_timedsend(mqd_t queue, const char *text, size_t n_bytes, unsigned priority, const struct timespec *deadline) {
        struct emit_site site = EMIT_SITE;

        return wrapper_records() ? send_message(site, &(struct message) { queue, text, n_bytes, priority, deadline }) :
                                   REAL(mq_timedsend)(queue, text, n_bytes, priority, deadline);
}

/* Receiving */

static ssize_t record_received(const struct turn *turn, ssize_t result, unsigned priority) {
        if (result >= 0)
                emit_after(turn->site, EV_RECV, OBJECT_QUEUE, RECORD_SHARED, turn->number, 0, priority);
        else
                record_failure(turn, 0);
        return result;
}

/* `deadline` may be NULL. */
static ssize_t receive(struct emit_site site, mqd_t queue, char *text, size_t n_bytes, unsigned *priority, const struct timespec *deadline) {
        struct turn turn = { site, number_of(queue), EV_RECV_FAIL };
        int saved_errno = errno;
        ssize_t result;

        if (turn.number == 0)
                return REAL(mq_timedreceive)(queue, text, n_bytes, priority, deadline);
        result = REAL(mq_timedreceive)(queue, text, n_bytes, priority, is_valid(deadline) ? &long_ago : deadline);
        if (result >= 0 || errno != ETIMEDOUT)
                return record_received(&turn, result, *priority);
        errno = saved_errno;
        record(&turn, EV_RECV_WAIT, deadline ? RECORD_TIMED : 0, 0);
        pthread_cleanup_push(record_cancelled, &turn);
        result = REAL(mq_timedreceive)(queue, text, n_bytes, priority, deadline);
        pthread_cleanup_pop(0);
        return record_received(&turn, result, *priority);
}

EXPORT ssize_t mq_receive(mqd_t queue, char *text, size_t n_bytes, unsigned *priority) {
        struct emit_site site = EMIT_SITE;
        unsigned unwanted = 0;

        return wrapper_records() ? receive(site, queue, text, n_bytes, priority ? priority : &unwanted, NULL) :
                                   REAL(mq_receive)(queue, text, n_bytes, priority);
}

EXPORT ssize_t mq_timedreceive(mqd_t queue, char *text, size_t n_bytes, unsigned *priority, const struct timespec *deadline) {
        struct emit_site site = EMIT_SITE;
        unsigned unwanted = 0;

        return wrapper_records() ? receive(site, queue, text, n_bytes, priority ? priority : &unwanted, deadline) :
                                   REAL(mq_timedreceive)(queue, text, n_bytes, priority, deadline);
}
