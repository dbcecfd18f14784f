/* Commands for scripts: running and saving them, repetition, chance, expectations. */
#include "language/commands.h"

#include "heap/array.h"
#include "model/random.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool hs_run_source(hs_interpreter *in, const hs_statement *s)
{
    if (in->files >= 20)
        return hs_fail_at(in, s->where,
                          "scripts within scripts, 20 deep: one of them sources itself", NULL);
    in->files++;
    bool good = hs_run_named_file(in, &s->arguments[0]);
    in->files--;
    if (in->stopped && !in->files)
        hs_fail_at(in, s->where, "stopped: the rest of the file was not run", NULL);
    return good;
}

static bool may_replace(const char *path)
{
    static const char mark[] = "# A heapscope session";
    char begin[sizeof mark] = {0};
    FILE *file = fopen(path, "rbe");
    if (!file) return errno == ENOENT;
    size_t n = fread(begin, 1, sizeof mark - 1, file);
    fclose(file);
    return n == 0 || memcmp(begin, mark, sizeof mark - 1) == 0;
}

/* That a file has a new name is to be on the disk as well. */
static void sync_folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *folder = NULL;
    if (asprintf(&folder, "%.*s", slash ? (int)(slash - path) + 1 : 1, slash ? path : ".") < 0)
        abort();
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        fsync(fd);
        close(fd);
    }
    free(folder);
}

/* All or nothing: a temporary file, flushed to the disk, takes the name. */
static bool write_to(const char *path, bool (*put)(const void *, FILE *), const void *what)
{
    char *temporary;
    if (asprintf(&temporary, "%s.XXXXXX", path) < 0) abort();
    int fd = mkstemp(temporary);
    FILE *out = fd >= 0 ? fdopen(fd, "w") : NULL;
    bool good =
        out && fchmod(fd, 0644) == 0 && put(what, out) && fflush(out) == 0 && fsync(fd) == 0;
    int why = errno;
    if (out && fclose(out) != 0 && good) good = false, why = errno;
    if (good && rename(temporary, path) != 0) good = false, why = errno;
    if (good) sync_folder_of(path);
    if (!good && fd >= 0) unlink(temporary);
    free(temporary);
    errno = why;
    return good;
}

bool hs_write_argument_file(hs_interpreter *in, const hs_argument *a,
                            bool (*put)(const void *, FILE *), const void *what)
{
    char text[512];
    if (!may_replace(a->text))
        return hs_fail_at(in, a->where, "there is a file of that name, and it is no saved session",
                          "choose another name");
    if (write_to(a->text, put, what)) return true;
    if (errno == ECANCELED) return hs_fail_at(in, a->where, "stopped: nothing was saved", NULL);
    snprintf(text, sizeof text, "it can not be saved: %s", strerror(errno));
    return hs_fail_at(in, a->where, text, "the session goes on; nothing on the disk was changed");
}

static bool put_session(const void *session, FILE *out)
{
    return hs_session_write_script(session, out);
}

bool hs_run_save(hs_interpreter *in, const hs_statement *s)
{
    const char *path = s->arguments[0].text;
    char text[512];
    if (!hs_write_argument_file(in, &s->arguments[0], put_session, in->session)) return false;
    snprintf(text, sizeof text, "saved %" PRIu64 " commands; `heapscope %.300s` plays them",
             hs_session_op_count(in->session), path);
    return hs_say(in, HS_SAY_ANSWER, text);
}

void hs_tell_many(hs_interpreter *in, hs_totals before, const char *how)
{
    const hs_totals *now = hs_session_totals(in->session);
    char text[256];
    uint64_t n = now->requests - before.requests,
             visits = now->counts.visits - before.counts.visits;
    if (in->inside) return;
    if (now->requests < before.requests) n = now->requests, visits = now->counts.visits;
    snprintf(text, sizeof text,
             "%s: %" PRIu64 " requests, %" PRIu64 " blocks examined; now %" PRIu64
             " live block%s with %" PRIu64 " bytes, heap %" PRIu64 " bytes",
             how, n, visits, now->live_blocks, now->live_blocks == 1 ? "" : "s", now->live,
             hs_heap_committed(hs_session_heap(in->session)));
    in->listener.performed(in->listener.context, text);
}

bool hs_run_repeat(hs_interpreter *in, const hs_statement *s)
{
    uint64_t n, done = 0;
    hs_totals before = *hs_session_totals(in->session);
    char how[64];
    bool good = true;
    if (!hs_size_of_argument(in, &s->arguments[0], &n)) return false;
    in->inside++;
    while (done < n && good && !in->quit && !hs_interrupted(in)) {
        good = hs_run_statements(in, s->body, s->body_count);
        done += good;
    }
    in->inside--;
    snprintf(how, sizeof how,
             done < n ? "stopped after %" PRIu64 " of %" PRIu64 " times"
                      : "repeated %" PRIu64 " times",
             done, n);
    hs_tell_many(in, before, how);
    return good;
}

