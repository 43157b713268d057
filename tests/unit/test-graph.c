/* Graphs without a picture: which nodes, which edges, which rings, and that nothing lies on anything else. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "graph/graph.h"
#include "graph/text.h"
#include "story.h"
#include "test.h"

/* Eight locks, A to H. */
static struct story *letters(void) {
        return story("T1: lock A, lock B, lock C, lock D, lock E, lock F, lock G, lock H");
}

static uint32_t lock_named(const struct story *story, char letter) {
        return story_object(story, (const char[]) { letter, '\0' });
}

/* "AB BA" are two edges. */
static struct graph lock_order(const struct story *story, const char *pairs) {
        struct lock_edge edges[64] = { 0 };
        struct graph graph = { 0 };
        size_t n = 0;

        for (; pairs[0] && pairs[1]; pairs += pairs[2] ? 3 : 2)
                edges[n++] = (struct lock_edge) {
                        .held = lock_named(story, pairs[0]), .taken = lock_named(story, pairs[1]), .n_times = 1, .thread = 1,
                };
        EXPECT_EQ(graph_lock_order(edges, n, &story->catalog, &graph), 0);
        return graph;
}

static const struct graph_node *node_of(const struct graph *graph, const char *label) {
        static const struct graph_node nowhere = { .ring = 4711 };

        for (size_t i = 0; i < graph->n_nodes; i++)
                if (strcmp(graph->nodes[i].label, label) == 0)
                        return &graph->nodes[i];
        return &nowhere;
}

TEST(opposite_orders_are_a_ring_and_what_hangs_on_it_is_not) {
        struct graph graph = lock_order(letters(), "AB BA BC");

        EXPECT_EQ(graph.n_nodes, 3);
        EXPECT_EQ(graph.n_edges, 3);
        EXPECT_EQ(graph.n_rings, 1);
        EXPECT_EQ(node_of(&graph, "A")->ring, 1);
        EXPECT_EQ(node_of(&graph, "B")->ring, 1);
        EXPECT_EQ(node_of(&graph, "C")->ring, 0);
        EXPECT_EQ(graph.edges[0].ring, 1);
        EXPECT_EQ(graph.edges[2].ring, 0);
        graph_finish(&graph);
}

TEST(orders_without_a_cycle_have_no_ring) {
        struct graph graph = lock_order(letters(), "AB AC BC CD");

        EXPECT_EQ(graph.n_rings, 0);
        graph_finish(&graph);
}

TEST(rings_are_numbered_by_their_first_node_and_placed_along_their_edges) {
        struct graph graph = lock_order(letters(), "AB CD DE EC BA");

        EXPECT_EQ(graph.n_rings, 2);
        EXPECT_EQ(node_of(&graph, "A")->ring, 1);
        EXPECT_EQ(node_of(&graph, "C")->ring, 2);
        EXPECT_EQ(node_of(&graph, "C")->place, 0);
        EXPECT_EQ(node_of(&graph, "D")->place, 1);
        EXPECT_EQ(node_of(&graph, "E")->place, 2);
        graph_finish(&graph);
}

TEST(a_lock_taken_again_while_held_is_a_ring_of_one) {
        struct graph graph = lock_order(letters(), "AA AB");

        EXPECT_EQ(graph.n_rings, 1);
        EXPECT_EQ(node_of(&graph, "A")->ring, 1);
        EXPECT_EQ(node_of(&graph, "B")->ring, 0);
        graph_finish(&graph);
}

TEST(a_pair_seen_twice_is_one_edge_with_both_counted) {
        struct graph graph = lock_order(letters(), "AB AB");

        EXPECT_EQ(graph.n_edges, 1);
        EXPECT_EQ(graph.edges[0].n_times, 2);
        graph_finish(&graph);
}

/* The wait-for graph at the end of a story. */
static struct graph wait_for(const struct story *story) {
        struct world *world = world_new();
        struct graph graph = { 0 };

        for (size_t i = 0; i < story->n_events; i++)
                EXPECT_EQ(world_apply(world, &story->catalog, &story->events[i], i + 1), 0);
        EXPECT_EQ(graph_wait_for(world, &story->catalog, &graph), 0);
        world_free(world);
        return graph;
}

