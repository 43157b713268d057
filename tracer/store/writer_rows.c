/* Rows of what was found and derived. */
#include "store/writer.h"

int store_writer_add_waits(struct store_writer *writer, const struct wait *waits, size_t n, struct fault *ret_fault) {
        int r = writer_check(writer, ret_fault);

        for (const struct wait *wait = waits; wait < waits + n && r == 0; wait++)
                r = writer_insert(writer, INSERT_WAIT,
                                  CELLS(reference(wait->thread), reference(wait->object), reference(wait->stack),
                                        reference(wait->owner), integer(wait->kind), reference(wait->ended_by),
                                        integer(wait->began_ns), moment(wait->ended_ns), reference(wait->event_id)),
                                  ret_fault);
        return r;
}

int store_writer_add_messages(struct store_writer *writer, const struct message *messages, size_t n,
                              struct fault *ret_fault) {
        int r = writer_check(writer, ret_fault);

        for (const struct message *message = messages; message < messages + n && r == 0; message++)
                r = writer_insert(writer, INSERT_MESSAGE,
                                  CELLS(reference(message->channel), integer(message->number),
                                        reference(message->sender), reference(message->receiver),
                                        moment(message->sent_ns), moment(message->received_ns),
                                        reference(message->sent_id), reference(message->received_id)),
                                  ret_fault);
        return r;
}

int store_writer_add_lock_edges(struct store_writer *writer, const struct lock_edge *edges, size_t n,
                                struct fault *ret_fault) {
        int r = writer_check(writer, ret_fault);

        for (const struct lock_edge *edge = edges; edge < edges + n && r == 0; edge++)
                r = writer_insert(writer, INSERT_LOCK_EDGE,
                                  CELLS(reference(edge->held), reference(edge->taken), integer(edge->n_times),
                                        reference(edge->thread), reference(edge->held_stack),
                                        reference(edge->taken_stack), integer(edge->time_ns), reference(edge->event_id),
                                        integer(edge->flags)),
                                  ret_fault);
        return r;
}

static int add_step(struct store_writer *writer, uint64_t finding, size_t place, const struct finding_step *step,
                    struct fault *ret_fault) {
        return writer_insert(writer, INSERT_FINDING_STEP,
                             CELLS(integer(finding), integer(place), text(step_role_name(step->role)),
                                   reference(step->ring), reference(step->thread), reference(step->event),
                                   reference(step->event_id), reference(step->object), reference(step->holder),
                                   moment(step->time_ns), reference(step->stack)),
                             ret_fault);
}

static int add_parts(struct store_writer *writer, uint64_t id, const struct finding *finding, struct fault *ret_fault) {
        int r = 0;

        for (size_t i = 0; i < finding->n_threads && r == 0; i++)
                r = writer_insert(writer, INSERT_FINDING_THREAD,
                                  CELLS(integer(id), integer(i), reference(finding->threads[i])), ret_fault);
        for (size_t i = 0; i < finding->n_objects && r == 0; i++)
                r = writer_insert(writer, INSERT_FINDING_OBJECT,
                                  CELLS(integer(id), integer(i), reference(finding->objects[i])), ret_fault);
        for (size_t i = 0; i < finding->n_steps && r == 0; i++)
                r = add_step(writer, id, i, &finding->steps[i], ret_fault);
        return r;
}

int store_writer_add_findings(struct store_writer *writer, const struct finding_list *findings,
                              struct fault *ret_fault) {
        int r = writer_check(writer, ret_fault);

        for (const struct finding *finding = findings->items; finding < findings->items + findings->n && r == 0;
             finding++) {
                /* A second list may number its findings from 1 again, and one that was never sorted has only zeros. */
                uint64_t id = finding->id > writer->last_finding ? finding->id : writer->last_finding + 1;

                r = writer_insert(writer, INSERT_FINDING,
                                  CELLS(integer(id), text(finding_kind_name(finding->kind)),
                                        text(certainty_name(finding->certainty)), text(finding->title),
                                        text(finding->advice), moment(finding->time_ns), integer(finding->n_seen),
                                        integer(finding->n_rings)),
                                  ret_fault);
                writer->last_finding = id;
                if (r == 0)
                        r = add_parts(writer, id, finding, ret_fault);
        }
        return r;
}
