/* SPDX-License-Identifier: MIT */
/* The log of glibc's mtrace(3).
 *
 *      = Start
 *      @ ./a.out:(main+1c)[0x40113a] + 0x18102a0 0x18      allocated: address, bytes
 *      @ ./a.out:[0x401150] < 0x18102a0                    realloc: of this block ...
 *      @ ./a.out:[0x401150] > 0x18102c0 0x40               ... to this one
 *      @ ./a.out:[0x401170] ! 0x18102c0 0x4000000000       a realloc that failed
 *      @ ./a.out:[0x401190] - 0x18102c0                    freed
 *      = End
 *
 * Where the call was may be missing. (nil) is NULL; 0 bytes are written without 0x. */
#include "trace/formats.h"
#include "trace/log.h"

#include <inttypes.h>
#include <stdlib.h>

static const char form[] = "a line is `[@ WHERE] + ADDRESS SIZE`, `- ADDRESS`, `< ADDRESS`, "
                           "`> ADDRESS SIZE` or `! ADDRESS SIZE`";

typedef struct {
    hs_log log;
    bool moving;  /* a `<` was read, its `>` should follow */
    uint64_t old; /* the address of the `<` */
} mtrace;

/* Hexadecimal, or (nil). */
static bool take_address(const char **at, uint64_t *address)
{
    static const char nil[] = "(nil)";
    if (**at != '(') return hs_take_number(at, address);
    if (strncmp(*at, nil, sizeof nil - 1) != 0) return false;
    *at += sizeof nil - 1;
    *address = 0;
    return true;
}

static bool is_sign(char c)
{
    return c == '+' || c == '-' || c == '<' || c == '>' || c == '!';
}

/* Skip `@ WHERE `, up to a sign between blanks before an address. Names of files may have
 * blanks. */
static const char *skip_where(const char *at)
{
    if (*at != '@') return at;
    for (; *at != '\n'; at++)
        if (*at == ' ' && is_sign(at[1]) && at[2] == ' ' && (at[3] == '0' || at[3] == '('))
            return at + 1;
    return at;
}

static void add(hs_reading *r, mtrace *m, char sign, uint64_t address, uint64_t size)
{
    switch (sign) {
    case '+':
        hs_log_allocate(r, &m->log, (hs_trace_op){.kind = HS_MALLOC, .size = size}, address);
        break;
    case '-': hs_log_release(r, &m->log, address); break;
    case '<': m->old = address; break;
    case '>': hs_log_reallocate(r, &m->log, m->old, size, address); break;
    default: r->report->failed++; break;
    }
    m->moving = sign == '<';
}

/* Read a line as nearly all are: one blank between its parts, and numbers with 0x. NULL: it
 * differs, and nothing was done. */
HS_INLINED const char *parse_usual(hs_reading *r, const char *line, mtrace *m)
{
    uint64_t address, size;
    const char *at = skip_where(line);
    char sign = *at;
    if (!hs_word_is(hs_word_at(at + 1), " 0x") || m->moving != (sign == '>')) return NULL;
    at += 4;
    if (!hs_take_hex_digits(&at, &address)) return NULL;
    if (sign == '-' || sign == '<') {
        if (*at != '\n') return NULL;
        if (sign == '-')
            hs_log_free_block(r, &m->log, address);
        else
            add(r, m, sign, address, 0);
    } else {
        if ((sign != '+' && sign != '>') || !hs_word_is(hs_word_at(at), " 0x")) return NULL;
        at += 3;
        if (!hs_take_hex_digits(&at, &size) || *at != '\n') return NULL;
        if (sign == '+')
            hs_log_malloc(r, &m->log, size, address);
        else
            add(r, m, sign, address, size);
    }
    return at + 1;
}

static const char *parse_line(hs_reading *r, const char *line, mtrace *m)
{
    uint64_t address, size = 0;
    const char *at = skip_where(line);
    char sign = *at;
    if (!is_sign(sign) || at[1] != ' ') return hs_bad(r, line, "this is no request; %s", form);
    at = hs_skip_blanks(at + 1);
    if (!take_address(&at, &address)) return hs_bad(r, line, "its address is missing; %s", form);
    at = hs_skip_blanks(at);
    if (sign != '-' && sign != '<' && !hs_take_number(&at, &size))
        return hs_bad(r, line, "its size is missing; %s", form);
    if (!hs_line_ends(at)) return hs_bad(r, line, "there is more than a request; %s", form);
    if (m->moving != (sign == '>')) {
        m->moving = sign == '<';
        m->old = address;
        return hs_bad(r, line,
                      m->moving || sign != '>'
                          ? "the line before, `<`, begins a realloc: `>` should follow"
                          : "`>` ends a realloc: `< ADDRESS` should be before it");
    }
    add(r, m, sign, address, size);
    return hs_skip_blanks(at) + 1;
}

static void parse(hs_reading *r, const char *at, const char *end, void *state)
{
    for (const char *next; at < end; r->line++) {
        if ((next = parse_usual(r, at, state)))
            at = next;
        else if (*at == '\n' || *at == '\r' || *at == '=')
            at = hs_next_line(at, end);
        else
            at = parse_line(r, at, state);
    }
}

static bool read_mtrace(hs_reading *r)
{
    mtrace m = {.moving = false};
    bool good = hs_reading_lines(r, '\n', parse, &m);
    if (m.moving) hs_reading_note(r, "it ends within a realloc, which is left out");
    if (good) hs_log_finish(r, &m.log, false);
    hs_log_free(&m.log);
    return good;
}

static bool recognise(const char *text, const char *end)
{
    if (hs_begins(text, end, "= Start")) return true;
    const char *at = skip_where(text);
    if (!is_sign(*at) || at[1] != ' ') return false;
    at = hs_skip_blanks(at + 1);
    return hs_begins(at, end, "0x") || hs_begins(at, end, "(nil)");
}

/* --- Writing -------------------------------------------------------------------------------- */

static void put(hs_writing *w, const char *sign, uint64_t address)
{
    hs_put_text(w, sign);
    hs_put_hex(w, address);
}

static void put_new(hs_writing *w, const char *sign, hs_invented *v, const hs_trace_op *op)
{
    put(w, sign, hs_invent(v, op));
    hs_put_char(w, ' ');
    if (op->size)
        hs_put_hex(w, op->size);
    else
        hs_put_char(w, '0');
    hs_put_char(w, '\n');
}

static void write_mtrace(hs_writing *w)
{
    hs_trace_op op;
    hs_invented v = hs_invented_for(w);
    hs_put_text(w, "= Start\n");
    while (hs_writing_next(w, &op)) {
        if (op.kind == HS_MALLOC) {
            put_new(w, "+ ", &v, &op);
            continue;
        }
        put(w, op.kind == HS_FREE ? "- " : "< ", v.at[op.id]);
        hs_put_char(w, '\n');
        if (op.kind == HS_REALLOC) put_new(w, "> ", &v, &op);
    }
    hs_put_text(w, "= End\n");
    free(v.at);
}

const hs_format hs_format_mtrace = {
    .name = "mtrace",
    .help = "log of glibc's mtrace",
    .suffixes = {"mtrace"},
    .recognise = recognise,
    .read = read_mtrace,
    .write = write_mtrace,
    .carries = HS_CARRIES_REALLOC,
};