static const struct graph_edge *edge_of(const struct graph *graph, const char *from, const char *to) {
        static char no_label[] = "no such edge";
        static const struct graph_edge none = { .ring = 4711, .label = no_label };

        for (size_t i = 0; i < graph->n_edges; i++)
                if (strcmp(graph->nodes[graph->edges[i].from].label, from) == 0 &&
                    strcmp(graph->nodes[graph->edges[i].to].label, to) == 0)
                        return &graph->edges[i];
        return &none;
}

TEST(two_who_wait_for_each_other_are_a_ring_and_who_joins_one_queues_behind) {
        struct story *s = story("main: spawn Plato, spawn Kant;"
                                "Plato: lock A @31; Kant: lock B @31; Plato: wait-lock B @33; Kant: wait-lock A @34;"
                                "main: wait-join Plato @58");
        struct graph graph = wait_for(s);

        EXPECT_EQ(graph.n_nodes, 5);
        EXPECT_EQ(graph.n_edges, 5);
        EXPECT_EQ(graph.n_rings, 1);
        EXPECT_EQ(node_of(&graph, "main")->ring, 0);
        EXPECT_EQ(node_of(&graph, "Plato")->place, 0);
        EXPECT_EQ(node_of(&graph, "B")->place, 1);
        EXPECT_EQ(node_of(&graph, "Kant")->place, 2);
        EXPECT_EQ(node_of(&graph, "A")->place, 3);
        EXPECT_STR(edge_of(&graph, "Plato", "B")->label, "waits at story.c:33");
        EXPECT_STR(edge_of(&graph, "B", "Kant")->label, "taken at story.c:31");
        EXPECT_EQ(edge_of(&graph, "B", "Kant")->kind, EDGE_HELD_BY);
        EXPECT_EQ(edge_of(&graph, "B", "Kant")->ring, 1);
        EXPECT_STR(edge_of(&graph, "main", "Plato")->label, "waits at story.c:58");
        EXPECT_EQ(edge_of(&graph, "main", "Plato")->ring, 0);
        graph_finish(&graph);
}

TEST(a_wait_that_ends_by_itself_is_drawn_but_makes_no_ring) {
        struct story *s = story("Plato: lock A; Kant: lock B; Plato: wait-lock B timed; Kant: wait-lock A");
        struct graph graph = wait_for(s);

        EXPECT_EQ(graph.n_edges, 4);
        EXPECT_EQ(graph.n_rings, 0);
        EXPECT_CONTAINS(edge_of(&graph, "Plato", "B")->label, "timeout");
        graph_finish(&graph);
}

TEST(who_neither_waits_nor_is_waited_for_is_left_out) {
        struct story *s = story("Plato: lock A; Kant: wait-lock A; Marx: lock C");
        struct graph graph = wait_for(s);

        EXPECT_EQ(graph.n_nodes, 3);
        EXPECT_EQ(graph.n_rings, 0);
        EXPECT_EQ(node_of(&graph, "Marx")->ring, 4711);
        graph_finish(&graph);
}

static bool overlap(const struct graph_node *a, const struct graph_node *b) {
        return fabs(a->x - b->x) < (a->width + b->width) / 2 && fabs(a->y - b->y) < (a->height + b->height) / 2;
}

/* No node on another one, and all of them on the page. */
static void expect_tidy(const struct graph *graph) {
        for (size_t i = 0; i < graph->n_nodes; i++) {
                const struct graph_node *node = &graph->nodes[i];

                EXPECT(node->width > 0 && node->height > 0);
                EXPECT(node->x - node->width / 2 >= -1 && node->x + node->width / 2 <= graph->width + 1);
                EXPECT(node->y - node->height / 2 >= -1 && node->y + node->height / 2 <= graph->height + 1);
                for (size_t j = 0; j < i; j++)
                        if (overlap(node, &graph->nodes[j]))
                                test_fail(__FILE__, __LINE__, "%s lies on %s", node->label, graph->nodes[j].label);
        }
}

TEST(a_layout_puts_no_node_on_another_one) {
        static const char *const all[] = { "", "AA", "AB", "AB BA", "AB BC CA", "AB BA BC CD DC DE AE", "AB BC CD DE EF FG GH HA AD DA" };

        for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
                for (int compact = 0; compact < 2; compact++) {
                        struct graph graph = lock_order(letters(), all[i]);
                        struct fault fault = { 0 };

                        graph.compact = compact;
                        EXPECT_EQ(graph_layout(&graph, &fault), 0);
                        EXPECT_STR(fault.message, "");
                        expect_tidy(&graph);
                        graph_finish(&graph);
                }
}

