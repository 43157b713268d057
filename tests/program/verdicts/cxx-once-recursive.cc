/* std::call_once() that asks for what it is about to make.
 *
 * verdict: deadlock main made
 * exit: 123 */
#include <mutex>

static std::once_flag made;

static void make() {
        std::call_once(made, make);
}

int main() {
        std::call_once(made, make);
}
