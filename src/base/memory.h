/* SPDX-License-Identifier: MIT */
/* Memory for our own records, and texts that are made in it. None of these functions returns
 * without it: where there is none they do not come back, but land where the library was entered.
 *
 *      a public function        lands: answers "out of memory"       <- hs_out_of_memory()
 *        |                                                                   |
 *        ... our own functions ... hs_new, hs_array_reserve, hs_text --------+
 *
 * So no function between the two asks. Where nobody landed, as in the program, that is the end of
 * it: one line, exit status 1. */
#ifndef HS_BASE_MEMORY_H
#define HS_BASE_MEMORY_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

/* Zeroed, freed by the caller. */
void *hs_new(size_t count, size_t size);

/* `array` with room for at least `needed` elements of `size` bytes; *capacity follows. */
void *hs_array_reserve(void *array, size_t *capacity, size_t needed, size_t size);

/* Large arrays lie in huge pages, where there are any: half the time of filling memory in small
 * ones is spent on page faults. */
void hs_array_in_huge_pages(void *array, size_t bytes);

/* Texts, freed by the caller: a copy, of the first bytes alone, as printf makes it. */
char *hs_copy(const char *text);
char *hs_copy_part(const char *text, size_t length);
char *hs_text(const char *format, ...) __attribute__((format(printf, 1, 2)));
char *hs_text_by(const char *format, va_list) __attribute__((format(printf, 1, 0)));

/* A text that is written bit by bit: *text and *size are made when the stream is ended. */
FILE *hs_text_begin(char **text, size_t *size);
void hs_text_end(FILE *);

/* There is no memory: to the last landing of this thread, else the end of the program. */
_Noreturn void hs_out_of_memory(void);
/* The end of the program in either case. */
_Noreturn void hs_end_without_memory(void);

/* A landing: HS_LAND(l) is 0 where it is taken, and not 0 where what was done since ran out of
 * memory. It is given up at the end of the block that has it. What was being changed then is half
 * done: nothing but its freeing may follow.
 *
 * Public functions call one another: hs_land_further goes on to the landing outside of this one,
 * where there is one, so that it is the first that was entered which answers. */
typedef struct hs_landing {
    jmp_buf to;
    struct hs_landing *outer;
} hs_landing;

#define HS_LANDING(l) hs_landing l __attribute__((cleanup(hs_leave_landing)))
#define HS_LAND(l)    setjmp(*hs_take_landing(&(l)))

jmp_buf *hs_take_landing(hs_landing *);
void hs_leave_landing(hs_landing *);
void hs_land_further(hs_landing *);

/* The first line of a public function whose memory may run out: then it does `lose`, and answers.
 */
#define HS_ENTER(lose, ...)                                                                        \
    HS_LANDING(landing);                                                                           \
    if (HS_LAND(landing) != 0) {                                                                   \
        lose;                                                                                      \
        hs_land_further(&landing);                                                                 \
        return __VA_ARGS__;                                                                        \
    }

#endif
