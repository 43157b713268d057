/* See glib-namesake.c. They return something, unlike GLib's. */
extern int g_mutex_lock(int *mutex), g_mutex_unlock(int *mutex), g_cond_signal(int number);

int g_mutex_lock(int *mutex) {
        return ++*mutex;
}

int g_mutex_unlock(int *mutex) {
        return g_cond_signal(*mutex);
}