static uint64_t random_size(uint64_t *state)
{
    uint64_t most = hs_random(state) % 16 ? 128 : 1024; /* first, whatever the compiler */
    return 1 + hs_random(state) % most;
}

typedef struct {
    uint32_t *variables; /* of live blocks */
    size_t count, capacity;
} live_list;

static void add_live(live_list *l, uint32_t variable)
{
    l->variables = hs_array_reserve(l->variables, &l->capacity, l->count + 1, sizeof *l->variables);
    l->variables[l->count++] = variable;
}

static live_list live_variables(const hs_session *session)
{
    live_list l = {0};
    const hs_client_block *b = hs_session_block_from(session, 0);
    for (; b; b = hs_session_block_from(session, b->addr + 1))
        if (b->live && b->variable != HS_NONE) add_live(&l, b->variable);
    return l;
}

static bool random_request(hs_interpreter *in, const hs_statement *s, live_list *l, uint64_t *state)
{
    uint64_t dice = hs_random(state) % 10;
    hs_op op = {.kind = HS_OP_REQUEST,
                .request = HS_MALLOC,
                .p.variable = HS_NONE,
                .a = random_size(state)};
    size_t victim = l->count ? hs_random(state) % l->count : 0;
    if (dice >= 5 && l->count) {
        op.request = dice == 9 ? HS_REALLOC : HS_FREE;
        op.p.variable = l->variables[victim];
    }
    if (!hs_perform(in, s, &op)) return false;
    const hs_last *last = hs_session_last(in->session);
    if (op.request == HS_MALLOC && last->result) add_live(l, last->variable);
    if (op.request == HS_FREE) l->variables[victim] = l->variables[--l->count];
    return true;
}

bool hs_run_random(hs_interpreter *in, const hs_statement *s)
{
    uint64_t n, seed = hs_session_op_count(in->session), done = 0;
    hs_totals before = *hs_session_totals(in->session);
    if (!hs_size_of_argument(in, &s->arguments[0], &n)) return false;
    if (s->arguments[1].present && !hs_size_of_argument(in, &s->arguments[1], &seed)) return false;
    live_list l = live_variables(in->session);
    uint64_t state = seed;
    bool good = true;
    in->inside++;
    for (; done < n && good && !hs_interrupted(in); done += good)
        good = random_request(in, s, &l, &state);
    in->inside--;
    free(l.variables);
    char how[96];
    snprintf(how, sizeof how, "%s %" PRIu64 " of %" PRIu64 ", seed %" PRIu64,
             done < n ? "random, stopped after" : "random", done, n, seed);
    hs_tell_many(in, before, how);
    return good;
}

bool hs_run_echo(hs_interpreter *in, const hs_statement *s)
{
    return hs_say_argument(in, HS_SAY_ANSWER, &s->arguments[0]);
}

/* expect error { ... }: the statements must fail, and the heap stay as it was. */
static bool expect_error(hs_interpreter *in, const hs_statement *s)
{
    char *outer = in->refusal; /* of an expect error { } around this one */
    in->refusal = NULL;
    in->expecting_error++;
    in->inside++;
    bool good = hs_run_statements(in, s->body, s->body_count);
    in->inside--;
    in->expecting_error--;
    char *refusal = in->refusal;
    in->refusal = outer;
    if (!good) return hs_say_own(in, HS_SAY_REFUSED, refusal);
    free(refusal);
    return hs_fail_at(in, s->arguments[0].where, "no error came here, and one was expected", NULL);
}

bool hs_run_expect(hs_interpreter *in, const hs_statement *s)
{
    hs_complaint c;
    bool holds;
    const hs_argument *a = &s->arguments[0];
    if (s->has_body) return expect_error(in, s);
    hs_reader r = {.text = in->program->source,
                   .at = a->where.start,
                   .length = a->where.end,
                   .session = in->session,
                   .complaint = &c};
    if (!hs_read_condition(&r, &holds)) return hs_fail_with(in, &c);
    return holds || hs_fail_with(in, &c);
}

bool hs_run_help(hs_interpreter *in, const hs_statement *s)
{
    const hs_argument *a = &s->arguments[0];
    const hs_command *command = NULL;
    hs_complaint c;
    char *option = a->present ? hs_help_on_option(a->text, a->length) : NULL;
    bool good = !a->present || (command = hs_command_resolve(a->text, a->length, a->where, &c));
    bool exact = good && command && strlen(command->name) == a->length;
    if (option && !exact) return hs_say_own(in, HS_SAY_ANSWER, option);
    free(option);
    if (!good) return hs_fail_with(in, &c);
    return hs_say_own(in, HS_SAY_ANSWER, hs_help_text(in->session, command));
}

bool hs_run_continue(hs_interpreter *in, const hs_statement *s)
{
    const char *why = in->listener.go_on ? in->listener.go_on(in->listener.context)
                                         : "sessions are continued where commands are typed";
    if (why) return hs_fail_at(in, s->head, why, NULL);
    in->quit = true;
    return true;
}

bool hs_run_quit(hs_interpreter *in, const hs_statement *s)
{
    (void)s;
    in->quit = true;
    return true;
}
