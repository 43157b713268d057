/* A shared_mutex that is to be written while it is read.
 *
 * verdict: deadlock main table
 * exit: 123 */
#include <mutex>
#include <shared_mutex>

static std::shared_mutex table;

int main() {
        std::shared_lock reading(table);
        std::unique_lock writing(table);
}
