/* What is to be done once is asked for by the one who is doing it.
 *
 * verdict: deadlock main made
 * exit: 123 */
#include <glib.h>

static gsize made;

static gsize make(void) {
        if (g_once_init_enter(&made)) /* the header calls GLib only where it is not done */
                g_once_init_leave(&made, make());
        return made;
}

int main(void) {
        return make() == 1;
}
