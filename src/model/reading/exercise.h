/* SPDX-License-Identifier: MIT */
/* Exercises: requests to predict, made from a seed, each harder than those before.
 *
 *      level 1   malloc on an almost empty heap
 *      level 2   free as well, and malloc into the holes
 *      level 3   some requests first that nobody is asked about; sizes that fit just so, or not
 *      level 4   realloc, and more requests first
 *
 * They are made for the heap as it is, whatever its allocator: the same seed, allocator and options
 * give the same exercises. */
#ifndef HS_MODEL_EXERCISE_H
#define HS_MODEL_EXERCISE_H

#include "model/reading/question.h"

typedef struct {
    uint64_t random;
    uint64_t number; /* of the exercise, from 1 */
    unsigned first;  /* requests to come before it */
} hs_exercises;

enum { HS_EXERCISES = 10, HS_MOST_EXERCISES = 1000, HS_LEVELS = 4 };

hs_exercises hs_exercises_from(uint64_t seed);

/* Begin the next exercise. */
void hs_exercise_begin(hs_exercises *);
unsigned hs_exercise_level(const hs_exercises *);
/* How many questions are asked about its request, at most. */
size_t hs_exercise_questions(const hs_exercises *);

/* A request that comes first; false when the exercise proper is next. */
bool hs_exercise_first(hs_exercises *, const hs_session *, hs_op *);
/* The request to predict. */
hs_op hs_exercise_request(hs_exercises *, const hs_session *);

#endif
