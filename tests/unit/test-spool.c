/* The spool: what is pushed comes out again in order, on disk too. And the hash table beside it, against a plain array. */
#include "collect/spool.h"
#include "collect/table.h"

#include <stdlib.h>
#include <unistd.h>

#include "test.h"

static uint64_t seed = 1;

static unsigned random_below(unsigned limit) {
        seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
        return (unsigned) (seed >> 33) % limit;
}

TEST(a_queue_gives_back_what_it_was_given_in_the_same_order) {
        enum { QUEUES = 5, STEPS = 20000 };
        static struct record batch[3000];
        struct spool_queue queues[QUEUES] = { 0 };
        uint64_t pushed[QUEUES] = { 0 }, popped[QUEUES] = { 0 };
        struct spool spool;

        ASSERT(spool_init(&spool, NULL) == 0);
        for (int step = 0; step < STEPS; step++) {
                unsigned q = random_below(QUEUES), n = random_below(random_below(10) ? 20 : 3000);

                if (random_below(2)) {
                        for (unsigned i = 0; i < n; i++)
                                batch[i].time = pushed[q]++;
                        EXPECT_EQ(spool_push(&spool, &queues[q], batch, n), n);
                        continue;
                }
                for (; n > 0 && popped[q] < pushed[q]; n--, popped[q]++) {
                        ASSERT(spool_first(&spool, &queues[q])->time == popped[q]);
                        spool_pop(&spool, &queues[q]);
                }
                EXPECT_EQ(queues[q].n, pushed[q] - popped[q]);
        }
        for (int q = 0; q < QUEUES; q++)
                spool_clear(&spool, &queues[q]);
        EXPECT_EQ(spool.n_taken, 0);
        spool_finish(&spool);
}

TEST(what_does_not_fit_in_memory_goes_to_a_file_without_a_name) {
        struct spool_queue queue = { 0 };
        struct record record = { 0 };
        struct spool spool;
        uint64_t n = (SPOOL_PIECE_BLOCKS + 3) * SPOOL_BLOCK_RECORDS;

        ASSERT(spool_init(&spool, "/tmp") == 0);
        for (record.time = 0; record.time < n; record.time++)
                ASSERT(spool_push(&spool, &queue, &record, 1) == 1);
        EXPECT(spool.fd >= 0);
        EXPECT(spool.file_bytes > 0);
        for (uint64_t i = 0; i < n; i++) {
                ASSERT(spool_first(&spool, &queue)->time == i);
                spool_pop(&spool, &queue);
        }
        EXPECT_EQ(spool.n_taken, 0);
        spool_finish(&spool);
}

TEST(a_full_disk_keeps_records_out_but_never_an_empty_queue) {
        struct spool_queue full = { 0 }, empty = { 0 };
        struct record record = { 0 };
        struct spool spool;

        /* No file can be made there, as on a disk that is full. */
        ASSERT(spool_init(&spool, "/proc/self/no-such-folder") == 0);
        while (spool_push(&spool, &full, &record, 1) == 1)
                ASSERT(full.n <= (uint64_t) SPOOL_PIECE_BLOCKS * SPOOL_BLOCK_RECORDS);
        EXPECT(spool.error != 0);
        EXPECT_EQ(full.n, (uint64_t) SPOOL_PIECE_BLOCKS * SPOOL_BLOCK_RECORDS);
        EXPECT_EQ(spool_push(&spool, &empty, &record, 1), 1);
        spool_clear(&spool, &full);
        EXPECT_EQ(spool_push(&spool, &full, &record, 1), 1);
        spool_finish(&spool);
}

TEST(a_table_finds_what_was_put_in_and_not_what_was_removed) {
        enum { KEYS = 3000, STEPS = 200000 };
        static uint64_t plain[KEYS]; /* 0: not in it */
        struct table table = { 0 };
        size_t n = 0;

        for (int step = 1; step < STEPS; step++) {
                unsigned i = random_below(KEYS);
                uint64_t a = i % 7, b = 1 + i / 7 * 4096, *value = table_find(&table, a, b);

                ASSERT(!!value == !!plain[i]);
                EXPECT(!value || *value == plain[i]);
                if (random_below(5) < 2) {
                        n -= !!plain[i];
                        plain[i] = 0;
                        table_remove(&table, a, b);
                } else {
                        n += !plain[i];
                        value = table_put(&table, a, b);
                        ASSERT(value);
                        EXPECT_EQ(*value, plain[i]);
                        *value = plain[i] = (uint64_t) step;
                }
                EXPECT_EQ(table.n, n);
        }
        table_finish(&table);
}
