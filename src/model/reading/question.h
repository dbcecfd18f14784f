/* SPDX-License-Identifier: MIT */
/* Questions about a request that is still to come, and what the answers are once it came.
 *
 *      hs_questions_about(session, op)     before: what is worth asking
 *      hs_session_perform(session, op)
 *      hs_question_truth(session, kind)    after: read off the events and the bytes
 *
 * The allocator itself is asked, so the answers hold for every allocator and every option. */
#ifndef HS_MODEL_QUESTION_H
#define HS_MODEL_QUESTION_H

#include <heapscope/session.h>

typedef enum {
    HS_ASK_ADDRESS,  /* which address is returned; HS_NULL for NULL */
    HS_ASK_EXAMINED, /* how many blocks are examined */
    HS_ASK_SPLIT,    /* whether a block is split */
    HS_ASK_PLACE,    /* of realloc: whether the block stays where it is */
    HS_ASK_HOLE,     /* of free: the size of the free block that the bytes are part of then */
    HS_QUESTION_KINDS
} hs_question;

enum { HS_QUESTIONS = 3 }; /* the most about one request */

/* The question in words; the words that answer it, whose index is the answer (NULL: a number, or
 * an address); what the sheet of a problem asks for. */
const char *hs_question_text(hs_question);
const char *const *hs_question_choices(hs_question);
const char *hs_question_short(hs_question);

/* The questions that make sense for a request, the most important first. */
size_t hs_questions_about(const hs_session *, const hs_op *, hs_question[HS_QUESTIONS]);

/* The answer, for the request that was performed last. */
uint64_t hs_question_truth(const hs_session *, hs_question);

/* An answer in words: "0x107000008", "NULL", "3", "yes"; written into `out`. A model's addresses
 * are decimal, as on its paper. */
const char *hs_answer_text(const hs_session *, hs_question, uint64_t answer, char *out,
                           size_t size);

#endif
