/* `heddle run`: starts a program, records it until it has ended or deadlocked, and says what was found. Standard output is the
 * program's; what Heddle has to say goes to standard error. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "analysis/analysis.h"
#include "collect/collector.h"
#include "command/command.h"
#include "command/config.h"
#include "command/launch.h"
#include "command/output.h"
#include "command/program.h"
#include "command/suppressions.h"
#include "command/wrap_up.h"
#include "symbols/symbols.h"

/* How long after the program's end a child that it left behind may take to show up. */
#define LEFT_BEHIND_NS 20000000
/* After that, we say that we are still there. */
#define STILL_HERE_NS 1000000000

struct run {
        char *trace;
        char **argv;              /* of the program */
        bool stop_on_deadlock;
        enum session_when_full when_full;
        int error_exitcode;       /* -1: the program's own */
        bool with_colour;
        pid_t pid;
        bool ended;
        int status;               /* as of waitpid() */
        bool deadlocked;          /* we stopped it for that */
        uint64_t ended_ns;
        bool said_still_here, said_failed;
        struct suppressions suppressions;
        struct collector collector;
};

static uint64_t monotonic_ns(void) {
        struct timespec now;

        clock_gettime(CLOCK_MONOTONIC, &now);
        return (uint64_t) now.tv_sec * UINT64_C(1000000000) + (uint64_t) now.tv_nsec;
}

/* ---- the command line */

static const struct option options[] = {
        { "output", required_argument, NULL, 'o' },
        { "on-deadlock", required_argument, NULL, 'd' },
        { "when-full", required_argument, NULL, 'f' },
        { "error-exitcode", required_argument, NULL, 'e' },
        { "suppressions", required_argument, NULL, 's' },
        { NULL, 0, NULL, 0 },
};

/* Which of two words it is, or -1. */
static int one_of(const char *word, const char *first, const char *second) {
        return strcmp(word, first) == 0 ? 0 : strcmp(word, second) == 0 ? 1 : -1;
}

static int parse_option(struct run *run, int option, const char *word) {
        struct fault fault;
        char *end;
        long number;
        int choice;

        switch (option) {
        case 'o':
                free(run->trace);
                run->trace = strdup(optarg);
                return 0;
        case 'd':
                choice = one_of(optarg, "stop", "report");
                run->stop_on_deadlock = choice == 0;
                return choice < 0 ? command_fail(&command_run, EXIT_NO_TRACE, "--on-deadlock takes stop or report, not \"%s\"", optarg) : 0;
        case 'f':
                choice = one_of(optarg, "wait", "drop");
                run->when_full = choice == 0 ? SESSION_WAIT : SESSION_DROP;
                return choice < 0 ? command_fail(&command_run, EXIT_NO_TRACE, "--when-full takes wait or drop, not \"%s\"", optarg) : 0;
        case 'e':
                number = strtol(optarg, &end, 10);
                run->error_exitcode = (int) number;
                return *end || end == optarg || number < 0 || number > 255
                               ? command_fail(&command_run, EXIT_NO_TRACE, "--error-exitcode takes a number from 0 to 255, not \"%s\"", optarg)
                               : 0;
        case 's':
                return suppressions_read(&run->suppressions, optarg, &fault) < 0 ? command_fail(&command_run, EXIT_HEDDLE_FAILED, "%s", fault.message)
                                                                                 : 0;
        default:
                return command_fail(&command_run, EXIT_NO_TRACE, "%s is not an option, or lacks its value; see `heddle run --help`", word);
        }
}

/* 0, or an exit status. */
static int parse(struct run *run, int argc, char **argv) {
        const char *base;
        struct fault fault;
        int option, status;

        optind = 0;
        opterr = 0;
        while ((option = getopt_long(argc, argv, "+o:", options, NULL)) != -1) {
                status = parse_option(run, option, argv[optind - 1]);
                if (status != 0)
                        return status;
        }
        if (optind == argc)
                return command_fail(&command_run, EXIT_NO_TRACE, "name the program to run: heddle run %s", command_run.usage);
        if (suppressions_read_defaults(&run->suppressions, &fault) < 0)
                return command_fail(&command_run, EXIT_HEDDLE_FAILED, "%s", fault.message);
        run->argv = argv + optind;
        base = strrchr(run->argv[0], '/') ? strrchr(run->argv[0], '/') + 1 : run->argv[0];
        if (!run->trace && asprintf(&run->trace, "%s.heddle", base) < 0)
                run->trace = NULL;
        return run->trace ? 0 : command_fail(&command_run, EXIT_HEDDLE_FAILED, "not enough memory");
}

