/* Two mutexes of C++ in opposite order, in guards.
 *
 * verdict: deadlock forth back a b behind: main
 * exit: 123 */
#include <latch>
#include <mutex>
#include <thread>

static std::mutex a, b;
static std::latch arrived(2);

static void forth() {
        std::lock_guard first(a);
        arrived.arrive_and_wait();
        std::lock_guard second(b);
}

static void back() {
        std::unique_lock first(b);
        arrived.arrive_and_wait();
        std::unique_lock second(a);
}

int main() {
        std::jthread threads[] = { std::jthread(forth), std::jthread(back) };

        for (std::jthread &thread : threads)
                thread.join();
}
