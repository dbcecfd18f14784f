/* SPDX-License-Identifier: MIT */
/* Operations: what is done in a session, one after another, and at which moment of it. */
#ifndef HEAPSCOPE_OPERATION_H
#define HEAPSCOPE_OPERATION_H

#include <heapscope/allocator.h>
#include <heapscope/client.h>
#include <heapscope/linkage.h>
#include <heapscope/problem.h>

HS_PUBLIC_BEGIN

/* --- Settings ------------------------------------------------------------------------------- */

/* The settings that the session itself knows. Those behind them are a front end's: how things look
 * and how fast they go are operations with values like any other, and mean nothing to it. */
typedef enum {
    HS_SET_GROWTH, /* how far the heap grows when it runs out: hs_growth */
    HS_SET_MISUSE, /* what happens to a pointer that the client must not free */
    HS_OWN_SETTINGS,
    HS_SETTINGS = 16 /* the most that there are, a front end's included */
} hs_setting;

enum { HS_MISUSE_REFUSE, HS_MISUSE_ALLOW };

/* A front end's settings: its rows, and what follows when setting number `set` (from
 * HS_OWN_SETTINGS on) has been changed among the values of all. */
typedef struct {
    const hs_option *rows;
    size_t count;
    void (*settle)(uint64_t values[HS_SETTINGS], size_t set);
} hs_front_settings;

/* The session's own settings, described as options; HS_OWN_SETTINGS of them. */
extern const hs_option hs_settings[HS_OWN_SETTINGS];

/* --- Operations ----------------------------------------------------------------------------- */

typedef enum {
    HS_OP_REQUEST,   /* request with operands p, a, b; the result goes to variable `name` */
    HS_OP_WRITE,     /* text: bytes written at p; a: repeats of them */
    HS_OP_ASSIGN,    /* variable `name` becomes p */
    HS_OP_SET,       /* option `name` becomes `text` */
    HS_OP_ALLOCATOR, /* switch to the allocator or preset `name`, on a fresh heap */
    HS_OP_HEAP,      /* a: initial size, b: maximum (0 keeps either): a fresh heap */
    HS_OP_RESET,     /* a fresh heap, and the operations so far are forgotten */
    HS_OP_NOTE,    /* text: for the audience, by the command `name` (NULL: note); changes nothing */
    HS_OP_MACHINE, /* the command `name` of the small machine, with the words `text`; touch: p */
} hs_op_kind;

/* A pointer as the client writes it: variable + offset, or an address. */
typedef struct {
    uint32_t variable; /* HS_NONE: offset is the address itself, 0 for NULL */
    uint64_t offset;   /* added modulo 2^64: p - 8 is p + (2^64 - 8) */
} hs_pointer;

typedef struct {
    hs_op_kind kind;
    hs_request request;
    bool replay; /* SET, ALLOCATOR, HEAP: perform the session's operations again afterwards */
    hs_pointer p;
    uint64_t a, b; /* malloc: size; calloc: size, count; aligned_alloc: size, alignment */
    const char *name;
    const char *text;
    size_t text_length;
} hs_op;

/* A moment: after `count` operations along a branch. Going back and doing something else begins a
 * new branch; nothing is ever lost. Branch 0 is the first. */
typedef struct {
    uint32_t branch;
    uint64_t count;
} hs_moment;

HS_PUBLIC_END

#endif
