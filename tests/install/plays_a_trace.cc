/* SPDX-License-Identifier: MIT */
/* A program in C++ that uses it all: plays the trace that is installed, in a session, and reads the
 * ledger at its end. */
#include <heapscope/adversary.h>
#include <heapscope/client.h>
#include <heapscope/ledger.h>
#include <heapscope/lockstep.h>
#include <heapscope/reading.h>
#include <heapscope/search.h>
#include <heapscope/shape.h>
#include <heapscope/trace_file.h>

#include <cstdio>

int main(int argc, char **argv)
{
    hs_trace_reading how = {};
    hs_trace_report report;
    hs_trace *trace = argc == 2 ? hs_trace_read(argv[1], &how, &report) : nullptr;
    if (!trace) return 1;
    hs_trace_report_free(&report);

    hs_heap_config sizes = {4096, 64 << 20};
    hs_problem problem;
    hs_session *s = hs_session_of_trace(trace, hs_allocator_usual(), &sizes, &problem);
    if (!s) return 1;
    uint64_t requests = hs_session_traced(s);
    hs_moment end = {0, requests};
    if (!hs_session_go(s, end, &problem)) {
        std::fprintf(stderr, "%s\n", problem.what);
        return 1;
    }
    hs_ledger ledger = hs_ledger_take(s);
    uint64_t sum = 0;
    for (int cause = 0; cause < HS_CAUSES; cause++) sum += ledger.bytes[cause];
    std::printf("%llu requests, %llu bytes\n", static_cast<unsigned long long>(requests),
                static_cast<unsigned long long>(sum));
    bool is_whole =
        sum == hs_heap_committed(hs_session_heap(s)) && hs_session_totals(s)->peak_live > 0;
    hs_session_free(s);
    return !is_whole;
}
