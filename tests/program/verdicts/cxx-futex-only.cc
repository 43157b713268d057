/* What C++ builds from futexes alone is not seen, and nothing is made up of it: threads that wait in it for longer than a
 * deadlock takes to be told, while others wait for them in ways that are seen.
 *
 * verdict: none
 * exit: 0 */
#include <barrier>
#include <chrono>
#include <future>
#include <latch>
#include <mutex>
#include <semaphore>
#include <thread>

using namespace std::chrono_literals;

static std::latch latch(2);
static std::barrier<> barrier(2);
static std::counting_semaphore<> semaphore(0);
static std::binary_semaphore binary(0);
static std::promise<int> promise;
static std::mutex lock;

static int wait_for_all() {
        std::lock_guard guard(lock);
        int value = promise.get_future().get();

        latch.arrive_and_wait();
        barrier.arrive_and_wait();
        semaphore.acquire();
        binary.acquire();
        return value;
}

static void wait_for_lock() {
        std::lock_guard guard(lock);
}

int main() {
        std::future<int> value = std::async(std::launch::async, wait_for_all);
        std::jthread other(wait_for_lock);

        std::this_thread::sleep_for(600ms);
        promise.set_value(7);
        std::this_thread::sleep_for(600ms);
        latch.count_down();
        std::this_thread::sleep_for(400ms);
        barrier.arrive_and_wait();
        semaphore.release();
        binary.release();
        return value.get() == 7 ? 0 : 1;
}
