/* Findings, and what was derived, of an open trace. */
#include <errno.h>
#include <stdlib.h>

#include "store/reader.h"

/* A growing array on the heap. */
struct rows {
        char *items;
        size_t n, size, item_bytes;
};

/* Room for one more, not zeroed; NULL when out of memory. */
static void *rows_add(struct rows *rows) {
        if (rows->n == rows->size) {
                size_t size = rows->size ? rows->size * 2 : 64;
                char *items = reallocarray(rows->items, size, rows->item_bytes);

                if (!items)
                        return NULL;
                rows->items = items;
                rows->size = size;
        }
        return rows->items + rows->n++ * rows->item_bytes;
}

static int read_rows(struct store_reader *reader, const struct visit *visit, struct rows *rows,
                     struct fault *ret_fault) {
        int r = reader_visit(reader, visit, ret_fault);

        if (r < 0)
                free(rows->items);
        return r;
}

static int visit_wait(struct store_reader *reader, sqlite3_stmt *row, void *rows) {
        struct wait *wait = rows_add(rows);

        (void) reader;
        if (!wait)
                return -ENOMEM;
        *wait = (struct wait) {
                .thread = (uint32_t) column_integer(row, 1),
                .object = (uint32_t) column_integer(row, 2),
                .stack = (uint32_t) column_integer(row, 3),
                .owner = (uint32_t) column_integer(row, 4),
                .kind = (uint8_t) column_integer(row, 5),
                .ended_by = (uint8_t) column_integer(row, 6),
                .began_ns = column_integer(row, 7),
                .ended_ns = column_moment(row, 8),
                .event_id = column_integer(row, 9),
        };
        return 0;
}

/* By time, then by event: what qsort() does with equals is its own affair. */
static int compare(uint64_t time_a, uint64_t time_b, uint64_t id_a, uint64_t id_b) {
        if (time_a != time_b)
                return time_a < time_b ? -1 : 1;
        return id_a < id_b ? -1 : id_a > id_b;
}

static int compare_waits(const void *left, const void *right) {
        const struct wait *a = left, *b = right;

        return compare(a->began_ns, b->began_ns, a->event_id, b->event_id);
}

int store_reader_waits(struct store_reader *reader, struct wait **ret_waits, size_t *ret_n, struct fault *ret_fault) {
        struct rows rows = { .item_bytes = sizeof(struct wait) };
        const struct visit visit = {
                "SELECT id, thread, object, stack, owner, kind, ended_by, began_ns, ended_ns, event FROM wait",
                "id", "some waits", true, visit_wait, &rows
        };
        int r = read_rows(reader, &visit, &rows, ret_fault);

        if (r < 0)
                return r;
        if (rows.n > 1)
                qsort(rows.items, rows.n, rows.item_bytes, compare_waits);
        *ret_waits = (struct wait *) rows.items;
        *ret_n = rows.n;
        return 0;
}

static int visit_message(struct store_reader *reader, sqlite3_stmt *row, void *rows) {
        struct message *message = rows_add(rows);

        (void) reader;
        if (!message)
                return -ENOMEM;
        *message = (struct message) {
                .channel = (uint32_t) column_integer(row, 1),
                .number = (uint32_t) column_integer(row, 2),
                .sender = (uint32_t) column_integer(row, 3),
                .receiver = (uint32_t) column_integer(row, 4),
                .sent_ns = column_moment(row, 5),
                .received_ns = column_moment(row, 6),
                .sent_id = column_integer(row, 7),
                .received_id = column_integer(row, 8),
        };
        return 0;
}

static int compare_messages(const void *left, const void *right) {
        const struct message *a = left, *b = right;

        return compare(a->sent_ns, b->sent_ns, a->sent_id, b->sent_id);
}

int store_reader_messages(struct store_reader *reader, struct message **ret_messages, size_t *ret_n,
                          struct fault *ret_fault) {
        struct rows rows = { .item_bytes = sizeof(struct message) };
        const struct visit visit = {
                "SELECT id, channel, number, sender, receiver, sent_ns, received_ns, sent_event, received_event"
                " FROM message",
                "id", "some messages", true, visit_message, &rows
        };
        int r = read_rows(reader, &visit, &rows, ret_fault);

        if (r < 0)
                return r;
        if (rows.n > 1)
                qsort(rows.items, rows.n, rows.item_bytes, compare_messages);
        *ret_messages = (struct message *) rows.items;
        *ret_n = rows.n;
        return 0;
}

static int visit_lock_edge(struct store_reader *reader, sqlite3_stmt *row, void *rows) {
        struct lock_edge *edge = rows_add(rows);

        (void) reader;
        if (!edge)
                return -ENOMEM;
        *edge = (struct lock_edge) {
                .held = (uint32_t) column_integer(row, 1),
                .taken = (uint32_t) column_integer(row, 2),
                .n_times = column_integer(row, 3),
                .thread = (uint32_t) column_integer(row, 4),
                .held_stack = (uint32_t) column_integer(row, 5),
                .taken_stack = (uint32_t) column_integer(row, 6),
                .time_ns = column_integer(row, 7),
                .event_id = column_integer(row, 8),
                .flags = (uint8_t) column_integer(row, 9),
        };
        return 0;
}

static int compare_lock_edges(const void *left, const void *right) {
        const struct lock_edge *a = left, *b = right;

        return compare(a->time_ns, b->time_ns, a->event_id, b->event_id);
}

