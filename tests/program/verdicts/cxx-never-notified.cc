/* A condition that nobody is left to change.
 *
 * verdict: deadlock main waiter changed
 * exit: 123 */
#include <condition_variable>
#include <mutex>
#include <thread>

static std::mutex lock;
static std::condition_variable changed;
static bool is_ready;

static void waiter() {
        std::unique_lock holding(lock);

        changed.wait(holding, [] { return is_ready; });
}

int main() {
        std::thread(waiter).join();
}
