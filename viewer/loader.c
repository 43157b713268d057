#include "loader.h"

#include <errno.h>

G_DEFINE_QUARK(heddle - load - error, heddle_load_error)

struct load {
        char *path;
        GCancellable *cancellable;
        loader_progress progress;
        void *data;
        struct trace *trace;
        struct timeline *timeline;
        gint64 told_us; /* when progress was told last */
};

static void load_free(void *data) {
        struct load *load = data;

        timeline_free(load->timeline);
        trace_unref(load->trace);
        g_clear_object(&load->cancellable);
        g_free(load->path);
        g_free(load);
}

struct news {
        GTask *task; /* keeps the load alive */
        double part;
        const char *words;
};

static void news_free(void *data) {
        struct news *news = data;

        g_object_unref(news->task);
        g_free(news);
}

/* In the main thread. */
static gboolean tell(void *data) {
        struct news *news = data;
        struct load *load = g_task_get_task_data(news->task);

        if (load->progress && !g_task_get_completed(news->task) && !g_cancellable_is_cancelled(load->cancellable))
                load->progress(news->part, news->words, load->data);
        return G_SOURCE_REMOVE;
}

/* In the worker: twenty times a second are enough. */
static bool on_progress(double part, const char *words, void *data) {
        GTask *task = data;
        struct load *load = g_task_get_task_data(task);
        gint64 now_us = g_get_monotonic_time();

        if (now_us - load->told_us > 50000) {
                struct news *news = g_new0(struct news, 1);

                *news = (struct news) { g_object_ref(task), part, words };
                g_idle_add_full(G_PRIORITY_DEFAULT, tell, news, news_free);
                load->told_us = now_us;
        }
        return !g_cancellable_is_cancelled(load->cancellable);
}

static void work(GTask *task, void *source, void *data, GCancellable *cancellable) {
        struct load *load = data;
        struct fault fault = { "" };
        int r;

        r = trace_open(load->path, on_progress, task, &load->trace, &fault);
        if (r >= 0) {
                on_progress(0.8, "Laying out the lanes", task);
                r = timeline_new(load->trace, &load->timeline);
        }
        if (r < 0)
                g_task_return_new_error(task, HEDDLE_LOAD_ERROR, -r, "%s",
                                        fault.message[0] ? fault.message : g_strerror(-r));
        else
                g_task_return_boolean(task, TRUE);
}

void loader_start(const char *path, GCancellable *cancellable, loader_progress progress, GAsyncReadyCallback done,
                  void *data) {
        struct load *load = g_new0(struct load, 1);
        g_autoptr(GTask) task = g_task_new(NULL, cancellable, done, data);

        *load = (struct load) {
                g_strdup(path), cancellable ? g_object_ref(cancellable) : NULL, progress, data, NULL, NULL, 0
        };
        g_task_set_task_data(task, load, load_free);
        g_task_run_in_thread(task, work);
}

gboolean loader_finish(GAsyncResult *result, struct trace **ret_trace, struct timeline **ret_timeline,
                       GError **ret_error) {
        struct load *load = g_task_get_task_data(G_TASK(result));

        if (!g_task_propagate_boolean(G_TASK(result), ret_error))
                return FALSE;
        *ret_trace = g_steal_pointer(&load->trace);
        *ret_timeline = g_steal_pointer(&load->timeline);
        return TRUE;
}
