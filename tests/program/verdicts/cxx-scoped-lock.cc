/* The harmless twin of cxx-opposite-order: std::scoped_lock goes back where it cannot go on.
 *
 * verdict: none
 * exit: 0 */
#include <latch>
#include <mutex>
#include <thread>

static std::mutex a, b;
static std::latch arrived(2);

static void forth() {
        arrived.arrive_and_wait();
        for (int i = 0; i < 1000; i++)
                std::scoped_lock both(a, b);
}

static void back() {
        arrived.arrive_and_wait();
        for (int i = 0; i < 1000; i++)
                std::scoped_lock both(b, a);
}

int main() {
        std::jthread first(forth), second(back);
}
