/* SPDX-License-Identifier: MIT */
/* The shape of a program's memory: time across, address up, and in each cell what lived there.
 *
 *      address  |            . . . . . B B           .  nothing lives any more
 *               |      A A a a a a a . B B           a  live in part
 *               |  C C C C C C C C C C C C           A  a letter for each class of sizes
 *               +-------------------------- time
 *
 * A cell is so many commands by so many bytes: it shows how much of the bytes was live at the end
 * of the commands, and which sizes most of that was in. A session keeps coarse columns of its whole
 * run; a finer window is performed again. Bytes are as the client asked for them: headers and
 * padding are not live. */
#ifndef HEAPSCOPE_SHAPE_H
#define HEAPSCOPE_SHAPE_H

#include <heapscope/linkage.h>
#include <heapscope/session.h>
#include <heapscope/shape_cell.h>

HS_PUBLIC_BEGIN

/* What to look at; 0: all there is. */
typedef struct {
    uint64_t first, last; /* commands, from 1 */
    hs_addr from;
    uint64_t bytes;
    bool until_now; /* only the commands up to this moment, though there are later ones */
} hs_shape_window;

/* A window as cells. Column c stands for `per` commands from first + c * per on, the last one for
 * the rest of them; row r for row_bytes bytes from `from` + r * row_bytes on. */
typedef struct {
    uint64_t first, last, per;
    hs_addr from;
    uint64_t row_bytes; /* a power of two, at least 8 */
    int columns, rows;
    bool exact;          /* each cell is what it was at its last command */
    uint64_t now;        /* the command that the session stands behind */
    uint64_t begin, end; /* all commands that can be looked at; end < begin: none */
    hs_addr base, top;   /* all addresses */
    uint8_t *cells;      /* column by column */
} hs_shape_picture;

/* Look at the run up to the end of the branch that the session is on, whatever moment it stands at,
 * in at most so many rows and columns. A window that is finer than what is kept is performed again,
 * on a session of its own; where that would take long it is left as coarse as what is kept, and not
 * exact. */
hs_shape_picture *hs_shape_look(const hs_session *, hs_shape_window, int rows, int columns);
void hs_shape_picture_free(hs_shape_picture *);

/* The last command of a column, and the column of a command. */
uint64_t hs_shape_command(const hs_shape_picture *, int column);
int hs_shape_column_of(const hs_shape_picture *, uint64_t command);
uint8_t hs_shape_cell(const hs_shape_picture *, int row, int column);

HS_PUBLIC_END

#endif