/* ---- the trace's place */

/* What SQLite may have left beside a trace belongs to it: without it the last of what was recorded would be missing. */
static const char *const companions[] = { "", "-wal", "-shm" };

static int rename_trace(const char *from, const char *to) {
        char *old = NULL, *new = NULL;
        int r = 0;

        for (size_t i = 0; i < sizeof(companions) / sizeof(*companions) && r == 0; i++) {
                if (asprintf(&old, "%s%s", from, companions[i]) < 0 || asprintf(&new, "%s%s", to, companions[i]) < 0)
                        return -ENOMEM;
                if (rename(old, new) < 0) {
                        r = errno == ENOENT ? 0 : -errno;
                        if (r == 0)
                                unlink(new); /* of the trace that is replaced */
                }
                free(old);
                free(new);
        }
        return r;
}

static void remove_trace(const char *path) {
        char *file;

        for (size_t i = 0; i < sizeof(companions) / sizeof(*companions); i++)
                if (asprintf(&file, "%s%s", path, companions[i]) >= 0) {
                        unlink(file);
                        free(file);
                }
}

/* Keeps an older trace of that name as NAME.old. What is there and is no file, such as a folder or /dev/null, stays in
 * its place. 0, or an exit status. */
static int move_away(const struct run *run) {
        struct stat st;
        char *old;
        int r;

        if (stat(run->trace, &st) < 0)
                return 0;
        if (S_ISDIR(st.st_mode))
                return command_fail(&command_run, EXIT_HEDDLE_FAILED, "%s is a folder; name a file in it for the trace, with -o", run->trace);
        if (!S_ISREG(st.st_mode))
                return command_fail(&command_run, EXIT_HEDDLE_FAILED, "%s is no file that a trace could be written to; name another with -o",
                                    run->trace);
        if (asprintf(&old, "%s.old", run->trace) < 0)
                return command_fail(&command_run, EXIT_HEDDLE_FAILED, "not enough memory");
        r = rename_trace(run->trace, old);
        if (r < 0)
                command_fail(&command_run, 0, "cannot keep %s as %s: %s; write the trace elsewhere with -o", run->trace, old, strerror(-r));
        free(old);
        return r < 0 ? EXIT_HEDDLE_FAILED : 0;
}

/* As if we had never been there. */
static void move_back(const struct run *run) {
        char *old;

        remove_trace(run->trace);
        if (asprintf(&old, "%s.old", run->trace) < 0)
                return;
        (void) rename_trace(old, run->trace); /* it is safe under its other name as well */
        free(old);
}

/* ---- what the trace says of this run */

static char *join_words(char **words) {
        char *text = NULL;
        size_t size;
        FILE *stream = open_memstream(&text, &size);

        for (size_t i = 0; stream && words[i]; i++)
                fprintf(stream, "%s%s", i ? " " : "", words[i]);
        if (stream)
                fclose(stream);
        return text;
}

static void describe_start(struct run *run) {
        struct recording *recording = &run->collector.recording;
        struct utsname names;
        struct timespec now;

        clock_gettime(CLOCK_REALTIME, &now);
        recording->began_unix_ns = (uint64_t) now.tv_sec * UINT64_C(1000000000) + (uint64_t) now.tv_nsec;
        recording->command = join_words(run->argv);
        recording->directory = getcwd(NULL, 0);
        if (uname(&names) == 0 && asprintf(&recording->host, "%s %s %s", names.sysname, names.release, names.machine) < 0)
                recording->host = NULL;
}

static int own_status(const struct run *run) {
        return WIFSIGNALED(run->status) ? 128 + WTERMSIG(run->status) : WEXITSTATUS(run->status);
}

