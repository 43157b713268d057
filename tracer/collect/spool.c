/* See spool.h. */
#include "collect/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PIECE_BYTES ((size_t) SPOOL_PIECE_BLOCKS * SPOOL_BLOCK_BYTES)

int spool_init(struct spool *spool, const char *folder) {
        *spool = (struct spool) { .fd = -1 };
        if (!folder)
                return 0;
        spool->folder = strdup(folder);
        return spool->folder ? 0 : -ENOMEM;
}

void spool_finish(struct spool *spool) {
        for (uint32_t i = 0; i < spool->n_pieces; i++)
                munmap(spool->pieces[i], PIECE_BYTES);
        if (spool->fd >= 0)
                close(spool->fd);
        free(spool->pieces);
        free(spool->next);
        free(spool->folder);
        *spool = (struct spool) { .fd = -1 };
}

static struct record *block_records(const struct spool *spool, uint32_t block) {
        char *piece = spool->pieces[(block - 1) / SPOOL_PIECE_BLOCKS];

        return (struct record *) (piece + (size_t) ((block - 1) % SPOOL_PIECE_BLOCKS) * SPOOL_BLOCK_BYTES);
}

/* A file without a name; O_TMPFILE where the file system has it. */
static int open_nameless(const char *folder) {
        char *path = NULL;
        int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

        if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL && errno != ENOENT))
                return fd >= 0 ? fd : -errno;
        if (asprintf(&path, "%s/.heddle-spool-XXXXXX", folder) < 0)
                return -ENOMEM;
        fd = mkostemp(path, O_CLOEXEC);
        if (fd < 0)
                fd = -errno;
        else
                unlink(path);
        free(path);
        return fd;
}

static int map_memory(char **ret_piece) {
        char *piece = mmap(NULL, PIECE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

        if (piece == MAP_FAILED)
                return -errno;
        *ret_piece = piece;
        return 0;
}

static int map_file(struct spool *spool, char **ret_piece) {
        char *piece;
        int r;

        if (spool->fd < 0)
                spool->fd = open_nameless(spool->folder);
        if (spool->fd < 0)
                return spool->fd;
        r = posix_fallocate(spool->fd, (off_t) spool->file_bytes, (off_t) PIECE_BYTES);
        if (r != 0)
                return -r;
        piece = mmap(NULL, PIECE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, spool->fd, (off_t) spool->file_bytes);
        if (piece == MAP_FAILED)
                return -errno;
        spool->file_bytes += PIECE_BYTES;
        *ret_piece = piece;
        return 0;
}

/* Room for the bookkeeping of one more piece. */
static int reserve_piece(struct spool *spool) {
        char **pieces = reallocarray(spool->pieces, spool->n_pieces + 1, sizeof(*pieces));
        uint32_t *next;

        if (!pieces)
                return -ENOMEM;
        spool->pieces = pieces;
        next = reallocarray(spool->next, (size_t) (spool->n_pieces + 1) * SPOOL_PIECE_BLOCKS + 1, sizeof(*next));
        if (!next)
                return -ENOMEM;
        spool->next = next;
        return 0;
}

/* The first piece is memory: most programs never get further, and then no file is made at all. */
static int grow(struct spool *spool, bool in_memory) {
        uint32_t first = spool->n_pieces * SPOOL_PIECE_BLOCKS + 1;
        char *piece = NULL;
        int r = reserve_piece(spool);

        if (r < 0)
                return r;
        if (in_memory || spool->n_pieces == 0 || !spool->folder)
                r = map_memory(&piece);
        else
                r = map_file(spool, &piece);
        if (r < 0)
                return r;
        spool->pieces[spool->n_pieces++] = piece;
        for (uint32_t block = first + SPOOL_PIECE_BLOCKS - 1; block >= first; block--) {
                spool->next[block] = spool->free;
                spool->free = block;
        }
        return 0;
}

static uint32_t take_block(struct spool *spool, bool urgent) {
        uint32_t block;

        if (!spool->free && !spool->error)
                spool->error = -grow(spool, false);
        if (!spool->free && urgent)
                (void) grow(spool, true); /* told by there still being no block */
        block = spool->free;
        if (!block)
                return 0;
        spool->free = spool->next[block];
        spool->next[block] = 0;
        spool->n_taken++;
        return block;
}

static void give_block(struct spool *spool, uint32_t block) {
        spool->next[block] = spool->free;
        spool->free = block;
        spool->n_taken--;
}

static bool add_block(struct spool *spool, struct spool_queue *queue) {
        uint32_t block = take_block(spool, !queue->first);

        if (!block)
                return false;
        if (queue->last)
                spool->next[queue->last] = block;
        else
                queue->first = block;
        queue->last = block;
        queue->end = 0;
        return true;
}

size_t spool_push(struct spool *spool, struct spool_queue *queue, const struct record *records, size_t n) {
        size_t done = 0;

        while (done < n) {
                size_t room = queue->last ? SPOOL_BLOCK_RECORDS - queue->end : 0;
                size_t part = n - done < room ? n - done : room;

                if (room == 0) {
                        if (!add_block(spool, queue))
                                break;
                        continue;
                }
                memcpy(block_records(spool, queue->last) + queue->end, records + done, part * sizeof(*records));
                queue->end += (uint32_t) part;
                queue->n += part;
                done += part;
        }
        return done;
}

const struct record *spool_first(const struct spool *spool, const struct spool_queue *queue) {
        return queue->n ? block_records(spool, queue->first) + queue->begin : NULL;
}

/* An emptied queue keeps no block: there may be thousands of threads that sleep. */
void spool_pop(struct spool *spool, struct spool_queue *queue) {
        uint32_t block = queue->first;

        queue->n--;
        queue->begin++;
        if (queue->n == 0) {
                give_block(spool, block);
                *queue = (struct spool_queue) { 0 };
        } else if (queue->begin == SPOOL_BLOCK_RECORDS) {
                queue->first = spool->next[block];
                queue->begin = 0;
                give_block(spool, block);
        }
}

void spool_clear(struct spool *spool, struct spool_queue *queue) {
        while (queue->first) {
                uint32_t block = queue->first;

                queue->first = spool->next[block];
                give_block(spool, block);
        }
        *queue = (struct spool_queue) { 0 };
}

void spool_retry(struct spool *spool) {
        spool->error = 0;
}
