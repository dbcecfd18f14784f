/* SPDX-License-Identifier: MIT */
/* A stage for tests: a session with an interpreter, and a listener that writes down what is said.
 */
#ifndef TESTS_UNIT_STAGE_H
#define TESTS_UNIT_STAGE_H

#include "language/interpreter.h"
#include "view/shape.h"

typedef struct {
    hs_session *session;
    hs_interpreter *in;
    char *said;                 /* the last answer or note, "" before any */
    char *error;                /* the last error of a run, "" when there was none */
    char *refused;              /* the last error that was expected */
    char *question, *verdict;   /* the last ones, "" before any */
    const char *const *answers; /* to questions, one after another: typed, or @ADDRESS clicked */
    int errors, performed, shows, asked;
    struct {
        const hs_picture *picture;
        hs_addr at;
        uint64_t length;
        hs_shape_window window; /* of the shape */
    } shown;                    /* last */
    int cues;
    uint64_t cue;      /* the value of the last one */
    char progress[96]; /* when it was last asked whether to stop */
    uint64_t patience; /* questions whether to stop that are answered with no; 0: never stops */
} stage;

stage *stage_new(const char *allocator, uint64_t initial, uint64_t maximum);
void stage_free(stage *);

/* Run a program; true when all of it succeeded. */
bool stage_run_bytes(stage *, const char *source, size_t length);
bool stage_run(stage *, const char *source);

/* It must succeed, or fail with an error that contains `wanted`. */
void stage_does(stage *, const char *source);
void stage_refuses(stage *, const char *source, const char *wanted);

/* A size as `expect` reads it, or an address. */
uint64_t stage_value(stage *, const char *expression);

/* The heap's bytes and blocks are the same in both. */
void expect_same_heap(const hs_session *, const hs_session *);

#endif
