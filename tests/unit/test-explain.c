/* What a finding reads like. */
#include "analysis/analysis.h"
#include "told.h"

#include <unistd.h>

/* The explanation of the deadlock that a story ends in. The caller frees. */
static char *explain(struct story *story, bool with_colour) {
        struct finding_list list;
        char *text;

        EXPECT(deadlock_of(story, &list) > 0);
        text = list.n > 0 ? explain_finding(&list.items[0], &story->catalog, with_colour) : strdup("");
        finding_list_finish(&list);
        return text;
}

TEST(a_deadlock_is_told_from_the_sentence_to_the_advice) {
        struct story *s = story("main: start; Plato: lock forks[0] @31 in dine at 1.202s; Kant: lock forks[1] @31 in dine;"
                                "Plato: wait-lock forks[1] @33 in dine; Kant: wait-lock forks[0] @33 in dine");
        char *text = explain(s, false);

        EXPECT_STR(text,
                   "deadlock (observed): Two threads wait for each other: Plato waits for forks[1],\n"
                   "  held by Kant; Kant waits for forks[0], held by Plato. Since 1.205 s.\n"
                   "\n"
                   "  Plato (thread 2)  waits for forks[1], held by Kant since 1.203 s\n"
                   "  Kant (thread 3)   waits for forks[0], held by Plato since 1.202 s\n"
                   "\n"
                   "  Plato (thread 2)\n"
                   "    holds forks[0] since 1.202 s, taken at\n"
                   "        dine  story.c:31\n"
                   "    waits for forks[1] since 1.204 s\n"
                   "        dine  story.c:33\n"
                   "\n"
                   "  Kant (thread 3)\n"
                   "    holds forks[1] since 1.203 s, taken at\n"
                   "        dine  story.c:31\n"
                   "    waits for forks[0] since 1.205 s\n"
                   "        dine  story.c:33\n"
                   "\n"
                   "  What to do: Take these locks in one order everywhere, for example forks[0]\n"
                   "  before forks[1]: only Kant (story.c:33) does it the other way.\n");
        free(text);
}

TEST(source_text_is_shown_where_the_file_can_be_read) {
        struct story *s = story("A: lock x @2, wait-lock x @3; main: start");
        char path[] = "/tmp/heddle-explain-XXXXXX", *text;
        FILE *file = fdopen(mkstemp(path), "w");

        ASSERT(file != NULL);
        fputs("void f(void) {\n\tlock(&x);   \n        lock(&x); /* an explanation so long that eighty columns cannot hold all of it */\n", file);
        fclose(file);
        for (uint32_t i = 1; i < s->catalog.n_stacks; i++) {
                free(s->catalog.stacks[i].frames[0].file);
                s->catalog.stacks[i].frames[0].file = strdup(path);
        }
        text = explain(s, false);
        EXPECT_CONTAINS(text, ":2  lock(&x);\n");
        EXPECT_CONTAINS(text, ":3\n            lock(&x); /* an explanation");
        EXPECT_CONTAINS(text, "…\n");
        unlink(path);
        free(text);
}

TEST(no_line_is_wider_than_eighty_columns) {
        struct story *s = story("A_thread_with_a_name_as_long_as_people_make_them: lock table.rows[17].columns[4].lock;"
                                "B: lock another.lock.with.a.long.name; A_thread_with_a_name_as_long_as_people_make_them: wait-lock another.lock.with.a.long.name;"
                                "B: wait-lock table.rows[17].columns[4].lock");
        char *text = explain(s, false);
        size_t width = 0;

        EXPECT(strlen(text) > 500);
        for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
                width = strlen(line) > width ? strlen(line) : width;
        EXPECT(width <= 80);
        free(text);
}

TEST(a_terminal_is_not_told_what_to_do_by_a_name) {
        struct story *s = story("A: lock x, wait-lock x; main: start");
        char *text;

        free(s->catalog.objects[story_object(s, "x")].name);
        s->catalog.objects[s->events[0].object].name = strdup("x\033[2J");
        text = explain(s, false);
        EXPECT(strchr(text, '\033') == NULL);
        free(text);
        text = explain(s, true);
        EXPECT_CONTAINS(text, "\033[1;31mdeadlock\033[0m");
        free(text);
}

TEST(who_only_queues_is_told_so) {
        struct story *s = story("A: lock x, wait-lock x; main: wait-join A");
        char *text = explain(s, false);

        EXPECT_CONTAINS(text, "waits to join A (queues behind)\n");
        free(text);
}

TEST(a_channel_says_who_would_have_to_do_what) {
        struct story *s = story("main: channel ch =1; w: send ch; main: recv ch; w: send ch, lock A, wait-send ch; main: wait-lock A");
        char *text = explain(s, false);

        EXPECT_CONTAINS(text, "waits to send on ch, which main would have to receive from\n");
        EXPECT_CONTAINS(text, "waits for A, held by w since 0.005 s\n");
        free(text);
}

TEST(who_came_to_a_barrier_waits_for_those_who_did_not) {
        struct story *s = story("main: init barrier:B =3, spawn T1, wait-barrier B; T1: wait-barrier B");
        char *text = explain(s, false);

        EXPECT_CONTAINS(text, "main (thread 1)  waits at B, and nobody is left to arrive at it\n");
        EXPECT_CONTAINS(text, "T1 (thread 2)    waits at B, and nobody is left to arrive at it\n");
        free(text);
}

TEST(a_time_stays_with_its_unit) {
        struct story *s = story("A_thread_of_length_17: lock forks[0], lock forks[1]; B: wait-lock forks[0] at 1.204s; A_thread_of_length_17: exit");
        char *text = explain(s, false);

        EXPECT(strstr(text, "\n      s") == NULL);
        EXPECT(strstr(text, "\n  s") == NULL);
        free(text);
}

/* As in a program without debug information. */
static void lose_lines(struct catalog *catalog, uint64_t address) {
        for (uint32_t i = 1; i < catalog->n_stacks; i++) {
                catalog->stacks[i].process = 1;
                for (uint32_t f = 0; f < catalog->stacks[i].n_frames; f++) {
                        catalog->stacks[i].frames[f].address = address;
                        catalog->stacks[i].frames[f].line = 0;
                }
        }
}

TEST(without_lines_a_place_is_the_same_in_every_run) {
        struct story *s = story("main: start; Plato: lock A @31 in dine; Kant: lock B @31 in dine;"
                                "Plato: wait-lock B @33 in dine; Kant: wait-lock A @33 in dine");
        int id = catalog_add_module(&s->catalog);
        char *text;

        ASSERT(id > 0);
        s->catalog.modules[id] = (struct module) { .process = 1, .bias = 0x550000, .from = 0x551000, .end = 0x552000,
                                                   .path = strdup("/home/kant/table") };
        lose_lines(&s->catalog, 0x5511cd);
        text = explain(s, false);
        EXPECT_CONTAINS(text, "        dine  table+0x11cd\n");
        free(text);
        lose_lines(&s->catalog, 0x552000);
        text = explain(s, false);
        EXPECT(!strstr(text, "table+0x"));
        free(text);
}

TEST(a_finding_without_stacks_names_or_words_is_told_all_the_same) {
        struct story *s = story("A: start");
        struct finding finding = { .kind = FINDING_DEADLOCK, .certainty = CERTAINTY_OBSERVED };
        char *text;

        finding_add_step(&finding)->role = STEP_WAITS;
        text = explain_finding(&finding, &s->catalog, false);
        EXPECT_CONTAINS(text, "deadlock (observed): Deadlock");
        free(text);
        free(finding.steps);
}