TEST(a_ring_goes_round_clockwise_from_the_top) {
        struct graph graph = lock_order(letters(), "AB BC CD DA");
        const struct graph_node *a = node_of(&graph, "A"), *b = node_of(&graph, "B"), *c = node_of(&graph, "C"), *d = node_of(&graph, "D");

        ASSERT(graph_layout(&graph, NULL) == 0);
        EXPECT(a->y < b->y && b->y < c->y);
        EXPECT(b->x > a->x && d->x < a->x);
        EXPECT(fabs(a->x - c->x) < 0.01 && fabs(b->y - d->y) < 0.01);
        graph_finish(&graph);
}

static char *written(struct graph *graph, enum graph_format format, size_t *ret_n) {
        struct fault fault = { 0 };
        char *text = NULL;
        FILE *out = open_memstream(&text, ret_n);

        EXPECT_EQ(graph_write(graph, format, out, &fault), 0);
        EXPECT_STR(fault.message, "");
        fclose(out);
        return text;
}

TEST(every_format_is_written_with_rings_and_without) {
        static const char *const all[] = { "", "AB BC", "AB BA BC", "AA" };

        for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
                struct graph graph = lock_order(letters(), all[i]);
                size_t n;
                char *text = written(&graph, GRAPH_PNG, &n);

                EXPECT(n > 100 && memcmp(text, "\x89PNG\r\n\x1a\n", 8) == 0);
                free(text);
                text = written(&graph, GRAPH_SVG, &n);
                EXPECT_CONTAINS(text, "<svg");
                EXPECT_CONTAINS(text, "</svg>");
                free(text);
                text = written(&graph, GRAPH_JSON, &n);
                EXPECT_CONTAINS(text, "\"rings\"");
                free(text);
                text = written(&graph, GRAPH_DOT, &n);
                EXPECT_CONTAINS(text, "digraph \"lock-order\"");
                free(text);
                graph_finish(&graph);
        }
}

TEST(an_unknown_format_is_refused) {
        struct graph graph = lock_order(letters(), "AB");
        struct fault fault = { 0 };
        FILE *out = fopen("/dev/null", "w");

        EXPECT_EQ(graph_write(&graph, (enum graph_format) 77, out, &fault), -EINVAL);
        EXPECT_CONTAINS(fault.message, "77");
        fclose(out);
        graph_finish(&graph);
}

/* A name may be anything. */
TEST(a_hostile_name_stays_a_name) {
        struct story *s = story("T1: lock A, lock B");
        struct lock_edge both[] = {
                { .held = story_object(s, "A"), .taken = story_object(s, "B") },
                { .held = story_object(s, "B"), .taken = story_object(s, "A") },
        };
        struct graph graph;
        char *text;
        size_t n;

        free(s->catalog.objects[both[0].held].name);
        s->catalog.objects[both[0].held].name = strdup("\"]; evil [label=\"&lt;\\N\n\xff");
        ASSERT(graph_lock_order(both, 2, &s->catalog, &graph) == 0);
        text = written(&graph, GRAPH_DOT, &n);
        EXPECT_CONTAINS(text, "label=\"\\\"]; evil [label=\\\"&amp;lt;\\\\N \xEF\xBF\xBD\"");
        free(text);
        text = written(&graph, GRAPH_SVG, &n);
        EXPECT_CONTAINS(text, "evil [label=&quot;&amp;lt;\\N \xEF\xBF\xBD</text>");
        free(text);
        text = written(&graph, GRAPH_JSON, &n);
        EXPECT_CONTAINS(text, "\"name\":\t\"\\\"]; evil [label=\\\"&lt;\\\\N \xEF\xBF\xBD\"");
        free(text);
        graph_finish(&graph);
}

