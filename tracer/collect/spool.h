/* Where records lie between the rings and the merge: blocks of 64 KiB, first in memory and, when the program is
 * faster than the merge, in a file without a name in the folder of the trace. Each thread's records are a queue of
 * blocks; a block that has been read is used again, the one read last first.
 *
 * The file is mapped, and grown with posix_fallocate() before it is, so that a full disk is an error here and not a
 * SIGBUS. One thread. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "wire/record.h"

#define SPOOL_BLOCK_BYTES 65536
#define SPOOL_BLOCK_RECORDS (SPOOL_BLOCK_BYTES / sizeof(struct record))
#define SPOOL_PIECE_BLOCKS 256 /* mapped and grown by so many at once */

struct spool {
        char *folder;      /* for the file; NULL: memory only */
        int fd;            /* -1 until it is needed */
        uint64_t file_bytes;
        char **pieces;
        uint32_t n_pieces;
        uint32_t *next;    /* of each block: the next of its queue or of the free ones; 0: none. Blocks count from 1 */
        uint32_t free;     /* first free block */
        uint32_t n_taken;  /* blocks in use */
        int error;         /* why it could not grow when it last tried (a positive errno), 0: it could */
};

struct spool_queue {
        uint32_t first, last;  /* blocks; 0: empty */
        uint32_t begin, end;   /* first record in `first`, one behind the last in `last` */
        uint64_t n;            /* records in it */
};

/* The folder is copied; NULL keeps everything in memory. 0 or a negative errno. */
int spool_init(struct spool *spool, const char *folder);
void spool_finish(struct spool *spool);

/* Appends as many of the `n` records as there is room for, and returns how many. An empty queue always gets a block,
 * from memory where the disk is full: without that, merging could come to a stop for good. */
size_t spool_push(struct spool *spool, struct spool_queue *queue, const struct record *records, size_t n);
/* The first record, NULL when there is none. Holds until it is popped. */
const struct record *spool_first(const struct spool *spool, const struct spool_queue *queue);
void spool_pop(struct spool *spool, struct spool_queue *queue);
/* Drops all of it. */
void spool_clear(struct spool *spool, struct spool_queue *queue);
/* Lets it try again after it was full, once for each call. */
void spool_retry(struct spool *spool);
