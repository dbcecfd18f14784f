/* struct hs_interpreter, for the files that run commands. */
#ifndef HS_LANGUAGE_RUNNING_H
#define HS_LANGUAGE_RUNNING_H

#include "language/expression.h"
#include "language/interpreter.h"

struct hs_interpreter {
    hs_session *session;
    hs_listener listener;
    const hs_program *program; /* whose statements are running */
    int inside;                /* depth of repeat { }: requests there are not told one by one */
    int files;                 /* depth of source */
    int expecting_error;       /* inside expect error { } */
    char *refusal;             /* the error that came there */
    bool quit, stopped;
    uint64_t failures;
};

/* Say a complaint about a place in the running program. Always false. */
bool hs_fail_with(hs_interpreter *, const hs_complaint *);
bool hs_fail_at(hs_interpreter *, hs_span where, const char *what, const char *hint);

/* Evaluate an argument. False: said. */
bool hs_size_of_argument(hs_interpreter *, const hs_argument *, uint64_t *);
bool hs_pointer_of_argument(hs_interpreter *, const hs_argument *, hs_pointer *);

/* Perform an operation that a statement stands for, and tell the listener. */
bool hs_perform(hs_interpreter *, const hs_statement *, const hs_op *);

/* The commands about processes. */
bool hs_run_exec(hs_interpreter *, const hs_statement *);
bool hs_run_maps(hs_interpreter *, const hs_statement *);
bool hs_run_process(hs_interpreter *, const hs_statement *);

bool hs_run_statements(hs_interpreter *, const hs_statement *, size_t count);
bool hs_interrupted(hs_interpreter *);

#endif
