/* The harmless twin of cxx-shared-upgrade: each kind of lock that C++ has, used as it is meant to be.
 *
 * verdict: none
 * exit: 0 */
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <shared_mutex>
#include <thread>

using namespace std::chrono_literals;

static std::timed_mutex timed;
static std::recursive_timed_mutex recursive;
static std::shared_timed_mutex shared;
static std::condition_variable_any any;
static std::mutex lock;
static std::condition_variable changed;
static bool is_ready;

static void wait_for_both() {
        std::shared_lock reading(shared);

        any.wait(reading, [] { return is_ready; });
}

static void stop(std::stop_token token) {
        std::unique_lock holding(lock);
        std::condition_variable_any stopped;

        stopped.wait(holding, token, [] { return false; });
}

static bool times_out() {
        std::unique_lock holding(lock);

        return changed.wait_for(holding, 1ms) == std::cv_status::timeout && !shared.try_lock_for(1ms) && !shared.try_lock_shared_for(1ms);
}

int main() {
        std::unique_lock writing(shared);
        std::jthread waiter(wait_for_both), stopper(stop);
        bool ok = recursive.try_lock_for(1s) && recursive.try_lock() && timed.try_lock_for(1s);

        recursive.unlock();
        recursive.unlock();
        timed.unlock();
        std::jthread([&] { ok = ok && times_out(); }).join();
        is_ready = true;
        writing.unlock();
        any.notify_all();
        stopper.request_stop();
        return ok ? 0 : 1;
}
