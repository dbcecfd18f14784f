/* Operations: what is done in a session, one after another, and at which moment of it. */
#ifndef HEAPSCOPE_OPERATION_H
#define HEAPSCOPE_OPERATION_H

#include <heapscope/allocator.h>
#include <heapscope/client.h>

/* --- Settings ------------------------------------------------------------------------------- */

typedef enum {
    HS_SET_GROWTH,  /* how far the heap grows when it runs out: hs_growth */
    HS_SET_MISUSE,  /* what happens to a pointer that the client must not free */
    HS_SET_THEME,   /* colours for a dark terminal or a projector */
    HS_SET_ZOOM,    /* bytes of the heap that one row of the map shows */
    HS_SET_PICTURE, /* line mode: draw the map after each change */
    HS_SET_SIZE,    /* of all that is drawn: as much as fits, or legible from afar */
    HS_SET_PACE,    /* seconds that a played script waits between steps */
    HS_SET_PREDICT, /* ask before each request what will come of it */
    HS_SETTINGS
} hs_setting;

enum { HS_MISUSE_REFUSE, HS_MISUSE_ALLOW };
enum { HS_THEME_DARK, HS_THEME_LIGHT };
enum { HS_SIZE_NORMAL, HS_SIZE_LARGE };
enum { HS_PICTURE_ON, HS_PICTURE_OFF };
enum { HS_PREDICT_ON, HS_PREDICT_OFF };

/* The settings that are no allocator's, described as options; HS_SETTINGS of them. */
extern const hs_option hs_settings[HS_SETTINGS];

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

/* What was wrong with an operation, for the one line that the user reads. */
typedef enum { HS_OPERAND_NONE, HS_OPERAND_POINTER, HS_OPERAND_NAME, HS_OPERAND_VALUE } hs_operand;

typedef struct {
    hs_operand operand; /* which part of the operation it is about */
    char what[256];     /* what was wrong */
    char hint[256];     /* what would be right; may be empty */
} hs_problem;

/* A moment: after `count` operations along a branch. Going back and doing something else begins a
 * new branch; nothing is ever lost. Branch 0 is the first. */
typedef struct {
    uint32_t branch;
    uint64_t count;
} hs_moment;

#endif
