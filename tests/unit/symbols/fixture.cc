// The same for C++: names in namespaces and classes, and std::mutex, whose lock() is compiled into its caller.
#include <mutex>

extern "C" {
#include "fixture.h"
}

namespace bank {

class account {
public:
        static std::mutex all;
        std::mutex own;
        uint64_t deposit(unsigned *ret_line);
        void open(struct fixture_site *site);
        int balance;
};

std::mutex account::all;
account accounts[3];

__attribute__((noinline)) static uint64_t here() {
        return reinterpret_cast<uint64_t>(__builtin_return_address(0));
}

__attribute__((noinline)) uint64_t account::deposit(unsigned *ret_line) {
        uint64_t pc = here(); *ret_line = __LINE__;
        __asm__ volatile("" ::: "memory");
        return pc;
}

__attribute__((noinline)) static uint64_t given(std::mutex *mutex) {
        __asm__ volatile("" : : "r"(mutex) : "memory");
        return reinterpret_cast<uint64_t>(__builtin_return_address(0));
}

__attribute__((noinline)) void account::open(struct fixture_site *site) {
        site->innermost = __LINE__, site->pc = given(&own);
        __asm__ volatile("" ::: "memory");
        balance++;
}

/* A function that has no name. */
__attribute__((noinline)) static void run_lambda(struct fixture_site *site) {
        site->outer = __LINE__; auto step = [site]() __attribute__((noinline)) {
                site->innermost = __LINE__, site->pc = here();
                __asm__ volatile("" ::: "memory");
        };
        step();
}

} // namespace bank

extern "C" void fixture_get(struct fixture *ret_fixture) {
        ret_fixture->plain.pc = bank::accounts[1].deposit(&ret_fixture->plain.innermost);
        bank::accounts[0].open(&ret_fixture->given);
        bank::run_lambda(&ret_fixture->hidden);
        ret_fixture->whole_mutex = reinterpret_cast<uint64_t>(&bank::account::all);
        ret_fixture->fork_lock = reinterpret_cast<uint64_t>(&bank::accounts[2].own);
}
