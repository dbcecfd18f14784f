/* Leaks: live blocks that no variable points to any more.
 *
 *      variables, sorted:        v1       v2                   v3
 *      live blocks:           [ a   ]  [ b     ]  [ c    ]  [ d   ]
 *
 * Both are in address order, so one pass over both tells them apart. As the leak checkers do, any
 * value that looks like a pointer counts as one: a pointer kept too long hides a leak. Nearly
 * always the variable that a block is known by points to it: nothing is sorted before one does not.
 */
#include "model/session.h"

#include "heap/array.h"

#include <stdlib.h>

static int by_value(const void *a, const void *b)
{
    const hs_addr *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

/* The values of all variables, sorted, with one behind them that is larger than any address. */
static hs_addr *sorted_values(const hs_session *s)
{
    uint32_t n = hs_session_variable_count(s);
    hs_addr *values = hs_new((size_t)n + 1, sizeof *values);
    for (uint32_t i = 0; i < n; i++) values[i] = hs_session_variable(s, i)->value;
    values[n] = UINT64_MAX;
    qsort(values, n, sizeof *values, by_value);
    return values;
}

/* How the pointers from *value on reach a block; *value moves on to the first at its start or
 * behind it. */
static hs_reach reach_of(const hs_client_block *b, const hs_addr **value)
{
    uint64_t bytes = b->requested ? b->requested : 1;
    while (**value < b->addr) ++*value;
    if (**value == b->addr) return HS_REACHED;
    return **value - b->addr < bytes ? HS_POSSIBLY_LOST : HS_LOST;
}

/* In slow motion the pointer that the request is about to replace is still there. */
static bool is_known(const hs_session *s, const hs_client_block *b)
{
    if (s->before.on && b->addr == s->is.last.replaced) return true;
    return b->variable != HS_NONE && hs_session_variable(s, b->variable)->value == b->addr;
}

static hs_leaks count(const hs_session *s, hs_leak *list, size_t most)
{
    hs_leaks l = {0};
    hs_addr *values = NULL;
    const hs_addr *value = NULL;
    size_t listed = 0;
    const hs_client_block *b = hs_session_block_from(s, 0);
    for (; b; b = hs_session_block_from(s, b->addr + 1)) {
        if (!b->live) continue;
        bool known = is_known(s, b);
        if (!known && !values) value = values = sorted_values(s);
        hs_reach reach = known ? HS_REACHED : reach_of(b, &value);
        l.blocks[reach]++;
        l.bytes[reach] += b->requested;
        if (reach != HS_REACHED && listed < most) list[listed++] = (hs_leak){b, reach};
    }
    free(values);
    return l;
}

/* The sums are kept until something changes; who wants the list has it made. */
hs_leaks hs_session_leaks(const hs_session *s, hs_leak *list, size_t most)
{
    hs_kept *k = s->kept;
    if (!k->leaks_taken || most) k->leaks = count(s, list, most);
    k->leaks_taken = true;
    return k->leaks;
}
