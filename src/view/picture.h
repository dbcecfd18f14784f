/* SPDX-License-Identifier: MIT */
/* A picture: one row of the table (pictures.h), painted over whatever it is of.
 *
 *      subject     session, lanes, an address or a command's number, address spaces
 *         |
 *      picture     rows() and paint() on a pane of cells, or text() where it is words
 *         |
 *      surface     the full screen lays it over the map, line mode prints it, exports draw it
 */
#ifndef HS_VIEW_PICTURE_H
#define HS_VIEW_PICTURE_H

#include "model/process/address_space.h"
#include "view/scene.h"

#include <heapscope/lockstep.h>

/* What a picture is of. */
typedef struct {
    const hs_session *session; /* the session that is looked at */
    const hs_lockstep *lanes;  /* allocators side by side; NULL: there is one */
    const hs_spaces *spaces;   /* address spaces on show; NULL: none */
    void *own;                 /* the picture's own state; NULL: as it begins */
    /* What it is of more closely, as far as a picture asks for that; else 0. */
    hs_addr at;
    uint64_t length;  /* bytes from there on */
    uint64_t command; /* its number */
    size_t step;      /* of an address space: it is told from this one on */
    uint64_t address; /* of the process that runs, for an access of this kind */
    unsigned access;
} hs_subject;

enum {
    HS_IN_VIEW = 1, /* `view` shows it */
    HS_SCALES = 2,  /* it fills a pane of any size, and does not scroll; rows() is what it likes */
    HS_FOLLOWS =
        4, /* a list in heap order: scrolled to the last change where it is beside the map */
    HS_SAYS_CUT = 8,     /* its title tells what is cut */
    HS_SHOWS_LANES = 32, /* shows all lanes itself; others are painted once for each */
    HS_UNTITLED = 16,    /* it is printed without its title, for the command says as much */
};

typedef struct {
    const char *name;  /* one word, as `view` takes it */
    const char *title; /* above it when it is laid over the map */
    const char *about; /* one line */
    unsigned flags;
    int key; /* the function key that shows it, and takes it away; 0: none */
    /* How many rows the whole picture has in so many columns, its title included; and a function
     * that paints it without the first `skip` rows below the title. */
    size_t (*rows)(const hs_subject *, int columns);
    void (*paint)(const hs_subject *, hs_pane, size_t skip);
    /* In place of both: the picture in words, which the caller frees. */
    char *(*text)(const hs_subject *);
} hs_picture;

#endif