static void describe_end(struct run *run) {
        struct recording *recording = &run->collector.recording;
        int r;

        if (run->deadlocked)
                r = asprintf(&recording->ended, "stopped by Heddle: deadlock");
        else if (WIFSIGNALED(run->status))
                r = asprintf(&recording->ended, "killed by signal %d (%s)", WTERMSIG(run->status), strsignal(WTERMSIG(run->status)));
        else
                r = asprintf(&recording->ended, "exited with status %d", WEXITSTATUS(run->status));
        if (r < 0)
                recording->ended = NULL;
        recording->exit_status = run->deadlocked ? EXIT_DEADLOCK : own_status(run);
}

/* ---- while the program runs */

static void print_findings(const struct run *run, const struct finding_list *findings) {
        for (size_t i = 0; i < findings->n; i++) {
                char *text = explain_finding(&findings->items[i], &run->collector.catalog, run->with_colour);

                fprintf(stderr, "%s%s", i ? "\n" : "", text ? text : findings->items[i].title);
                free(text);
        }
}

/* What is left when suppressed findings are taken out; out of memory, everything. `ret_sifted` is to be finished. */
static const struct finding_list *sift(struct run *run, const struct finding_list *findings, struct sifted *ret_sifted) {
        *ret_sifted = (struct sifted) { 0 };
        return suppressions_sift(&run->suppressions, findings, &run->collector.catalog, run->collector.recording.began_unix_ns, ret_sifted) == 0
                       ? &ret_sifted->shown : findings;
}

static bool takes_part(const struct finding *finding, uint32_t thread) {
        for (size_t i = 0; i < finding->n_threads; i++)
                if (finding->threads[i] == thread)
                        return true;
        return false;
}

/* Is there a thread that runs, or that may run again? */
static bool any_thread_left(const struct world *world, const struct finding *deadlock) {
        for (uint32_t i = 1; i <= world_n_threads(world); i++) {
                const struct thread_state *state = world_thread(world, i);

                if (state && (state->doing == DOING_RUN || state->doing == DOING_WAIT) && !takes_part(deadlock, i))
                        return true;
        }
        return false;
}

/* Reported while the rest of the program goes on. It is told again once there are names to tell it by. */
static void report_deadlock(struct run *run) {
        const struct finding_list *shown;
        struct finding_list findings = { 0 };
        struct sifted sifted;
        struct fault fault;

        (void) symbolise(&run->collector.catalog, NULL, &fault); /* what has no name is told by number */
        (void) world_deadlock(run->collector.world, &run->collector.catalog, &findings);
        shown = sift(run, &findings, &sifted);
        if (shown->n > 0) {
                fprintf(stderr, any_thread_left(run->collector.world, &shown->items[0])
                                        ? "heddle: a deadlock; the rest of the program goes on\n"
                                        : "heddle: a deadlock, and no thread is left that could go on; Ctrl-C ends the program\n");
                print_findings(run, shown);
        }
        sifted_finish(&sifted);
        finding_list_finish(&findings);
}

static void on_deadlock(struct run *run) {
        if (run->stop_on_deadlock)
                run->deadlocked = true;
        else
                report_deadlock(run);
}

static void note_end(struct run *run) {
        if (run->ended || !launch_reap(run->pid, &run->status))
                return;
        run->ended = true;
        run->ended_ns = monotonic_ns();
        (void) launch_n_interrupts(); /* they were the program's */
}

/* The recording ends with the last process that is recorded; or, once the program itself has ended, when we are told to. */
static bool is_over(struct run *run) {
        uint64_t since;

        if (!run->ended)
                return false;
        since = monotonic_ns() - run->ended_ns;
        if (!collector_has_program(&run->collector))
                return run->deadlocked || since > LEFT_BEHIND_NS;
        if (launch_n_interrupts() > 0)
                return true;
        if (since > STILL_HERE_NS && !run->said_still_here && !run->deadlocked) {
                run->said_still_here = true;
                fprintf(stderr, "heddle: %s has ended, and processes that it started go on; recording them until they end (Ctrl-C: no longer)\n", run->argv[0]);
        }
        return false;
}

static void say_if_failed(struct run *run) {
        if (!run->collector.error || run->said_failed)
                return;
        run->said_failed = true;
        command_fail(&command_run, 0, "recording has stopped: %s; the program goes on unrecorded", run->collector.fault.message);
}

