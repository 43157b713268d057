/* A reader that wants to write before it lets go.
 *
 * verdict: deadlock main table
 * exit: 123 */
#include <pthread.h>

static pthread_rwlock_t table = PTHREAD_RWLOCK_INITIALIZER;

int main(void) {
        pthread_rwlock_rdlock(&table);
        pthread_rwlock_wrlock(&table);
        return 0;
}
