/* A catalog of this process, filled by hand: the libraries in this folder are loaded into it, and what is known of them is
 * looked up as it would be for a traced program. */
#pragma once

#include "fixture.h"
#include "symbols/symbols.h"
#include "test.h"

/* A catalog that knows what is loaded now. */
void begin(struct catalog *catalog);
/* Loads one of the libraries, has it tell its addresses, and begins a catalog. */
bool begin_with(const char *library, struct catalog *catalog, struct fixture *ret_fixture);

struct module *new_module(struct catalog *catalog);
uint32_t add_stack(struct catalog *catalog, const uint64_t *pcs, uint32_t n);
uint32_t add_object(struct catalog *catalog, unsigned kind, uint64_t address, uint32_t created_at);
uint32_t add_thread(struct catalog *catalog, uint32_t parent, uint64_t start_routine);
/* As if the library were another file. */
void rename_module(struct catalog *catalog, const char *library, const char *path);

/* symbolise(), which may not fail. */
void look_up(struct catalog *catalog);
/* A frame of a stack, or a blank one. */
const struct frame *frame(const struct catalog *catalog, uint32_t stack, uint32_t i);
/* The name that a mutex at this address gets, or "(none)". Valid until the next call. */
const char *name_at(const char *library, size_t offset);
#define NAME_AT(library, member) name_at(library, offsetof(struct fixture, member))
