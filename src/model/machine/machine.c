/* SPDX-License-Identifier: MIT */
/* The machine's commands: one function each. They work on a copy of the machine, which takes the
 * original's place when all went well; so a command that is refused changes nothing. */
#include "model/machine/mmu.h"

#include "base/count.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CODE = 128, HEAP = 128, STACK = 64, ROUND = 16, LEAST_BITS = 8, MOST_BITS = 16 };
#define MOST_MEMORY ((uint64_t)1 << 20)

/* --- Words and sentences -------------------------------------------------------------------- */

typedef struct {
    hs_mmu *m;
    const char *words; /* the words that are still to be read */
    uint64_t address;
    hs_problem *problem;
} command;

static bool refuse(const command *c, hs_operand operand, const char *hint, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

static bool refuse(const command *c, hs_operand operand, const char *hint, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    c->problem->operand = operand;
    vsnprintf(c->problem->what, sizeof c->problem->what, format, arguments);
    snprintf(c->problem->hint, sizeof c->problem->hint, "%s", hint);
    va_end(arguments);
    return false;
}

/* Add to the report; true, so that a command can end with it. */
static bool report(hs_mmu *m, const char *format, ...) __attribute__((format(printf, 2, 3)));

static bool report(hs_mmu *m, const char *format, ...)
{
    va_list arguments;
    size_t used = strlen(m->report);
    va_start(arguments, format);
    vsnprintf(m->report + used, sizeof m->report - used, format, arguments);
    va_end(arguments);
    return true;
}

enum { WORD = 32 };

/* The next word, cut to what fits; false at the end. */
static bool next_word(command *c, char word[WORD])
{
    size_t n = 0;
    while (*c->words == ' ') c->words++;
    for (; *c->words && *c->words != ' '; c->words++)
        if (n < WORD - 1) word[n++] = *c->words;
    word[n] = 0;
    return n > 0;
}

/* Read the number behind `keyword`, if that stands next; else *value stays. */
static bool keyword_number(command *c, const char *keyword, uint64_t *value)
{
    char word[WORD];
    command ahead = *c;
    if (!next_word(&ahead, word) || strcmp(word, keyword) != 0) return false;
    next_word(&ahead, word);
    *value = strtoull(word, NULL, 10);
    c->words = ahead.words;
    return true;
}

/* --- Processes ------------------------------------------------------------------------------ */

static hs_process *running(hs_mmu *m)
{
    return &m->processes[m->current];
}

static hs_process *process_named(hs_mmu *m, const char *name)
{
    for (size_t i = 0; i < HS_PROCESSES; i++)
        if (*name && strcmp(m->processes[i].name, name) == 0) return &m->processes[i];
    return NULL;
}

static hs_process *known_process(command *c, const char *name)
{
    hs_process *p = process_named(c->m, name);
    if (!p)
        refuse(c, HS_OPERAND_NAME, "`segments` lists them; `process NAME` starts one",
               "there is no process %s", name);
    return p;
}

static void begin_process(hs_process *p, const char *name)
{
    *p = (hs_process){0};
    snprintf(p->name, sizeof p->name, "%.*s", HS_PROCESS_NAME - 1, name);
    memset(p->regions, HS_NO_REGION, sizeof p->regions);
    memset(p->pages, 0xff, sizeof p->pages);
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* The usual size of an area, or less where the address space is small. */
static uint64_t usual(const hs_mmu *m, unsigned area)
{
    uint64_t room = hs_mmu_space(m) / (area == HS_AREA_STACK ? 16 : 8);
    uint64_t size = area == HS_AREA_CODE ? CODE : area == HS_AREA_HEAP ? HEAP : STACK;
    return least(size, m->segments > 2 ? least(room, hs_mmu_space(m) / m->segments) : room);
}

/* Refuse for lack of physical memory: say how much there would be, and what can be done. Holes are
 * told only where a piece has to lie in one, which pages need not. */
static bool no_room(const command *c, const hs_mmu *before, const char *what)
{
    hs_memory_figures f = hs_memory_measure(before);
    if (before->kind == HS_MMU_PAGING)
        return refuse(
            c, HS_OPERAND_NONE, "`swap NAME` puts a process on the disk, `exit NAME` ends one",
            "physical memory has no room for %s: %" PRIu64 " frame%s of %" PRIu64 " %s free", what,
            f.free / before->page, hs_plural(f.free / before->page), before->page,
            hs_verb(f.free / before->page, "is", "are"));
    return refuse(c, HS_OPERAND_NONE,
                  f.holes > 1
                      ? "`compact` makes one hole of them; `swap NAME` puts a process on the disk"
                      : "`swap NAME` puts a process on the disk, `exit NAME` ends one",
                  "physical memory has no room for %s: %" PRIu64 " byte%s %s free, in %" PRIu64
                  " hole%s, the largest of %" PRIu64,
                  what, f.free, hs_plural(f.free), hs_verb(f.free, "is", "are"), f.holes,
                  hs_plural(f.holes), f.largest);
}

static bool resize(hs_mmu *m, hs_process *p, unsigned area, uint64_t size)
{
    return hs_mechanism_of(m)->resize(m, p, area, size);
}

/* --- The heap of main ----------------------------------------------------------------------- */

void hs_machine_follow(hs_mmu *m, uint64_t heap, bool try_again)
{
    hs_process *p = &m->processes[0];
    if (m->heap == heap && !try_again) return;
    m->heap = heap;
    uint64_t has = p->sizes[HS_AREA_HEAP], room = hs_mmu_area_room(m, p, HS_AREA_HEAP);
    if (room < has) room = has; /* the stack has run into the heap, which keeps what it has */
    uint64_t wanted = least(heap, room);
    if (p->out || wanted == has) return;
    hs_mmu next = *m;
    if (resize(&next, &next.processes[0], HS_AREA_HEAP, wanted)) *m = next;
}

/* --- mmu ------------------------------------------------------------------------------------ */

static uint64_t round_up(uint64_t n, uint64_t unit)
{
    return (n + unit - 1) / unit * unit;
}

/* The order in which areas are made. Where the heap's room ends at the stack, the heap comes
 * last. */
static const unsigned *order_of(const hs_mmu *m)
{
    static const unsigned apart[] = {HS_AREA_CODE, HS_AREA_HEAP, HS_AREA_STACK},
                          facing[] = {HS_AREA_CODE, HS_AREA_STACK, HS_AREA_HEAP};
    return m->kind == HS_MMU_SEGMENTATION ? apart : facing;
}

/* The machine by its figures, with the process main alone. */
static void power_on(hs_mmu *m)
{
    memset(m->regions, 0, sizeof m->regions);
    memset(m->frame_users, 0, sizeof m->frame_users);
    memset(m->processes, 0, sizeof m->processes);
    m->current = 0;
    m->os = round_up(m->memory / 16, m->kind == HS_MMU_PAGING ? m->page : 1);
    hs_process *p = &m->processes[0];
    begin_process(p, "main");
    for (size_t i = 0; i < 3; i++) {
        unsigned area = order_of(m)[i];
        if (area == HS_AREA_HEAP)
            hs_machine_follow(m, m->heap, true);
        else
            resize(m, p, area, usual(m, area));
    }
    m->copied = 0;
}

void hs_machine_start(hs_mmu *m, uint64_t heap)
{
    *m = (hs_mmu){.kind = HS_MMU_SEGMENTATION,
                  .bits = 12,
                  .segments = 4,
                  .page = 256,
                  .memory = 16384,
                  .heap = heap};
    power_on(m);
}

static bool check_figures(const command *c, const hs_mmu *m, uint64_t bits)
{
    if (bits < LEAST_BITS || bits > MOST_BITS)
        return refuse(c, HS_OPERAND_VALUE, "", "an address has %d to %d bits here", LEAST_BITS,
                      MOST_BITS);
    if (m->memory < hs_mmu_space(m) * 2 || m->memory > MOST_MEMORY)
        return refuse(c, HS_OPERAND_VALUE, "",
                      "physical memory has at least twice the bytes of an address space, %" PRIu64
                      ", and at most 1M",
                      hs_mmu_space(m) * 2);
    if (m->kind != HS_MMU_PAGING) return true;
    uint64_t pages = hs_mmu_space(m) / m->page;
    if (m->page < ROUND || m->page & (m->page - 1) || pages < 4 || pages > HS_MMU_ENTRIES ||
        m->memory / m->page > HS_FRAMES || m->memory % m->page)
        return refuse(c, HS_OPERAND_VALUE, "mmu paging 256 bits 12 memory 16k is such a machine",
                      "a page is a power of two; an address space has 4 to %d of them, "
                      "physical memory at most %d",
                      HS_MMU_ENTRIES, HS_FRAMES);
    return true;
}

static bool tell_machine(hs_mmu *m)
{
    uint64_t space = hs_mmu_space(m);
    report(m, "addresses of %u bits (%" PRIu64 " bytes), %" PRIu64 " bytes of memory; ", m->bits,
           space, m->memory);
    if (m->kind == HS_MMU_BASE_BOUNDS)
        return report(m, "base and bounds: a process is one piece of memory");
    if (m->kind == HS_MMU_PAGING)
        return report(m, "%" PRIu64 " page%s of %" PRIu64 " byte%s a process", space / m->page,
                      hs_plural(space / m->page), m->page, hs_plural(m->page));
    return report(m, "%u segments a process, chosen by the top bit%s", m->segments,
                  m->segments == 2 ? "" : "s");
}

static bool do_mmu(command *c)
{
    hs_mmu *m = c->m;
    char kind[WORD];
    uint64_t n = 0, bits;
    next_word(c, kind);
    for (m->kind = 0; m->kind < HS_MMU_KINDS; m->kind++)
        if (strcmp(kind, hs_mmu_kind_name(m->kind)) == 0) break;
    if (m->kind == HS_MMU_KINDS)
        return refuse(c, HS_OPERAND_NAME, "there is base-bounds, segmentation, paging",
                      "there is no mmu %s", kind);
    bool given = keyword_number(c, "=", &n);
    m->page = m->kind == HS_MMU_PAGING && given ? n : 256;
    m->segments = m->kind == HS_MMU_SEGMENTATION ? (given && n <= 8 ? (unsigned)n : 4) : 1;
    if (given && m->kind == HS_MMU_BASE_BOUNDS)
        return refuse(c, HS_OPERAND_VALUE, "write mmu base-bounds", "base and bounds has no parts");
    if (given && m->kind == HS_MMU_SEGMENTATION && n != 2 && n != 4 && n != 8)
        return refuse(c, HS_OPERAND_VALUE, "", "a process has 2, 4 or 8 segments");
    bits = m->segments > 2 || m->kind == HS_MMU_PAGING ? 12 : 10;
    m->memory = 16384;
    keyword_number(c, "bits", &bits);
    keyword_number(c, "memory", &m->memory);
    m->bits = bits < LEAST_BITS || bits > MOST_BITS ? LEAST_BITS : (unsigned)bits;
    if (!check_figures(c, m, bits)) return false;
    power_on(m);
    return tell_machine(m);
}

/* --- process, run, exit --------------------------------------------------------------------- */

static bool check_name(command *c, const char *name)
{
    bool good = isalpha((unsigned char)*name);
    for (const char *s = name; *s; s++) good = good && (isalnum((unsigned char)*s) || *s == '_');
    if (!good || strlen(name) >= HS_PROCESS_NAME)
        return refuse(c, HS_OPERAND_NAME, "",
                      "the name of a process is a letter and up to %d letters, digits or _",
                      HS_PROCESS_NAME - 2);
    if (process_named(c->m, name))
        return refuse(c, HS_OPERAND_NAME, "`run NAME` lets it run", "there is a process %s already",
                      name);
    return true;
}

/* Share the code of another process. */
static bool share(command *c, hs_process *p, const char *other)
{
    hs_mmu *m = c->m;
    hs_process *with = known_process(c, other);
    if (!with) return false;
    if (with == p)
        return refuse(c, HS_OPERAND_NAME, "", "%s has no code yet that it could share", p->name);
    if (m->kind == HS_MMU_BASE_BOUNDS || m->segments == 2)
        return refuse(c, HS_OPERAND_NAME, "mmu segmentation 4 has one, and paging shares pages",
                      "code can not be shared: it has no segment of its own");
    hs_mechanism_of(m)->share_code(m, p, with);
    report(m, ", its code shared with %s", with->name);
    return true;
}

static bool give_area(command *c, hs_process *p, unsigned area, uint64_t size, const hs_mmu *before)
{
    char what[48];
    uint64_t room = hs_mmu_area_room(c->m, p, area);
    if (size > room)
        return refuse(c, HS_OPERAND_VALUE, "", "the %s has room for %" PRIu64 " byte%s",
                      hs_mmu_area_name(area), room, hs_plural(room));
    uint64_t whole = size;
    if (c->m->kind == HS_MMU_BASE_BOUNDS) whole = hs_mmu_space(c->m);
    if (c->m->segments == 2 && area == HS_AREA_HEAP) whole += p->sizes[HS_AREA_CODE];
    snprintf(what, sizeof what, "%s of %" PRIu64 " byte%s",
             c->m->kind == HS_MMU_BASE_BOUNDS ? "an address space" : "a segment", whole,
             hs_plural(whole));
    if (c->m->kind == HS_MMU_PAGING) snprintf(what, sizeof what, "that many pages");
    return resize(c->m, p, area, size) || no_room(c, before, what);
}

static bool do_process(command *c)
{
    hs_mmu *m = c->m;
    const hs_mmu before = *m;
    char name[WORD], word[WORD];
    uint64_t sizes[] = {usual(m, HS_AREA_CODE), usual(m, HS_AREA_HEAP), usual(m, HS_AREA_STACK)};
    next_word(c, name);
    if (!check_name(c, name)) return false;
    hs_process *p = &m->processes[0];
    while (p < m->processes + HS_PROCESSES && p->name[0]) p++;
    if (p == m->processes + HS_PROCESSES)
        return refuse(c, HS_OPERAND_NONE, "`exit NAME` ends one", "there are %d processes already",
                      HS_PROCESSES);
    begin_process(p, name);
    report(m, "process %s", p->name);
    command ahead = *c;
    bool shares = next_word(&ahead, word) && strcmp(word, "share") == 0;
    if (shares) {
        next_word(&ahead, word);
        if (!share(c, p, word)) return false;
        c->words = ahead.words;
    }
    if (keyword_number(c, "code", &sizes[HS_AREA_CODE]) && shares)
        return refuse(c, HS_OPERAND_VALUE, "", "its code is the other's: it has that one's size");
    keyword_number(c, "heap", &sizes[HS_AREA_HEAP]);
    keyword_number(c, "stack", &sizes[HS_AREA_STACK]);
    for (size_t i = shares; i < 3; i++) {
        unsigned area = order_of(m)[i];
        if (!give_area(c, p, area, sizes[area], &before)) return false;
    }
    m->current = (unsigned)(p - m->processes);
    return report(m, ": code %" PRIu64 ", heap %" PRIu64 ", stack %" PRIu64 "; it runs now",
                  p->sizes[HS_AREA_CODE], p->sizes[HS_AREA_HEAP], p->sizes[HS_AREA_STACK]);
}

static bool do_run(command *c)
{
    char name[WORD];
    next_word(c, name);
    hs_process *p = known_process(c, name);
    if (!p) return false;
    c->m->current = (unsigned)(p - c->m->processes);
    return report(c->m, "%s runs now: the OS has loaded its %s into the MMU", p->name,
                  c->m->kind == HS_MMU_PAGING        ? "page table"
                  : c->m->kind == HS_MMU_BASE_BOUNDS ? "base and bounds"
                                                     : "segment registers");
}

static bool do_exit(command *c)
{
    hs_mmu *m = c->m;
    char name[WORD];
    next_word(c, name);
    hs_process *p = known_process(c, name);
    if (!p) return false;
    if (p == m->processes)
        return refuse(c, HS_OPERAND_NAME, "`mmu` with a kind starts the machine afresh",
                      "main is the program of this session: it goes on");
    uint64_t before = hs_memory_measure(m).free;
    hs_mechanism_of(m)->release(m, p);
    if (p == running(m)) m->current = 0;
    uint64_t freed = hs_memory_measure(m).free - before;
    report(m, "%s has ended: %" PRIu64 " byte%s of memory %s free again; %s runs now", name, freed,
           hs_plural(freed), hs_verb(freed, "is", "are"), running(m)->name);
    *p = (hs_process){0};
    return true;
}

/* --- grow ----------------------------------------------------------------------------------- */

/* An area by its name, or by the number of its segment. */
static bool area_named(command *c, const char *word, unsigned *area)
{
    for (*area = 0; *area <= HS_AREA_STACK; ++*area)
        if (strcmp(word, hs_mmu_area_name(*area)) == 0) return true;
    for (*area = 0; *area < HS_AREAS && isdigit((unsigned char)*word); ++*area)
        if (c->m->segments > 2 && *area <= c->m->segments - 1 &&
            hs_mmu_area_entry(c->m, *area) == atoi(word))
            return true;
    return refuse(c, HS_OPERAND_NAME, "", "a segment is code, heap, stack%s, not %s",
                  c->m->segments > 2 ? ", or a number as in `segments`" : "", word);
}

/* Refuse because heap and stack have met, or the segment is full. */
static bool no_space(const command *c, const hs_process *p, unsigned area, uint64_t room)
{
    const hs_mmu *m = c->m;
    bool meet = m->kind != HS_MMU_SEGMENTATION && area != HS_AREA_CODE;
    uint64_t more = room > p->sizes[area] ? room - p->sizes[area] : 0;
    if (meet && area == HS_AREA_HEAP)
        return refuse(c, HS_OPERAND_VALUE, "",
                      "the heap would meet the stack: %" PRIu64 " byte%s %s between them", more,
                      hs_plural(more), hs_verb(more, "is", "are"));
    if (meet)
        return refuse(c, HS_OPERAND_VALUE, "",
                      "the stack would meet the %s: it can have %" PRIu64 " more byte%s",
                      m->kind == HS_MMU_PAGING ? "heap" : "code", more, hs_plural(more));
    return refuse(c, HS_OPERAND_VALUE, "",
                  "the %s can have %" PRIu64 " more byte%s: its segment ends there",
                  hs_mmu_area_name(area), more, hs_plural(more));
}

/* With base and bounds, tell that the stack was pushed into the heap, for nobody was asked. */
static void tell_collision(hs_mmu *m, const hs_process *p)
{
    uint64_t heap_end = p->sizes[HS_AREA_CODE] + p->sizes[HS_AREA_HEAP],
             stack = hs_mmu_area_start(m, p, HS_AREA_STACK);
    if (m->kind == HS_MMU_BASE_BOUNDS && stack < heap_end)
        report(m,
               ". Collision: the %" PRIu64 " byte%s from 0x%" PRIx64
               " on are heap and stack at once. Every address is within the bounds, so the "
               "hardware sees nothing wrong",
               heap_end - stack, hs_plural(heap_end - stack), stack);
}

static bool is_shared(const hs_mmu *m, const hs_process *p)
{
    uint8_t region = p->regions[HS_AREA_CODE];
    uint16_t frame = p->pages[0];
    return (region != HS_NO_REGION && m->regions[region].users > 1) ||
           (frame < HS_FRAMES && m->frame_users[frame] > 1);
}

static bool do_grow(command *c)
{
    hs_mmu *m = c->m;
    const hs_mmu before = *m;
    hs_process *p = running(m);
    char word[WORD];
    unsigned area;
    uint64_t more = 0, copied = m->copied;
    next_word(c, word);
    if (!area_named(c, word, &area)) return false;
    keyword_number(c, "=", &more);
    if (p == m->processes && area == HS_AREA_HEAP)
        return refuse(c, HS_OPERAND_NAME, "`malloc` makes it grow",
                      "the heap of main is the session's heap: it grows when that does");
    if (area == HS_AREA_CODE && is_shared(m, p))
        return refuse(c, HS_OPERAND_NAME, "", "the code is shared: it can not grow for one alone");
    uint64_t room = hs_mmu_area_room(m, p, area);
    if (more > room || p->sizes[area] + more > room) return no_space(c, p, area, room);
    if (p->out)
        return refuse(c, HS_OPERAND_NONE, "`swap` brings it back", "%s is on the disk", p->name);
    if (!resize(m, p, area, p->sizes[area] + more)) return no_room(c, &before, "it");
    report(m, "the %s of %s has %" PRIu64 " byte%s now", hs_mmu_area_name(area), p->name,
           p->sizes[area], hs_plural(p->sizes[area]));
    if (m->copied > copied)
        report(m, ": no room beside it, so the OS moved it, and copied %" PRIu64 " byte%s",
               m->copied - copied, hs_plural(m->copied - copied));
    tell_collision(m, p);
    return true;
}

/* --- swap, compact -------------------------------------------------------------------------- */

static bool do_swap(command *c)
{
    hs_mmu *m = c->m;
    const hs_mmu before = *m;
    char name[WORD];
    next_word(c, name);
    hs_process *p = known_process(c, name);
    if (!p) return false;
    uint64_t free = hs_memory_measure(m).free;
    if (p->out) {
        if (!hs_mechanism_of(m)->swap_in(m, p, -1)) return no_room(c, &before, "it");
        uint64_t read = free - hs_memory_measure(m).free;
        return report(m, "%s is back from the disk: %" PRIu64 " byte%s %s read", p->name, read,
                      hs_plural(read), hs_verb(read, "was", "were"));
    }
    hs_mechanism_of(m)->swap_out(m, p);
    uint64_t written = hs_memory_measure(m).free - free;
    return report(m, "%s is on the disk: %" PRIu64 " byte%s %s written there, and %s free now",
                  p->name, written, hs_plural(written), hs_verb(written, "was", "were"),
                  hs_verb(written, "is", "are"));
}

static bool do_compact(command *c)
{
    if (c->m->kind == HS_MMU_PAGING)
        return refuse(c, HS_OPERAND_NONE, "",
                      "with paging there is nothing to compact: any free "
                      "frame serves any page");
    hs_memory_figures before = hs_memory_measure(c->m);
    uint64_t copied = hs_memory_compact(c->m);
    hs_memory_figures f = hs_memory_measure(c->m);
    if (!copied) return report(c->m, "there was nothing to move: all that is in use lies together");
    return report(c->m,
                  "compaction copied %" PRIu64 " byte%s and changed the bases: %" PRIu64
                  " hole%s became %" PRIu64 ", the largest has %" PRIu64 " byte%s",
                  copied, hs_plural(copied), before.holes, hs_plural(before.holes), f.holes,
                  f.largest, hs_plural(f.largest));
}

/* --- touch ---------------------------------------------------------------------------------- */

static unsigned access_of(char letter)
{
    return letter == 'w' ? HS_MAY_WRITE : letter == 'x' ? HS_MAY_EXECUTE : HS_MAY_READ;
}

static const char *access_word(unsigned access)
{
    return access == HS_MAY_WRITE     ? "a write to"
           : access == HS_MAY_EXECUTE ? "execution at"
                                      : "a read from";
}

static const char *const fault_words[] = {
    [HS_FAULT_NONE] = "",
    [HS_FAULT_SPACE] = "no address has so many bits",
    [HS_FAULT_INVALID] = "not valid: nothing is there",
    [HS_FAULT_BOUNDS] = "out of bounds",
    [HS_FAULT_PROTECTION] = "a protection fault",
    [HS_FAULT_ABSENT] = "not present: it is on the disk",
};

/* True for an access a little below the stack, as a push makes it: the OS lets the stack grow
 * then. */
static bool is_push(const hs_mmu *m, const hs_process *p, uint64_t address)
{
    uint64_t stack = hs_mmu_area_start(m, p, HS_AREA_STACK);
    return address < stack && stack - address <= hs_mmu_space(m) / 16;
}

static bool grow_stack(hs_mmu *m, uint64_t address)
{
    hs_process *p = running(m);
    uint64_t size = hs_mmu_space(m) - address / ROUND * ROUND;
    if (m->kind == HS_MMU_PAGING) size = hs_mmu_space(m) - address / m->page * m->page;
    if (size > hs_mmu_area_room(m, p, HS_AREA_STACK)) return false;
    return resize(m, p, HS_AREA_STACK, size);
}

/* The part of the program at an address that the hardware let pass. */
static void tell_place(hs_mmu *m, uint64_t address)
{
    const hs_process *p = running(m);
    unsigned found = 0;
    for (unsigned area = 0; area < HS_AREAS; area++)
        if (p->sizes[area] && address - hs_mmu_area_start(m, p, area) < p->sizes[area]) {
            report(m, "%s%s", found++ ? " and also the " : ", the ", hs_mmu_area_name(area));
        }
    if (!found) report(m, ", in no part of the program, but the hardware can not tell");
}

/* Let the OS mend a fault, if it can; the instruction runs again then. */
static bool mend(hs_mmu *m, const hs_translation *t)
{
    hs_mmu next = *m;
    hs_process *p = running(&next);
    bool below = t->fault == HS_FAULT_BOUNDS || t->fault == HS_FAULT_INVALID;
    if (t->fault == HS_FAULT_ABSENT && hs_mechanism_of(m)->swap_in(&next, p, (int)t->entry))
        report(&next, ". The OS fetches the %s from the disk",
               m->kind == HS_MMU_PAGING ? "page" : "process");
    else if (below && is_push(m, p, t->address) && grow_stack(&next, t->address))
        report(&next,
               ". That is just below the stack: the OS lets the stack grow to %" PRIu64 " byte%s",
               p->sizes[HS_AREA_STACK], hs_plural(p->sizes[HS_AREA_STACK]));
    else
        return false;
    if (next.copied > m->copied) report(&next, ", moves it to where there is room");
    report(&next, ", and lets the instruction run again");
    *m = next;
    return true;
}

static bool do_touch(command *c)
{
    hs_mmu *m = c->m;
    char word[WORD];
    if (!next_word(c, word)) snprintf(word, sizeof word, "r");
    if (strcmp(word, "r") != 0 && strcmp(word, "w") != 0 && strcmp(word, "x") != 0)
        return refuse(c, HS_OPERAND_NAME, "", "an access is r, w or x, not %s", word);
    unsigned access = access_of(word[0]);
    report(m, "%s 0x%" PRIx64, access_word(access), c->address);
    hs_translation t = hs_mmu_translate_current(m, c->address, access);
    if (t.fault) {
        report(m, " faults: %s", fault_words[t.fault]);
        if (!mend(m, &t))
            return report(m, t.fault == HS_FAULT_ABSENT
                                 ? ". The OS has no free memory to fetch it: the process waits"
                                 : ". The OS sends SIGSEGV: a real program would end here");
        t = hs_mmu_translate_current(m, c->address, access);
    }
    report(m, ": physical 0x%" PRIx64, t.physical);
    tell_place(m, c->address);
    return true;
}

/* --- The table ------------------------------------------------------------------------------ */

static const struct {
    const char *verb;
    bool (*run)(command *);
    bool takes_pointer;
} verbs[] = {
    {"mmu", do_mmu, false},    {"process", do_process, false}, {"run", do_run, false},
    {"exit", do_exit, false},  {"grow", do_grow, false},       {"swap", do_swap, false},
    {"touch", do_touch, true}, {"compact", do_compact, false},
};
enum { VERBS = sizeof verbs / sizeof *verbs };

/* VERBS: there is none such. */
static size_t verb_named(const char *verb)
{
    size_t i = 0;
    while (i < VERBS && strcmp(verbs[i].verb, verb) != 0) i++;
    return i;
}

bool hs_machine_takes_pointer(const char *verb)
{
    size_t i = verb_named(verb);
    return i < VERBS && verbs[i].takes_pointer;
}

bool hs_machine_perform(hs_mmu *m, const char *verb, const char *words, uint64_t address,
                        hs_problem *problem)
{
    hs_mmu next = *m;
    command c = {&next, words, address, problem};
    size_t i = verb_named(verb);
    next.report[0] = 0;
    if (i == VERBS) return refuse(&c, HS_OPERAND_NAME, "", "the machine has no command %s", verb);
    if (!verbs[i].run(&c)) return false;
    hs_machine_follow(&next, next.heap, true);
    *m = next;
    return true;
}
