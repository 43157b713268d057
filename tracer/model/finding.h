/* What is wrong with a program, as data: told in words by explain.c, as JSON, in the store and in the viewer. */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum finding_kind {
        FINDING_NONE,
#define FINDING(id, name, severity, headline, meaning) FINDING_##id,
#include "model/findings.def"
#undef FINDING
        N_FINDING_KINDS
};

enum severity { SEVERITY_NOTE, SEVERITY_WARNING, SEVERITY_ERROR };
enum certainty { CERTAINTY_POSSIBLE, CERTAINTY_CONFIRMED, CERTAINTY_PROVEN, CERTAINTY_OBSERVED };

/* What a step tells. A ring of a deadlock is, thread by thread, HOLDS then WAITS; each WAITS is for
 * what the next thread of the ring HOLDS (or, for a join or channel, for that thread itself). */
enum step_role {
        STEP_HOLDS,   /* the thread got the object here and still has it */
        STEP_WAITS,   /* the thread waits for the object here */
        STEP_QUEUES,  /* as WAITS, but behind a ring, not in it */
        STEP_WITNESS, /* one event of the schedule that leads there */
        STEP_DOES,    /* the event itself is what there is to tell */
};

struct finding_step {
        enum step_role role;
        uint32_t ring;     /* from 1; 0: none */
        uint32_t thread;
        uint32_t object;   /* 0: none */
        uint32_t holder;   /* of a WAITS or QUEUES step: a thread it waits for, 0 where nobody is left */
        uint32_t stack;
        uint64_t event_id; /* 0: none */
        uint64_t time_ns;
        uint8_t event;     /* enum event_kind */
};

struct finding {
        uint32_t id;       /* from 1, worst first */
        enum finding_kind kind;
        enum certainty certainty;
        uint64_t time_ns;  /* since when, or when seen first */
        uint64_t n_seen;   /* how often */
        char *title;       /* one sentence */
        char *advice;      /* one or two sentences */
        uint32_t n_rings;
        uint32_t *threads; /* who takes part, rings first */
        size_t n_threads;
        uint32_t *objects;
        size_t n_objects;
        struct finding_step *steps; /* witness steps last */
        size_t n_steps;
};

struct finding_list {
        struct finding *items;
        size_t n;
};

const char *finding_kind_name(enum finding_kind kind);     /* "lock-order-cycle" */
const char *finding_kind_headline(enum finding_kind kind); /* "Lock order cycle" */
const char *finding_kind_meaning(enum finding_kind kind);  /* one sentence */
enum severity finding_kind_severity(enum finding_kind kind);
enum finding_kind finding_kind_from_name(const char *name); /* FINDING_NONE where there is none */
const char *certainty_name(enum certainty certainty);
int certainty_from_name(const char *name); /* negative where there is none */
const char *step_role_name(enum step_role role);           /* "holds" */
int step_role_from_name(const char *name);

/* Appends a zeroed finding; NULL when out of memory. */
struct finding *finding_list_add(struct finding_list *list);
/* Appends a zeroed step, NULL when out of memory. */
struct finding_step *finding_add_step(struct finding *finding);
/* Each adds what is not in there yet. 0 or -ENOMEM. */
int finding_add_thread(struct finding *finding, uint32_t thread);
int finding_add_object(struct finding *finding, uint32_t object);
/* Worst first (severity, certainty, the order of findings.def, time), numbered from 1. */
void finding_list_sort(struct finding_list *list);
void finding_list_finish(struct finding_list *list);
