/* SPDX-License-Identifier: MIT */
/* The measures of the small machine's memory, as `expect` reads them. They are not the heap's, so
 * `stats` leaves them out; `segments` shows them. */
#include <heapscope/ledger.h>

#define MEASURE(name, expression)                                                                  \
    static uint64_t name(const hs_session *s, const hs_ledger *l)                                  \
    {                                                                                              \
        (void)l;                                                                                   \
        const hs_mmu *m = hs_session_mmu(s);                                                       \
        hs_memory_figures f = hs_memory_measure(m);                                                \
        (void)f;                                                                                   \
        return (expression);                                                                       \
    }

static uint64_t processes(const hs_mmu *m)
{
    uint64_t n = 0;
    for (size_t i = 0; i < HS_PROCESSES; i++) n += m->processes[i].name[0] != 0;
    return n;
}

MEASURE(memory_size, m->memory)
MEASURE(memory_free, f.free)
MEASURE(memory_holes, f.holes)
MEASURE(memory_largest_hole, f.largest)
MEASURE(memory_copied, m->copied)
MEASURE(process_count, processes(m))
MEASURE(stack_size, m->processes[m->current].sizes[HS_AREA_STACK])

static const hs_measure measures[] = {
    {"memory_size", "bytes", "physical memory of the machine", memory_size, false, NULL},
    {"memory_free", "bytes", "of it in holes", memory_free, false, NULL},
    {"memory_holes", "", "holes of physical memory", memory_holes, false, NULL},
    {"memory_largest_hole", "bytes", "the largest of them", memory_largest_hole, false, NULL},
    {"memory_copied", "bytes", "moved by the OS to make room", memory_copied, false, NULL},
    {"process_count", "", "processes, main included", process_count, false, NULL},
    {"stack_size", "bytes", "the stack of the process that runs", stack_size, false, NULL},
};

const hs_measure *hs_machine_measure_at(size_t i)
{
    return i < sizeof measures / sizeof *measures ? &measures[i] : NULL;
}
