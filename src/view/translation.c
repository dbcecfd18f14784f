/* SPDX-License-Identifier: MIT */
/* A translation told as the hardware does it:
 *
 *      virtual address 0x7c8 = 01 1111001000
 *      the top 2 bits, 01: segment 1 (heap), base 0x480, limit 256, grows up, rw-
 *      the other 10 bits, the offset: 1111001000 = 968
 *      968 < 256? No: out of bounds, a fault */
#include "base/memory.h"
#include "view/segments.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

const char *hs_protection_text(unsigned protection, char text[4])
{
    text[0] = protection & HS_MAY_READ ? 'r' : '-';
    text[1] = protection & HS_MAY_WRITE ? 'w' : '-';
    text[2] = protection & HS_MAY_EXECUTE ? 'x' : '-';
    text[3] = 0;
    return text;
}

static void put_bits(FILE *out, uint64_t value, unsigned count)
{
    while (count-- > 0) putc(value >> count & 1 ? '1' : '0', out);
}

static void put_address(FILE *out, const hs_mmu_tables *m, const hs_translation *t)
{
    unsigned offset_bits = m->bits - m->select;
    fprintf(out, "virtual address 0x%" PRIx64 " (%" PRIu64 ")", t->address, t->address);
    if (t->fault == HS_FAULT_SPACE || !m->select) return;
    fputs(" = ", out);
    put_bits(out, t->address >> offset_bits, m->select);
    putc(' ', out);
    put_bits(out, t->offset, offset_bits);
}

/* Put which bits choose what, and what the table says there. */
static void put_choice(FILE *out, const hs_mmu_tables *m, const hs_translation *t, const char *name)
{
    const hs_mmu_entry *e = &t->with;
    char protection[4];
    bool page = m->kind == HS_MMU_PAGING;
    if (m->select > 1)
        fprintf(out, "\nthe top %u bits, ", m->select);
    else
        fputs("\nthe top bit, ", out);
    put_bits(out, t->entry, m->select);
    fprintf(out, ": %s %u", page ? "page" : "segment", t->entry);
    if (name) fprintf(out, " (%s)", name);
    if (!e->limit)
        fputs(page ? ", which has no frame" : ", which is not there", out);
    else if (page && e->absent)
        fprintf(out, ", on the disk, %s", hs_protection_text(e->protection, protection));
    else if (page)
        fprintf(out, ", frame %" PRIu64 " at 0x%" PRIx64 ", %s", e->base / e->limit, e->base,
                hs_protection_text(e->protection, protection));
    else
        fprintf(out, ", base 0x%" PRIx64 ", limit %" PRIu64 ", grows %s%s%s", e->base, e->limit,
                e->down ? "down" : "up", name ? ", " : "",
                name ? hs_protection_text(e->protection, protection) : "");
    fprintf(out, "\nthe other %u bits, the offset: ", m->bits - m->select);
    put_bits(out, t->offset, m->bits - m->select);
    fprintf(out, " = %" PRIu64, t->offset);
}

static void put_check(FILE *out, const hs_mmu_tables *m, const hs_translation *t)
{
    const hs_mmu_entry *e = &t->with;
    const char *answer = t->fault == HS_FAULT_BOUNDS ? "No: out of bounds, a fault" : "Yes";
    if (m->kind == HS_MMU_PAGING) return;
    if (e->down)
        fprintf(out,
                "\nit grows down: the distance from its end is %" PRIu64 " - %" PRIu64 " = %" PRIu64
                "\n%" PRIu64 " <= %" PRIu64 "? %s",
                (uint64_t)1 << (m->bits - m->select), t->offset, t->distance, t->distance, e->limit,
                answer);
    else
        fprintf(out, "\n%" PRIu64 " < %" PRIu64 "%s? %s", t->offset, e->limit,
                m->select ? "" : ", the bounds", answer);
}

static void put_result(FILE *out, const hs_mmu_tables *m, const hs_translation *t)
{
    const hs_mmu_entry *e = &t->with;
    if (t->fault == HS_FAULT_PROTECTION) fputs("\nits protection forbids this: a fault", out);
    if (t->fault == HS_FAULT_ABSENT) fputs("\nnot in memory: a fault; the OS would fetch it", out);
    if (t->fault) return;
    fprintf(out, "\nphysical = %s %s = 0x%" PRIx64 " %c %" PRIu64 " = 0x%" PRIx64 " (%" PRIu64 ")",
            m->kind == HS_MMU_PAGING ? "frame" : "base",
            e->down     ? "- distance"
            : m->select ? "+ offset"
                        : "+ address",
            e->base, e->down ? '-' : '+', t->distance, t->physical, t->physical);
}

void hs_put_translation(FILE *out, const hs_mmu_tables *m, const hs_translation *t,
                        const char *name)
{
    put_address(out, m, t);
    if (t->fault == HS_FAULT_SPACE) {
        fprintf(out, "\nthat is more than %u bits: no address of this machine, a fault", m->bits);
        return;
    }
    if (m->select)
        put_choice(out, m, t, name);
    else
        fprintf(out, "\nbase 0x%" PRIx64 ", bounds %" PRIu64, t->with.base, t->with.limit);
    if (t->fault == HS_FAULT_INVALID)
        fputs("\na fault: not valid", out);
    else
        put_check(out, m, t);
    if (t->fault != HS_FAULT_INVALID && t->fault != HS_FAULT_BOUNDS) put_result(out, m, t);
}

/* The name of what the program has at an entry. With pages, the areas that lie in the page. */
static const char *name_of_entry(const hs_mmu *m, const hs_process *p, unsigned entry)
{
    if (m->kind == HS_MMU_SEGMENTATION && m->segments == 2) return entry ? "stack" : "code, heap";
    for (unsigned area = 0; area < HS_AREAS; area++) {
        if (!p->sizes[area]) continue;
        uint64_t start = hs_mmu_area_start(m, p, area), end = start + p->sizes[area];
        if (hs_mmu_area_entry(m, area) == (int)entry) return hs_mmu_area_name(area);
        if (m->kind == HS_MMU_PAGING && entry * m->page < end && (entry + 1) * m->page > start)
            return hs_mmu_area_name(area);
    }
    return NULL;
}

char *hs_translation_text(const hs_session *s, uint64_t address, unsigned access)
{
    const hs_mmu *m = hs_session_mmu(s);
    const hs_process *p = &m->processes[m->current];
    hs_mmu_tables tables;
    char *text = NULL;
    size_t size;
    FILE *out = hs_text_begin(&text, &size);
    hs_mmu_tables_of(m, p, &tables);
    hs_translation t = hs_mmu_translate(&tables, address, access);
    hs_put_translation(out, &tables, &t, name_of_entry(m, p, t.entry));
    hs_text_end(out);
    return text;
}
