/* Ranges of time on pixels, and the palette. */
#include "model/view.h"
#include "palette.h"
#include "test.h"

TEST(zooming_keeps_what_is_under_the_pointer_there) {
        struct view view = { 1000000, 2000000, 500 };
        uint64_t at = 1250000;
        double x = view_x(&view, at);

        for (unsigned i = 0; i < 8; i++) {
                view_zoom(&view, 0.7, at, 10000000);
                EXPECT(view_x(&view, at) > x - 1 && view_x(&view, at) < x + 1);
        }
}

TEST(a_range_stays_inside_the_trace) {
        struct view view = { 1000, 2000, 500 };

        view_pan(&view, -5000, 100000);
        EXPECT_EQ(view.from_ns, 0);
        EXPECT_EQ(view.to_ns, 1000);
        view_pan(&view, 1e12, 100000);
        EXPECT_EQ(view.to_ns, 100000);
        EXPECT_EQ(view.from_ns, 99000);
        view_zoom(&view, 1e9, 99500, 100000);
        EXPECT_EQ(view.from_ns, 0);
        EXPECT_EQ(view.to_ns, 100000);
        view_zoom(&view, 1e-9, 50000, 100000);
        EXPECT_EQ(view.to_ns - view.from_ns, VIEW_SPAN_MIN_NS);
}

TEST(a_trace_of_a_nanosecond_has_a_range_too) {
        struct view view = { 0, 1, 500 };

        view_set(&view, 0, 1, 1);
        EXPECT(view.to_ns > view.from_ns);
}

TEST(ticks_are_round_and_far_enough_apart) {
        for (uint64_t span = 100; span < UINT64_C(100000000000); span *= 7) {
                struct view view = { 0, span, 600 };
                uint64_t tick = view_tick_ns(&view, 90);

                EXPECT((double) tick / view_ns_per_px(&view) >= 90);
                while (tick >= 10 && tick % 10 == 0)
                        tick /= 10;
                EXPECT(tick == 1 || tick == 2 || tick == 5);
        }
}

TEST(times_have_the_digits_that_tell_them_apart) {
        char text[TIME_TEXT_BYTES];

        time_text(1204700000, 100000, 1310000000, text);
        EXPECT_STR(text, "1.2047 s");
        time_text(873210, 10, 900000, text);
        EXPECT_STR(text, "873.21 µs");
        time_text(2000000, 1000000, 40000000, text);
        EXPECT_STR(text, "2 ms");
        duration_text(1310000000, text);
        EXPECT_STR(text, "1.31 s");
        duration_text(174000000, text);
        EXPECT_STR(text, "174 ms");
        duration_text(7, text);
        EXPECT_STR(text, "7 ns");
}

/* Text, and what it is written on. */
static const struct {
        enum colour text, ground;
} readable[] = {
        { COLOUR_TEXT, COLOUR_GROUND },        { COLOUR_TEXT, COLOUR_BAND },
        { COLOUR_TEXT, COLOUR_SELECTED },      { COLOUR_TEXT, COLOUR_DEAD_WASH },
        { COLOUR_DIM, COLOUR_GROUND },         { COLOUR_DIM, COLOUR_BAND },
        { COLOUR_DIM, COLOUR_SELECTED },       { COLOUR_ON_ACCENT, COLOUR_ACCENT },
        { COLOUR_ON_RUN, COLOUR_RUN },         { COLOUR_ON_WAIT, COLOUR_WAIT },
        { COLOUR_ON_QUEUE, COLOUR_QUEUE },     { COLOUR_ON_DEAD, COLOUR_DEAD },
        { COLOUR_DEAD_TEXT, COLOUR_GROUND },   { COLOUR_DEAD_TEXT, COLOUR_DEAD_WASH },
        { COLOUR_DEAD_TEXT, COLOUR_SELECTED }, { COLOUR_ACCENT, COLOUR_BAND },
        { COLOUR_ACCENT, COLOUR_GROUND },      { COLOUR_DIM, COLOUR_DEAD_WASH },
};

TEST(every_text_stands_out_from_its_ground) {
        for (unsigned i = 0; i < sizeof(readable) / sizeof(*readable); i++)
                for (unsigned s = 0; s < 4; s++) {
                        struct scheme scheme = { s & 1, s & 2 };
                        double contrast = palette_contrast(palette_colour(readable[i].text, scheme),
                                                           palette_colour(readable[i].ground, scheme));

                        if (contrast < 4.5)
                                test_fail(__FILE__, __LINE__, "%s on %s has a contrast of %.2f (dark %d)",
                                          palette_name(readable[i].text), palette_name(readable[i].ground), contrast,
                                          scheme.dark);
                }
        for (unsigned i = 0; i < N_LOCK_COLOURS; i++)
                for (unsigned dark = 0; dark < 2; dark++)
                        EXPECT(palette_contrast(palette_colour(COLOUR_ON_LOCK, (struct scheme) { dark, false }),
                                                palette_colour(palette_of_object(i + 1),
                                                               (struct scheme) { dark, false })) >= 4.5);
}

TEST(bars_stand_out_from_the_ground_and_a_deadlock_from_all_others) {
        static const enum colour bars[] = { COLOUR_LINE_UP, COLOUR_DEAD, COLOUR_LINK, COLOUR_ACCENT };

        for (unsigned dark = 0; dark < 2; dark++) {
                struct scheme scheme = { dark, false };

                for (unsigned i = 0; i < sizeof(bars) / sizeof(*bars); i++)
                        EXPECT(palette_contrast(palette_colour(bars[i], scheme),
                                                palette_colour(COLOUR_GROUND, scheme)) >= 2.5);
                EXPECT(palette_colour(COLOUR_DEAD, scheme) != palette_colour(COLOUR_LOCK_4, scheme));
        }
}

TEST(contrast_is_what_the_standard_says_it_is) {
        EXPECT(palette_contrast(0x000000, 0xffffff) > 20.9 && palette_contrast(0x000000, 0xffffff) < 21.1);
        EXPECT(palette_contrast(0x777777, 0x777777) == 1);
        EXPECT(palette_contrast(0x767676, 0xffffff) > 4.5 && palette_contrast(0x767676, 0xffffff) < 4.6);
}