TEST(messages_become_counted_edges_through_their_channel) {
        struct story *s = story("P: channel jobs, send jobs; W: recv jobs; P: send jobs");
        uint32_t jobs = story_object(s, "jobs"), p = story_thread(s, "P"), w = story_thread(s, "W");
        struct message messages[] = {
                { .channel = jobs, .number = 1, .sender = p, .receiver = w, .sent_id = 2, .received_id = 3 },
                { .channel = jobs, .number = 2, .sender = p, .sent_id = 4, .received_ns = NEVER },
        };
        struct graph graph;

        ASSERT(graph_channels(messages, 2, &s->catalog, &graph) == 0);
        EXPECT_EQ(graph.n_nodes, 3);
        ASSERT(graph.n_edges == 2);
        EXPECT_STR(graph.edges[0].label, "2 sent");
        EXPECT_STR(graph.edges[1].label, "1 received");
        EXPECT_EQ(graph.n_rings, 0);
        graph_finish(&graph);
}

/* The end of a route lies at its node: not in it, and not far from it. */
static bool meets(const struct graph_node *node, double x, double y) {
        double dx = fabs(x - node->x) - node->width / 2, dy = fabs(y - node->y) - node->height / 2;

        return dx < 6 && dy < 6 && (dx > -node->width / 2 || dy > -node->height / 2);
}

TEST(the_route_of_an_edge_begins_and_ends_at_its_nodes) {
        static const char *const all[] = { "AB BC AC", "AB BA BC AC CD", "AB BC CD DA EA ED FC CG", "AB BA CD DC AC DE EB" };

        for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
                struct graph graph = lock_order(letters(), all[i]);

                ASSERT(graph_layout(&graph, NULL) == 0);
                for (size_t e = 0; e < graph.n_edges; e++) {
                        const struct graph_edge *edge = &graph.edges[e];
                        const struct graph_route *route = edge->route;

                        EXPECT_EQ(route != NULL, edge->ring == 0);
                        if (!route)
                                continue;
                        EXPECT_EQ(route->n_points % 3, 1);
                        if (!meets(&graph.nodes[edge->from], route->points[0], route->points[1]) ||
                            !meets(&graph.nodes[edge->to], route->tip_x, route->tip_y))
                                test_fail(__FILE__, __LINE__, "%s: %s -> %s goes astray", all[i],
                                          graph.nodes[edge->from].label, graph.nodes[edge->to].label);
                }
                graph_finish(&graph);
        }
}

TEST(what_waits_for_the_lower_half_of_a_ring_is_below_it) {
        struct graph graph = lock_order(letters(), "AB BC CD DA EA FC");

        ASSERT(graph_layout(&graph, NULL) == 0);
        EXPECT(node_of(&graph, "E")->y < node_of(&graph, "A")->y);
        EXPECT(node_of(&graph, "F")->y > node_of(&graph, "C")->y);
        graph_finish(&graph);
}

TEST(text_is_shortened_in_the_middle_and_by_characters) {
        char *shorter = text_shorten("äöüßabcdefg", 5);

        EXPECT_STR(shorter, "äö…fg");
        EXPECT_EQ(text_n_characters(shorter), 5);
        free(shorter);
        shorter = text_shorten("abc", 5);
        EXPECT_STR(shorter, "abc");
        free(shorter);
}

TEST(a_thousand_locks_are_laid_out_at_all) {
        struct catalog catalog;
        struct lock_edge *edges = calloc(3000, sizeof(*edges));
        struct graph graph;

        ASSERT(edges && catalog_init(&catalog) == 0);
        for (uint32_t i = 0; i < 3000; i++)
                edges[i] = (struct lock_edge) { .held = i % 1000 + 1, .taken = (i * 7919 + i / 1000) % 1000 + 1, .n_times = 1 };
        for (uint32_t i = 0; i < 3000; i++)
                if (edges[i].taken <= edges[i].held)
                        edges[i].taken = edges[i].held + 1;
        ASSERT(graph_lock_order(edges, 3000, &catalog, &graph) == 0);
        EXPECT_EQ(graph.n_rings, 0);
        EXPECT_EQ(graph_layout(&graph, NULL), 0);
        expect_tidy(&graph);
        graph_finish(&graph);
        ASSERT(graph_lock_order(edges, 500, &catalog, &graph) == 0);
        EXPECT_EQ(graph_layout(&graph, NULL), 0);
        expect_tidy(&graph);
        graph_finish(&graph);
        catalog_finish(&catalog);
        free(edges);
}
