/* SPDX-License-Identifier: MIT */
/* struct hs_interpreter, for the files that run commands. */
#ifndef HS_LANGUAGE_RUNNING_H
#define HS_LANGUAGE_RUNNING_H

#include "language/capabilities.h"
#include "language/expression.h"
#include "language/interpreter.h"
#include "language/words.h"
#include "view/pictures.h"

#include <heapscope/search.h>

#include <stdio.h>

/* The state of op lists (homework.h) at a moment: the next index, and how many of the allocations
 * before it succeeded. */
typedef struct {
    uint64_t next, good;
    hs_moment at;
} hs_indices;

/* Called before a request and after it, for example to ask questions about it. */
typedef struct {
    size_t own_size; /* it keeps so many bytes, `own`, from one call to the other */
    /* False: the request is not made, and why was said. */
    bool (*before)(hs_interpreter *, const hs_op *, void *own);
    void (*behind)(hs_interpreter *, const void *own);
} hs_request_hook;

struct hs_interpreter {
    hs_session *session;
    hs_lockstep *lockstep; /* other allocators at its side, or NULL */
    hs_lockstep **lanes;   /* all lanes that there were, if they are kept */
    size_t lane_count, lane_capacity;
    bool keeps_lanes;
    hs_listener listener;
    const hs_request_hook *hook; /* called for every request */
    void *hooked;                /* what the hook keeps */
    hs_way way;                  /* the way by which typed lines come in */
    const hs_program *program;   /* the program whose statements are running */
    int inside;                  /* depth of repeat { }: requests there are not told one by one */
    int files;                   /* depth of source */
    struct {                     /* the commands that `repeat` and the like run: */
        uint64_t done, total;    /* commands done since the outermost began; commands foreseen */
        int depth;
    } work;
    int expecting_error; /* inside expect error { } */
    char *refusal;       /* the error that came inside expect error { } */
    bool quit, stopped;
    bool reports;        /* it is telling how far something long is */
    bool questions_only; /* op lists are told without their answers */
    size_t predicting;   /* questions asked about each request: inside predict { }, or a quiz */
    const char *preface; /* to a question, or NULL */
    bool mistaken;       /* something about the last request was predicted wrongly */
    uint64_t predicted, predicted_right; /* how many answers were given, and how many were right */
    hs_search sought;                    /* what `find` looks for, when `seeks` */
    bool seeks;
    hs_spaces spaces; /* the address spaces on show */
    char *saved;      /* the file that was written last, or NULL */
    hs_indices indices;
    uint64_t failures;
};

/* An interpreter with this hook into its requests. */
hs_interpreter *hs_interpreter_with(hs_session *, const hs_listener *, const hs_request_hook *);

/* Say a complaint about a place in the running program. Always false. */
bool hs_fail_with(hs_interpreter *, const hs_complaint *);
bool hs_fail_at(hs_interpreter *, hs_span where, const char *what, const char *hint);

/* Tell the listener; always true. The second frees the text, which was made for it. */
bool hs_say(hs_interpreter *, hs_voice, const char *text);
bool hs_say_own(hs_interpreter *, hs_voice, char *text);
/* The same for what the user wrote: a NUL in it is told by its picture. */
bool hs_say_argument(hs_interpreter *, hs_voice, const hs_argument *);
/* Of what is said here alone; session, lanes and spaces are the interpreter's. */
bool hs_show_picture(hs_interpreter *, const hs_picture *, hs_subject of);

/* What a function puts about a session, as a text that the caller frees. */
char *hs_text_of(void (*put)(FILE *, const hs_session *), const hs_session *);

/* What an option may be set to: ": 8 | 16", or ": 0 to 4096". */
void hs_put_values(FILE *, const hs_option *);

/* Read a number of bytes or of times, which an address is not. False after a complaint. */
bool hs_count_of(hs_interpreter *, hs_reader *, uint64_t *);
/* Evaluate an argument. False after a complaint. */
bool hs_size_of_argument(hs_interpreter *, const hs_argument *, uint64_t *);
bool hs_pointer_of_argument(hs_interpreter *, const hs_argument *, hs_pointer *);

/* Perform an operation that a statement stands for, and tell the listener. */
bool hs_perform(hs_interpreter *, const hs_statement *, const hs_op *);

/* The same without a question beforehand, and without telling the listener. */
bool hs_perform_unasked(hs_interpreter *, const hs_statement *, const hs_op *);

/* The same for a statement that tells the listener later, by hs_tell_performed with a summary or
 * NULL. */
bool hs_perform_untold(hs_interpreter *, const hs_statement *, const hs_op *);
void hs_tell_performed(hs_interpreter *, const char *summary);

/* The word that an argument says or abbreviates, from a list that is then freed. NULL after a
 * complaint. */
const char *hs_resolve_argument(hs_interpreter *, hs_words *, const char *kind,
                                const hs_argument *);

/* Write the file that an argument names, all or nothing; an existing one is replaced only when it
 * is a saved session itself, and after that was said. False: said. */
bool hs_write_argument_file(hs_interpreter *, const hs_argument *, bool (*put)(void *, FILE *),
                            void *what);

/* The command `adversary`, in a file of its own. */
bool hs_run_adversary(hs_interpreter *, const hs_statement *);

/* The command `generate`, likewise. */
bool hs_run_generate(hs_interpreter *, const hs_statement *);
/* Say how many requests came since `before`, for a statement that made many. */
void hs_tell_many(hs_interpreter *, hs_totals before, const char *how);

/* Begin to count the commands that a statement runs, until hs_end_work. False, after a complaint,
 * if `commands` are more than one statement may run. */
bool hs_begin_work(hs_interpreter *, hs_span where, uint64_t commands);
void hs_end_work(hs_interpreter *);

/* The commands about processes. */
bool hs_run_exec(hs_interpreter *, const hs_statement *);
bool hs_run_maps(hs_interpreter *, const hs_statement *);
bool hs_run_address_space(hs_interpreter *, const hs_statement *);
/* Let allocators run at the session's side, or none (NULL). */
void hs_set_lanes(hs_interpreter *, hs_lockstep *);

/* Run the script that an argument names. */
bool hs_run_named_file(hs_interpreter *, const hs_argument *);

bool hs_run_statements(hs_interpreter *, const hs_statement *, size_t count);
bool hs_interrupted(hs_interpreter *);
/* Tell the listener how far something long is, and with NULL that it is over; an hs_progress of the
 * interpreter. False: stop it. */
bool hs_report(void *in, const char *doing, uint64_t done, uint64_t total);
/* Make the session tell the listener what takes long, while a program runs and only then. */
void hs_tell_of_session(hs_interpreter *);

/* The commands of the small machine, in a file of their own. */
bool hs_run_mmu(hs_interpreter *, const hs_statement *);
bool hs_run_translate(hs_interpreter *, const hs_statement *);
bool hs_run_touch(hs_interpreter *, const hs_statement *);
bool hs_run_process(hs_interpreter *, const hs_statement *);
bool hs_run_exit(hs_interpreter *, const hs_statement *);
bool hs_run_on_process(hs_interpreter *, const hs_statement *); /* run, swap */
bool hs_run_grow(hs_interpreter *, const hs_statement *);
bool hs_run_compact(hs_interpreter *, const hs_statement *);

#endif
