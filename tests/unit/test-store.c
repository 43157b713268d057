/* From writer to reader: what went in comes out, whole and in words. */
#include "store/store.h"

#include <errno.h>
#include <stdlib.h>

#include "test.h"
#include "trace-file.h"

static struct store_reader *opened(const char *path) {
        struct store_reader *reader = NULL;
        struct fault fault = { "" };

        if (store_reader_new(path, &reader, &fault) < 0)
                test_fail(__FILE__, __LINE__, "%s", fault.message);
        return reader;
}

/* What a query prints, on the heap. */
static char *queried(struct store_reader *reader, const char *query) {
        char *text = NULL;
        size_t size;
        FILE *out = open_memstream(&text, &size);
        struct fault fault = { "" };

        if (store_reader_sql(reader, query, out, &fault) < 0)
                fprintf(out, "%s", fault.message);
        fclose(out);
        return text;
}

#define EXPECT_QUERY(reader, query, wanted)                                                                            \
        do {                                                                                                           \
                char *printed_ = queried(reader, query);                                                               \
                EXPECT_STR(printed_, wanted);                                                                          \
                free(printed_);                                                                                        \
        } while (0)

TEST(the_events_view_reads_like_a_story) {
        struct folder folder = folder_new();
        char path[512];
        struct store_reader *reader;

        ASSERT(write_bank(folder_file(&folder, "bank.heddle", path)));
        reader = opened(path);
        ASSERT(reader);
        EXPECT_QUERY(reader, "SELECT * FROM events",
                     "time_ns\tprocess\tthread\tevent\tobject\tvalue\tfunction\tfile\tline\n"
                     "0\tbank\tmain\tprocess-start\t\t0\t\t\t\n"
                     "100\tbank\tmain\tchannel\tjobs\t4294967295\ttransfer\t/home/ada/bank.c\t31\n"
                     "200\tbank\tmain\tspawn\tthread 2\t0\ttransfer\t/home/ada/bank.c\t31\n"
                     "250\tbank\tthread 2\tstart\tthread 2\t0\trefund\t/home/ada/bank.c\t47\n"
                     "300\tbank\tmain\tlock\taccounts[0].lock\t0\ttransfer\t/home/ada/bank.c\t31\n"
                     "350\tbank\tthread 2\tlock\tread-write lock 5\t0\trefund\t/home/ada/bank.c\t47\n"
                     "400\tbank\tthread 2\tunlock\tread-write lock 5\t0\trefund\t/home/ada/bank.c\t47\n"
                     "500\tbank\tthread 2\tsend\tjobs\t1\trefund\t/home/ada/bank.c\t47\n"
                     "600\tbank\tthread 2\tlock\taccounts[1].lock\t0\trefund\t/home/ada/bank.c\t47\n"
                     "700\tbank\tmain\trecv\tjobs\t0\ttransfer\t/home/ada/bank.c\t31\n"
                     "800\tbank\tmain\twait-lock\taccounts[1].lock\t0\ttransfer\t/home/ada/bank.c\t31\n"
                     "900\tbank\tthread 2\twait-lock\taccounts[0].lock\t0\t\t\t\n");
        store_reader_free(reader);
        folder_remove(&folder);
}

TEST(the_other_views_have_the_columns_of_the_design) {
        struct folder folder = folder_new();
        char path[512];
        struct store_reader *reader;

        ASSERT(write_bank(folder_file(&folder, "bank.heddle", path)));
        reader = opened(path);
        ASSERT(reader);
        EXPECT_QUERY(reader, "SELECT * FROM waits",
                     "thread\tobject\towner\tbegan_ns\tended_ns\tended_by\n"
                     "main\taccounts[1].lock\tthread 2\t800\t\t\n"
                     "thread 2\taccounts[0].lock\tmain\t900\t\t\n");
        EXPECT_QUERY(reader, "SELECT * FROM holds",
                     "thread\tobject\tmode\tbegan_ns\tended_ns\tsite\n"
                     "main\taccounts[0].lock\texclusive\t300\t\ttransfer at bank.c:31\n"
                     "thread 2\tread-write lock 5\tshared\t350\t400\trefund at bank.c:47\n"
                     "thread 2\taccounts[1].lock\texclusive\t600\t\trefund at bank.c:47\n");
        EXPECT_QUERY(reader, "SELECT * FROM messages",
                     "channel\tsender\treceiver\tsent_ns\treceived_ns\n"
                     "jobs\tthread 2\tmain\t500\t700\n");
        EXPECT_QUERY(reader, "SELECT * FROM lock_order",
                     "held\ttaken\tn_times\tfirst_thread\theld_site\ttaken_site\n"
                     "accounts[0].lock\taccounts[1].lock\t3\tmain\ttransfer at bank.c:31\trefund at bank.c:47\n");
        store_reader_free(reader);
        folder_remove(&folder);
}
