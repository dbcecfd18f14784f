/* Reading and writing long traces: one line on the terminal that says how far it is, and Ctrl-C. */
#ifndef HS_UI_TRACE_PROGRESS_H
#define HS_UI_TRACE_PROGRESS_H

#include <heapscope/trace_file.h>

typedef struct {
    const char *doing; /* "reading FILE" */
    double began, shown;
    bool visible; /* standard error is a terminal, and there is something on the line */
} hs_progress;

/* What is done begins now; Ctrl-C asks it to stop. */
hs_progress hs_progress_begin(const char *doing);
/* An hs_trace_progress, whose `of` is an hs_progress. */
bool hs_progress_step(void *progress, uint64_t done, uint64_t total);
/* The line is empty again, and Ctrl-C ends the program. */
void hs_progress_end(hs_progress *);

#endif