static void record(struct run *run) {
        struct finding_list findings;

        do {
                findings = (struct finding_list) { 0 };
                if (collector_step(&run->collector, &findings) > 0)
                        on_deadlock(run);
                finding_list_finish(&findings);
                if (run->deadlocked) {
                        if (!run->ended)
                                kill(run->pid, SIGKILL);
                        collector_kill(&run->collector);
                }
                say_if_failed(run);
                note_end(run);
        } while (!is_over(run));
}

/* ---- afterwards */

static void print_remarks(const char *what, const char *remarks) {
        while (remarks && *remarks) {
                size_t n = strcspn(remarks, "\n");

                fprintf(stderr, "heddle: %s: %.*s\n", what, (int) n, remarks);
                remarks += n + (remarks[n] == '\n');
        }
}

/* As a shell takes it for one word. */
static void print_word(const char *word) {
        bool is_plain = word[0] && !word[strspn(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789%+,-./:@_")];

        if (is_plain) {
                fputs(word, stderr);
                return;
        }
        fputc('\'', stderr);
        for (; *word; word++)
                fputs(*word == '\'' ? "'\\''" : (char[]) { *word, 0 }, stderr);
        fputc('\'', stderr);
}

/* The shell, which tells of a crash otherwise, sees only that we ended. */
static void print_crash(const struct run *run) {
        if (!run->deadlocked && WIFSIGNALED(run->status) && run->collector.recording.ended)
                fprintf(stderr, "heddle: %s was %s\n", run->argv[0], run->collector.recording.ended);
}

static void print_place(const struct run *run) {
        fprintf(stderr, "heddle: recorded in %s; look at it with: heddle view ", run->trace);
        print_word(run->trace);
        fputc('\n', stderr);
}

static bool has_lines(const struct catalog *catalog) {
        for (uint32_t i = 1; i < catalog->n_stacks; i++)
                for (uint32_t f = 0; f < catalog->stacks[i].n_frames; f++)
                        if (catalog->stacks[i].frames[f].line > 0)
                                return true;
        return false;
}

static void print_summary(const struct run *run, size_t n_findings, size_t n_hidden) {
        const struct collector *collector = &run->collector;
        uint32_t n_threads = collector->catalog.n_threads - 1;

        if (n_findings > 0)
                fprintf(stderr, "\n");
        print_crash(run);
        if (collector->n_events == 0 && !session_was_joined(&collector->session))
                fprintf(stderr, "heddle: nothing was recorded: %s did not load Heddle's library\n", run->argv[0]);
        else if (collector->n_events == 0)
                fprintf(stderr, "heddle: nothing was recorded: %s ended before its first record was read, or wrote over the memory that it shares with Heddle\n", run->argv[0]);
        else if (n_findings == 0)
                fprintf(stderr, "heddle: nothing found in %" PRIu64 " events of %u thread%s\n", collector->n_events, n_threads, n_threads == 1 ? "" : "s");
        else
                fprintf(stderr, "heddle: %zu finding%s in %" PRIu64 " events of %u thread%s\n", n_findings, n_findings == 1 ? "" : "s",
                        collector->n_events, n_threads, n_threads == 1 ? "" : "s");
        if (n_hidden > 0)
                fprintf(stderr, "heddle: %zu finding%s hidden by suppressions\n", n_hidden, n_hidden == 1 ? " is" : "s are");
        if (n_findings > 0 && !has_lines(&collector->catalog))
                fprintf(stderr, "heddle: there are no source lines to show: %s has no debug information; compile it with -g\n", run->argv[0]);
        print_remarks("not complete", collector->recording.remarks);
        print_remarks("not seen", collector->recording.unseen);
        if (collector->n_events > 0)
                print_place(run);
}

/* Our status says that we failed, so the program's own is told in words. */
static void print_what_is_left(const struct run *run) {
        if (run->collector.recording.ended)
                fprintf(stderr, "heddle: %s %s%s\n", run->argv[0], WIFSIGNALED(run->status) ? "was " : "",
                        run->collector.recording.ended);
        if (access(run->trace, F_OK) == 0)
                fprintf(stderr, "heddle: %s holds what was recorded until then\n", run->trace);
}

static int finish(struct run *run) {
        const struct finding_list *shown;
        struct sifted sifted;
        struct finding_list findings = { 0 };
        struct fault fault = { "" };
        int status = own_status(run);
        int r;

        describe_end(run);
        r = wrap_up(&run->collector, &findings, &fault);
        if (r < 0) {
                if (!run->said_failed)
                        command_fail(&command_run, 0, "cannot finish the trace: %s", fault.message);
                print_what_is_left(run);
                return EXIT_HEDDLE_FAILED;
        }
        shown = sift(run, &findings, &sifted);
        print_findings(run, shown);
        print_summary(run, shown->n, findings.n - shown->n);
        if (run->deadlocked)
                status = EXIT_DEADLOCK;
        else if (shown->n > 0 && run->error_exitcode >= 0)
                status = run->error_exitcode;
        sifted_finish(&sifted);
        finding_list_finish(&findings);
        return status;
}

/* With the trace file made: starts the program and sees it through. */
static int run_program(struct run *run, const char *library) {
        int r;

        describe_start(run);
        r = launch(run->argv, run->collector.session.path, library, &run->pid);
        if (r < 0) {
                move_back(run);
                return command_fail(&command_run, r == -ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTABLE, "cannot run %s: %s", run->argv[0],
                                    r == -ENOENT ? "its loader is not there" : strerror(-r));
        }
        record(run);
        return finish(run);
}

static int prepare_and_run(struct run *run) {
        char *path = NULL, *library = NULL;
        struct fault fault;
        int status = program_find(run->argv[0], &path, &fault);

        free(path);
        if (status != 0)
                return command_fail(&command_run, status, "%s", fault.message);
#if HEDDLE_HAVE_INTERPOSER
        if (launch_find_library(&library, &fault) < 0)
                return command_fail(&command_run, EXIT_HEDDLE_FAILED, "%s", fault.message);
#endif
        launch_take_signals(); /* one that comes from here on finds a trace to finish */
        status = move_away(run);
        if (status == 0) {
                if (collector_init(&run->collector, run->trace, run->when_full, &fault) < 0)
                        status = command_fail(&command_run, EXIT_HEDDLE_FAILED, "%s", fault.message);
                else
                        status = run_program(run, library);
                collector_finish(&run->collector);
        }
        free(library);
        return status;
}

static int run_command(int argc, char **argv) {
        struct run *run = calloc(1, sizeof(*run));
        int status;

        if (!run)
                return command_fail(&command_run, EXIT_HEDDLE_FAILED, "not enough memory");
        run->stop_on_deadlock = true;
        run->error_exitcode = -1;
        run->suppressions.command = &command_run;
        run->with_colour = output_has_colour(stderr);
        status = parse(run, argc, argv);
        if (status == 0)
                status = prepare_and_run(run);
        suppressions_finish(&run->suppressions);
        free(run->trace);
        free(run);
        return status;
}

const struct command command_run = {
        .name = "run",
        .usage = "[-o FILE] [--on-deadlock=stop|report] [--when-full=wait|drop] [--error-exitcode=N] [--suppressions=FILE] [--] PROGRAM [ARG...]",
        .summary = "Records a program, and explains its deadlocks.",
        .help = "Runs PROGRAM and records what its threads do into a trace. When it deadlocks, it is stopped and the deadlock explained.\n"
                "\n"
                "  -o, --output=FILE            write the trace there, instead of PROGRAM.heddle in the current folder;\n"
                "                               one that is there already is kept as FILE.old\n"
                "  --on-deadlock=stop|report    stop the program when it, or part of it, has deadlocked (the default), or\n"
                "                               say so and let the rest go on\n"
                "  --when-full=wait|drop        when the program is faster than the recording: let it wait (the default), or\n"
                "                               drop records and say how many\n"
                "  --error-exitcode=N           end with status N when something was found\n"
                "  --suppressions=FILE          do not tell what the lines of FILE speak of, as for `heddle check`; a deadlock\n"
                "                               stops the program all the same\n"
                "\n"
                "The exit status is the program's own (128+N for signal N); 123 when Heddle stopped it because of a deadlock;\n"
                "2 when the command line was wrong, 125 when Heddle failed, 126 when the program could not be run, 127 when it was\n"
                "not found.",
        .run = run_command,
};
