/* The harmless twin of cxx-once-recursive: a routine that throws has not run, and the next one runs it.
 *
 * verdict: none
 * exit: 0 */
#include <mutex>
#include <stdexcept>
#include <thread>

static std::once_flag made, inner;
static std::mutex lock;
static int n_tries, n_inner;

static void make() {
        std::lock_guard guard(lock);

        std::call_once(inner, [] { n_inner++; });
        if (++n_tries < 3)
                throw std::runtime_error("not yet");
}

static void try_to_make() {
        for (;;) {
                try {
                        std::call_once(made, make);
                        return;
                } catch (const std::runtime_error &) {
                }
        }
}

int main() {
        {
                std::jthread first(try_to_make), second(try_to_make);
        }
        return n_tries == 3 && n_inner == 1 ? 0 : 1;
}