int store_reader_lock_edges(struct store_reader *reader, struct lock_edge **ret_edges, size_t *ret_n,
                            struct fault *ret_fault) {
        struct rows rows = { .item_bytes = sizeof(struct lock_edge) };
        const struct visit visit = {
                "SELECT id, held, taken, n_times, thread, held_stack, taken_stack, time_ns, event, flags"
                " FROM lock_edge",
                "id", "some of the lock order", true, visit_lock_edge, &rows
        };
        int r = read_rows(reader, &visit, &rows, ret_fault);

        if (r < 0)
                return r;
        if (rows.n > 1)
                qsort(rows.items, rows.n, rows.item_bytes, compare_lock_edges);
        *ret_edges = (struct lock_edge *) rows.items;
        *ret_n = rows.n;
        return 0;
}

static const char some_findings[] = "some findings";

static int visit_finding(struct store_reader *reader, sqlite3_stmt *row, void *data) {
        const char *kind = (const char *) sqlite3_column_text(row, 1),
                   *certainty = (const char *) sqlite3_column_text(row, 2);
        enum finding_kind kind_code = kind ? finding_kind_from_name(kind) : FINDING_NONE;
        int certainty_code = certainty ? certainty_from_name(certainty) : -ENOENT;
        struct finding *finding;

        if (kind_code == FINDING_NONE || certainty_code < 0) {
                reader_tell_damage(reader, some_findings);
                return 0;
        }
        finding = finding_list_add(data);
        if (!finding)
                return -ENOMEM;
        finding->id = (uint32_t) column_integer(row, 0);
        finding->kind = kind_code;
        finding->certainty = (enum certainty) certainty_code;
        finding->time_ns = column_moment(row, 5);
        finding->n_seen = column_integer(row, 6);
        finding->n_rings = (uint32_t) column_integer(row, 7);
        if (column_text(row, 3, &finding->title) < 0)
                return -ENOMEM;
        return column_text(row, 4, &finding->advice);
}

/* The finding that a part's row belongs to. Parts come in the order of their findings, so `data` remembers the place.
 */
struct place {
        struct finding_list *findings;
        size_t at;
};

static struct finding *finding_of(struct store_reader *reader, sqlite3_stmt *row, struct place *place) {
        uint64_t id = column_integer(row, 0);

        while (place->at < place->findings->n && place->findings->items[place->at].id < id)
                place->at++;
        if (place->at < place->findings->n && place->findings->items[place->at].id == id)
                return &place->findings->items[place->at];
        reader_tell_damage(reader, some_findings);
        return NULL;
}

static int visit_finding_thread(struct store_reader *reader, sqlite3_stmt *row, void *place) {
        struct finding *finding = finding_of(reader, row, place);

        return finding ? finding_add_thread(finding, (uint32_t) column_integer(row, 1)) : 0;
}

static int visit_finding_object(struct store_reader *reader, sqlite3_stmt *row, void *place) {
        struct finding *finding = finding_of(reader, row, place);

        return finding ? finding_add_object(finding, (uint32_t) column_integer(row, 1)) : 0;
}

static int visit_finding_step(struct store_reader *reader, sqlite3_stmt *row, void *place) {
        struct finding *finding = finding_of(reader, row, place);
        const char *role = (const char *) sqlite3_column_text(row, 1);
        int role_code = role ? step_role_from_name(role) : -ENOENT;
        struct finding_step *step;

        if (!finding || role_code < 0) {
                reader_tell_damage(reader, some_findings);
                return 0;
        }
        step = finding_add_step(finding);
        if (!step)
                return -ENOMEM;
        *step = (struct finding_step) {
                .role = (enum step_role) role_code,
                .ring = (uint32_t) column_integer(row, 2),
                .thread = (uint32_t) column_integer(row, 3),
                .event = (uint8_t) column_integer(row, 4),
                .event_id = column_integer(row, 5),
                .object = (uint32_t) column_integer(row, 6),
                .holder = (uint32_t) column_integer(row, 7),
                .time_ns = column_moment(row, 8),
                .stack = (uint32_t) column_integer(row, 9),
        };
        return 0;
}

int store_reader_findings(struct store_reader *reader, struct finding_list *ret_findings, struct fault *ret_fault) {
        struct finding_list findings = { 0 };
        struct place places[3] = { { &findings, 0 }, { &findings, 0 }, { &findings, 0 } };
        const struct visit visits[] = {
                { "SELECT id, kind, certainty, title, advice, time_ns, n_seen, n_rings FROM finding", "id",
                  some_findings, false, visit_finding, &findings },
                { "SELECT finding, thread FROM finding_thread", "finding, place", some_findings, false,
                  visit_finding_thread, &places[0] },
                { "SELECT finding, object FROM finding_object", "finding, place", some_findings, false,
                  visit_finding_object, &places[1] },
                { "SELECT finding, role, ring, thread, event, event_id, object, holder, time_ns, stack FROM "
                  "finding_step",
                  "finding, place", some_findings, false, visit_finding_step, &places[2] },
        };

        for (size_t i = 0; i < sizeof(visits) / sizeof(*visits); i++) {
                int r = reader_visit(reader, &visits[i], ret_fault);

                if (r < 0) {
                        finding_list_finish(&findings);
                        return r;
                }
        }
        *ret_findings = findings;
        return 0;
}
