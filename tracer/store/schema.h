/* The tables and views of a trace file, in SQL. */
#pragma once

/* Creates everything an unfinished trace has, in one transaction of the caller's. */
extern const char schema_sql[];
/* The plain tables that a small finished trace has too, filled from the virtual tables `event_virtual` and
 * `hold_virtual`. */
extern const char schema_plain_sql[];
