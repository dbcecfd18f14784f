/* SPDX-License-Identifier: MIT */
/* The names of the client's blocks, against a search through all variables. */
#include "check.h"
#include "model/client/client.h"
#include "random.h"

#include <stdio.h>

enum { VARIABLES = 60, PLACES = 25 };

typedef struct {
    hs_client *client;
    uint64_t random;
    hs_addr values[VARIABLES];
} names;

static hs_addr place(names *n)
{
    return HS_BASE + 32 * random_below(&n->random, PLACES);
}

static uint32_t first_holder(const names *n, hs_addr value)
{
    for (uint32_t i = 0; i < VARIABLES; i++)
        if (n->values[i] == value) return i;
    return HS_NONE;
}

/* A variable gets another value: the block that it named gets the first other name there is. */
static void assign(names *n, uint32_t variable, hs_addr value)
{
    hs_addr old = n->values[variable];
    const hs_client_block *b = old ? hs_client_block_at(n->client, old) : NULL;
    bool lost = b && b->live && b->variable == variable && old != value;
    hs_client_assign(n->client, variable, value, 1);
    n->values[variable] = value;
    if (lost) assert_int_equal(hs_client_block_at(n->client, old)->variable, first_holder(n, old));
}

static void step(names *n)
{
    uint32_t variable = (uint32_t)random_below(&n->random, VARIABLES);
    hs_addr at = place(n);
    const hs_client_block *b = hs_client_block_at(n->client, at);
    uint64_t kind = random_below(&n->random, 10);
    if (kind < 3 && (!b || !b->live)) {
        hs_client_born(n->client, at, 24, variable, 1);
        assign(n, variable, at);
    } else if (kind < 4 && b && b->live) {
        hs_client_died(n->client, at, 1);
    } else {
        assign(n, variable, kind < 6 ? HS_NULL : at);
    }
}

static void ignore(void *context, hs_addr from, hs_addr to)
{
    (void)context, (void)from, (void)to;
}

static void a_block_that_loses_its_name_gets_the_first_other_one(void **state)
{
    (void)state;
    names n = {.client = hs_client_new(), .random = 11};
    char name[16];
    for (int i = 0; i < VARIABLES; i++) {
        snprintf(name, sizeof name, "v%d", i);
        assert_int_equal(hs_client_name(n.client, name), i);
    }
    hs_client_image *image = hs_client_take(n.client);
    for (int round = 0; round < 20; round++) {
        for (int i = 0; i < 2000; i++) step(&n);
        if (round % 2)
            hs_client_restore(n.client, image, ignore, NULL);
        else
            hs_client_forget_blocks(n.client);
        for (int i = 0; i < VARIABLES; i++) n.values[i] = HS_NULL;
    }
    hs_client_image_free(image);
    hs_client_free(n.client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_block_that_loses_its_name_gets_the_first_other_one),
    };
    return cmocka_run_group_tests_name("client", tests, NULL, NULL);
}
