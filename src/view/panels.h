/* Panels: the heap as lists and figures, beside the map or alone. Each paints from row 0 of its
 * pane, its title first, and says what it cuts. */
#ifndef HS_VIEW_PANELS_H
#define HS_VIEW_PANELS_H

#include "view/scene.h"

#include <heapscope/session.h>

typedef struct {
    const char *title;
    /* Rows that the whole panel has in so many columns, its title included. */
    size_t (*rows)(const hs_session *, int columns);
    /* Paint it without its first `skip` rows below the title. */
    void (*paint)(const hs_session *, hs_pane, size_t skip);
    bool
        scales; /* it fills a pane of any size, and does not scroll; `rows` is what it likes best */
} hs_panel;

extern const hs_panel hs_panel_blocks;    /* all blocks in heap order */
extern const hs_panel hs_panel_free_list; /* the free blocks, in their own order */
extern const hs_panel
    hs_panel_figures;                 /* the headline measures: utilization, fragmentation, cost */
extern const hs_panel hs_panel_plot;  /* live bytes, heap size, utilization, cost over time */
extern const hs_panel hs_panel_shape; /* time across, address up: what lived where, and when */
extern const hs_panel hs_panel_stats; /* the ledger and all measures, with definitions */

/* n bytes at an address in hex and as text, 16 a row. */
size_t hs_bytes_rows(uint64_t n);
void hs_bytes_paint(const hs_session *, hs_pane, hs_addr, uint64_t n, size_t skip);

/* The request of a trace that a column of a painted plot stands for; false where none does. */
bool hs_plot_request(const hs_session *, hs_pane, int column, uint64_t *request);

/* What lies at an address: block, role, header bit by bit, bytes, and the block's life where it has
 * one beyond its birth. Returns the rows that it took. */
enum { HS_INSPECT_ROWS = 9 };
int hs_inspect_paint(const hs_session *, hs_pane, hs_addr);

#endif
