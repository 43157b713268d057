// Every public header can be read by C++, and what is in it be used from there. A panic runs destructors.
#include <heddle/heddle.h>

#include <cerrno>
#include <cstdio>

static heddle_mutex lock = HEDDLE_MUTEX_INIT;
static bool was_destroyed;

struct witness {
        ~witness() {
                was_destroyed = true;
        }
};

static void *fall(void *) {
        witness local;
        HEDDLE_GUARD guard = heddle_mutex_guard(&lock);

        heddle_panic("from C++");
}

static int exchange_a_message() {
        heddle_sender sender;
        heddle_receiver receiver;
        int message = 7;

        if (heddle_channel(nullptr, sizeof message, HEDDLE_UNBOUNDED, &sender, &receiver) < 0 || heddle_send(&sender, &message) < 0)
                return -1;
        message = 0;
        if (heddle_recv(&receiver, &message) < 0)
                return -1;
        heddle_sender_drop(&sender);
        heddle_receiver_drop(&receiver);
        return message;
}

int main() {
        heddle_thread *thread;
        int n_rounds = 0;

        if (heddle_spawn("Icarus", fall, nullptr, &thread) < 0 || heddle_join(thread, nullptr) != -EOWNERDEAD)
                return 1;
        HEDDLE_WITH(&lock)
                n_rounds++;
        if (!was_destroyed || n_rounds != 1 || !heddle_mutex_is_poisoned(&lock) || exchange_a_message() != 7) {
                std::fprintf(stderr, "destroyed %d, rounds %d, poisoned %d\n", was_destroyed, n_rounds, heddle_mutex_is_poisoned(&lock));
                return 1;
        }
        return 0;
}
