/* SPDX-License-Identifier: MIT */
/* Leaks: live blocks that no variable points to any more. As the leak checkers do, any value that
 * looks like a pointer counts as one: a pointer kept too long hides a leak.
 *
 * The client's sums are of what it holds in the end. In slow motion few blocks are shown otherwise:
 * the one that the request took or resized, the one that it gives, and the one that a variable
 * pointed to which it gave another value. */
#include "model/reading/readings.h"

#include "model/client/reach.h"

#include <heapscope/reading.h>

enum { OTHERS = 3 };

/* The addresses of those, in order; HS_NULL where there is none. */
typedef struct {
    hs_addr at[OTHERS];
} others;

static others shown_otherwise(const hs_session *s)
{
    const hs_before *b = &s->before;
    others o = {0};
    if (!b->on) return o;
    o = (others){{b->held.live ? b->held.addr : HS_NULL, b->given, s->is.last.replaced}};
    for (int i = 1; i < OTHERS; i++)
        for (int k = i; k > 0 && o.at[k] < o.at[k - 1]; k--) {
            hs_addr swapped = o.at[k];
            o.at[k] = o.at[k - 1];
            o.at[k - 1] = swapped;
        }
    for (int i = 1; i < OTHERS; i++)
        if (o.at[i] == o.at[i - 1]) o.at[i - 1] = HS_NULL;
    return o;
}

/* How a block is reached. In slow motion the pointer that the request is about to replace is still
 * there. */
static hs_reach reach_of(const hs_session *s, const hs_client_block *b)
{
    if (s->before.on && b->addr == s->is.last.replaced) return HS_REACHED;
    if (b->variable != HS_NONE && hs_client_nameless(s->client, b->variable)->value == b->addr)
        return HS_REACHED;
    return hs_reaching_of(hs_client_reaching(s->client), s->client, b);
}

static void count(hs_leaks *l, hs_reach reach, uint64_t blocks, uint64_t bytes)
{
    l->blocks[reach] += blocks;
    l->bytes[reach] += bytes;
}

/* Count a block as it is shown in slow motion, and no longer as it is. */
static void show_otherwise(const hs_session *s, hs_addr at, hs_leaks *l)
{
    const hs_client_block *is = hs_client_block_at(s->client, at);
    const hs_client_block *shown = hs_session_block_at(s, at);
    if (is && is->live) {
        hs_reach reach = is->variable != HS_NONE
                             ? HS_REACHED
                             : hs_reaching_of(hs_client_reaching(s->client), s->client, is);
        count(l, reach, UINT64_MAX, 0 - is->requested);
    }
    if (shown && shown->live) count(l, reach_of(s, shown), 1, shown->requested);
}

/* The first of the nameless blocks and the others at or behind `from`. */
static bool next_of(const hs_session *s, const others *o, hs_addr from, hs_addr *at)
{
    bool any = hs_reaching_nameless(hs_client_reaching(s->client), from, at);
    for (int i = 0; i < OTHERS; i++)
        if (o->at[i] && o->at[i] >= from && (!any || o->at[i] < *at)) {
            *at = o->at[i];
            any = true;
        }
    return any;
}

static void fill(const hs_session *s, const others *o, hs_leak *list, size_t most)
{
    size_t listed = 0;
    hs_addr at = 0;
    for (; listed < most && next_of(s, o, at, &at); at++) {
        const hs_client_block *b = hs_session_block_at(s, at);
        hs_reach reach = b && b->live ? reach_of(s, b) : HS_REACHED;
        if (reach != HS_REACHED) list[listed++] = (hs_leak){b, reach};
    }
}

hs_leaks hs_session_leaks(const hs_session *s, hs_leak *list, size_t most)
{
    HS_ENTER_SESSION(s, NULL, (hs_leaks){0});
    hs_reaching *r = hs_client_reaching(s->client);
    if (s->is.broken_by) hs_reaching_forget(r); /* in a broken heap blocks may lie in one another */
    hs_leaks l = hs_reaching_sums(r, s->client);
    others o = shown_otherwise(s);
    for (int i = 0; i < OTHERS; i++)
        if (o.at[i]) show_otherwise(s, o.at[i], &l);
    fill(s, &o, list, most);
    return l;
}
