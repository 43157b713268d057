/* heddle import: a trace that another tool logged. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command/options.h"
#include "command/store_findings.h"
#include "export/import_std.h"

struct importing {
        const char *from;
        char *to;
        struct catalog catalog;
        struct recording recording;
        struct store_writer *writer;
        struct import import;
};

/* FILE.std becomes FILE.heddle in the current folder. */
static char *default_name(const char *from) {
        const char *base = strrchr(from, '/') ? strrchr(from, '/') + 1 : from, *dot = strrchr(base, '.');
        char *name = NULL;

        return asprintf(&name, "%.*s.heddle", (int) (dot && dot > base ? dot - base : (ptrdiff_t) strlen(base)), base) < 0 ? NULL : name;
}

static int take(void *data, const struct event *events, size_t n, struct fault *ret_fault) {
        struct importing *importing = data;

        return store_writer_add_events(importing->writer, events, n, ret_fault);
}

/* When it was logged is not known; the file's own time is the last moment that it could have been. */
static int describe(struct importing *importing, FILE *in, struct fault *ret_fault) {
        struct recording *recording = &importing->recording;
        struct stat st;

        if (fstat(fileno(in), &st) < 0)
                return fault_set(ret_fault, errno, "cannot read %s: %s", importing->from, strerror(errno));
        if (S_ISDIR(st.st_mode))
                return fault_set(ret_fault, EISDIR, "cannot read %s: %s", importing->from, strerror(EISDIR));
        recording->command = strdup(importing->from);
        recording->directory = getcwd(NULL, 0);
        recording->host = strdup("not known");
        recording->ended = strdup("imported");
        recording->began_unix_ns = (uint64_t) st.st_mtim.tv_sec * 1000000000 + (uint64_t) st.st_mtim.tv_nsec;
        recording->exit_status = -1;
        recording->finished = true;
        return recording->command && recording->ended && recording->host ? 0 : fault_set(ret_fault, ENOMEM, "not enough memory");
}

static int analyse_and_finish(struct importing *importing, struct fault *ret_fault) {
        struct finding_list findings = { 0 };
        struct derived derived = { 0 };
        struct event_source *source;
        int r = store_writer_source(importing->writer, &source, ret_fault);

        if (r < 0)
                return r;
        r = store_findings(importing->writer, source, &importing->catalog, 0, &derived, &findings, ret_fault);
        store_source_free(source);
        if (r >= 0)
                r = store_writer_finish(importing->writer, &importing->catalog, &importing->recording, ret_fault);
        derived_finish(&derived);
        finding_list_finish(&findings);
        return r;
}

static int read_and_store(struct importing *importing, FILE *in, struct fault *ret_fault) {
        int r = describe(importing, in, ret_fault);

        if (r >= 0)
                r = import_std(&importing->import, in, importing->from, ret_fault);
        if (r >= 0 && importing->import.n_events == 0)
                r = fault_set(ret_fault, EBADMSG, "%s holds no event of a thread or lock", importing->from);
        importing->recording.duration_ns = (importing->import.n_events + 1) * UINT64_C(1000000);
        return r < 0 ? r : analyse_and_finish(importing, ret_fault);
}

/* A trace that is half there says less than none. */
static void remove_trace(const char *path) {
        static const char *const companions[] = { "", "-wal", "-shm" };
        char *file;

        for (size_t i = 0; i < sizeof(companions) / sizeof(*companions); i++)
                if (asprintf(&file, "%s%s", path, companions[i]) >= 0) {
                        unlink(file);
                        free(file);
                }
}

static void tell(const struct importing *importing) {
        const struct import *import = &importing->import;
        uint32_t n_threads = importing->catalog.n_threads - 1;

        if (import->n_accesses > 0)
                command_fail(&command_import, 0, "%" PRIu64 " %s left out: data races are not looked for", import->n_accesses,
                             import->n_accesses == 1 ? "access to a variable is" : "accesses to variables are");
        if (import->n_others > 0)
                command_fail(&command_import, 0, "%" PRIu64 " %s left out", import->n_others, import->n_others == 1 ? "begin, end or branch is" : "marks (begin, end, branch) are");
        printf("%s: %" PRIu64 " event%s of %" PRIu32 " thread%s; see what is wrong with: heddle check %s\n", importing->to, import->n_events,
               import->n_events == 1 ? "" : "s", n_threads, n_threads == 1 ? "" : "s", importing->to);
}

static int import_into(struct importing *importing, FILE *in) {
        struct fault fault = { 0 };
        int r = store_writer_new(importing->to, &importing->writer, &fault);

        if (r == -EEXIST)
                return command_fail(&command_import, EXIT_NO_TRACE, "%s is there already; name another file with -o", importing->to);
        if (r < 0)
                return command_fail(&command_import, EXIT_NO_TRACE, "%s", fault.message);
        r = read_and_store(importing, in, &fault);
        store_writer_free(importing->writer);
        if (r < 0) {
                remove_trace(importing->to);
                return command_fail(&command_import, EXIT_NO_TRACE, "%s", fault.message);
        }
        tell(importing);
        return 0;
}

static int import_file(const char *from, const char *to) {
        struct importing importing = { .from = from, .to = to ? strdup(to) : default_name(from) };
        FILE *in = fopen(from, "re");
        int status;

        importing.import = (struct import) { .catalog = &importing.catalog, .take = take, .data = &importing };
        if (!in)
                status = command_fail(&command_import, EXIT_NO_TRACE, "cannot read %s: %s", from, strerror(errno));
        else if (!importing.to || catalog_init(&importing.catalog) < 0)
                status = command_fail(&command_import, EXIT_NO_TRACE, "not enough memory");
        else
                status = import_into(&importing, in);
        if (in)
                fclose(in);
        catalog_finish(&importing.catalog);
        recording_finish(&importing.recording);
        free(importing.to);
        return status;
}

static int run(int argc, char **argv) {
        static const struct option options[] = {
                { "output", required_argument, NULL, 'o' },
                OPTIONS_COMMON,
        };
        const char *to = NULL;
        int option;

        while ((option = options_next(&command_import, argc, argv, "o:", options)) != OPTION_END) {
                if (option != 'o')
                        return options_status(option);
                to = optarg;
        }
        if (options_operands(&command_import, argc, argv, 1, 1) != 0)
                return EXIT_NO_TRACE;
        return import_file(argv[optind], to);
}

const struct command command_import = {
        .name = "import",
        .usage = "[-o TRACE] FILE.std",
        .summary = "Makes a trace of what another tool logged.",
        .help = "Reads one event a line, as T1|acq(L2)|bank.c:31: who, what, where. There are acq(L), rel(L) and req(L) of\n"
                "locks, fork(T) and join(T) of threads; r(V) and w(V) of variables are left out.\n"
                "\n"
                "  -o, --output=TRACE   where to write it (default: FILE.heddle in the current folder)\n"
                "\n"
                "Exit status: 0, or 2 when the file could not be read or the trace not be written.\n"
                "\n"
                "Example: heddle import account.std && heddle check account.heddle",
        .run = run,
};
