/* What is drawn of a track: pixels, not spans, and the worst of them always. */
#include "model/track.h"
#include "test.h"

#include <stdlib.h>

#define MS 1000000u

/* `n` spans of `length` ns, each `step` ns after the one before; span `severe` (if below n) is deadlocked. */
static struct track even(size_t n, uint64_t step, uint64_t length, size_t severe) {
        struct track track = { 0 };

        for (size_t i = 0; i < n; i++)
                track_add(&track, i * step, i * step + length, (uint32_t) i,
                          span_weight(i == severe ? SPAN_DEADLOCKED : SPAN_WAITS, (uint32_t) i % 7));
        track_close(&track);
        return track;
}

TEST(a_span_is_found_by_a_moment_in_it) {
        struct track track = even(10, 100, 40, 99);

        ASSERT(track_at(&track, 210) != NULL);
        EXPECT_EQ(track_at(&track, 210)->item, 2);
        EXPECT_EQ(track_at(&track, 200)->item, 2);
        EXPECT(track_at(&track, 240) == NULL);
        EXPECT(track_at(&track, 99999) == NULL);
        EXPECT_EQ(track_find(&track, 245), 3);
        track_finish(&track);
}

TEST(the_peak_of_any_range_is_the_largest_in_it) {
        struct track track = { 0 };
        uint32_t weights[3000];

        srand(7);
        for (unsigned i = 0; i < 3000; i++) {
                weights[i] = (uint32_t) rand() % 100000;
                track_add(&track, i * 10, i * 10 + 5, i, weights[i]);
        }
        track_close(&track);
        for (unsigned round = 0; round < 400; round++) {
                size_t first = (size_t) rand() % 3000, n = (size_t) rand() % (3000 - first) + 1;
                uint32_t most = 0;

                for (size_t i = first; i < first + n; i++)
                        most = weights[i] > most ? weights[i] : most;
                EXPECT_EQ(track_peak(&track, first, n), most);
        }
        track_finish(&track);
}

TEST(wide_spans_are_drawn_one_by_one_where_they_are) {
        struct track track = even(10, 100, 40, 99);
        struct piece_list pieces = { 0 };

        EXPECT_EQ(track_pieces(&track, &(struct view) { 0, 1000, 1000 }, &pieces), 0);
        ASSERT(pieces.n == 10);
        EXPECT_EQ(pieces.items[3].x0, 300);
        EXPECT_EQ(pieces.items[3].x1, 340);
        EXPECT_EQ(pieces.items[3].first, 3);
        piece_list_finish(&pieces);
        track_finish(&track);
}

TEST(a_million_spans_cost_no_more_pieces_than_there_are_columns) {
        struct track track = even(1000000, 100, 40, 1000001);
        struct piece_list pieces = { 0 };

        EXPECT_EQ(track_pieces(&track, &(struct view) { 0, 100 * 1000000, 1000 }, &pieces), 0);
        EXPECT(pieces.n > 0);
        EXPECT(pieces.n <= 1000 / PIECE_COLUMN_PX + 1);
        for (size_t i = 0; i < pieces.n; i++)
                EXPECT(pieces.items[i].covered > 0.3 && pieces.items[i].covered < 0.5);
        piece_list_finish(&pieces);
        track_finish(&track);
}

TEST(every_span_is_part_of_exactly_one_piece) {
        struct track track = { 0 };
        struct piece_list pieces = { 0 };
        uint64_t at = 0;

        srand(11);
        for (uint32_t i = 0; i < 5000; i++) { /* mostly tiny, now and then wide */
                uint64_t length = rand() % 50 == 0 ? 20000 : (uint64_t) rand() % 300;

                track_add(&track, at, at + length, i, span_weight(SPAN_WAITS, 0));
                at += length + (uint64_t) rand() % 400;
        }
        track_close(&track);
        for (double width = 10; width < 5000; width *= 2.3) {
                size_t next = 0;

                EXPECT_EQ(track_pieces(&track, &(struct view) { 0, at, width }, &pieces), 0);
                for (size_t i = 0; i < pieces.n; i++) {
                        EXPECT_EQ(pieces.items[i].first, next);
                        next += pieces.items[i].n;
                }
                EXPECT_EQ(next, 5000);
        }
        piece_list_finish(&pieces);
        track_finish(&track);
}

/* The promise of the whole viewer: a deadlock that lasts 40 ns of a thousand seconds can be seen. */
TEST(a_deadlock_is_seen_at_every_zoom) {
        struct track track = even(100000, 10 * MS, 40, 66666);
        uint64_t middle = (uint64_t) 66666 * 10 * MS;
        struct piece_list pieces = { 0 };

        for (uint64_t half = 100; half < (uint64_t) 100000 * 10 * MS; half *= 3) {
                /* Off the middle, so that it is not the first of its column each time. */
                uint64_t before = half / 5 * 4 + half / 31;
                struct view view = { middle > before ? middle - before : 0, middle + half, 800 };
                const struct piece *seen = NULL;

                EXPECT_EQ(track_pieces(&track, &view, &pieces), 0);
                for (size_t i = 0; i < pieces.n; i++)
                        if (weight_state(pieces.items[i].weight) == SPAN_DEADLOCKED)
                                seen = &pieces.items[i];
                ASSERT(seen != NULL);
                EXPECT(seen->x1 - seen->x0 >= 3); /* what an eye can see */
                EXPECT(seen->x0 >= 0 && seen->x1 <= 800 + PIECE_SEVERE_PX);
        }
        piece_list_finish(&pieces);
        track_finish(&track);
}

TEST(a_deadlock_at_the_very_end_does_not_hang_over_the_edge) {
        struct track track = { 0 };
        struct piece_list pieces = { 0 };

        track_add(&track, 999999, 1000000, 0, span_weight(SPAN_DEADLOCKED, 0));
        track_close(&track);
        EXPECT_EQ(track_pieces(&track, &(struct view) { 0, 1000000, 500 }, &pieces), 0);
        ASSERT(pieces.n == 1);
        EXPECT(pieces.items[0].x1 <= 500);
        EXPECT(pieces.items[0].x1 - pieces.items[0].x0 >= 3);
        piece_list_finish(&pieces);
        track_finish(&track);
}

TEST(an_empty_track_draws_nothing) {
        struct track track = { 0 };
        struct piece_list pieces = { 0 };

        EXPECT_EQ(track_close(&track), 0);
        EXPECT_EQ(track_pieces(&track, &(struct view) { 0, 1000, 500 }, &pieces), 0);
        EXPECT_EQ(pieces.n, 0);
        EXPECT_EQ(track_peak(&track, 0, 0), 0);
        track_finish(&track);
}
