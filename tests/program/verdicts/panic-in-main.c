/* A panic in main ends the process with 101, as a Rust program's does.
 *
 * verdict: none
 * exit: 101 */
#include <heddle/heddle.h>

int main(void) {
        heddle_panic("main gives up");
}
