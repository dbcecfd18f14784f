/* SPDX-License-Identifier: MIT */
/* In zstd.c's place where there is no libzstd: nothing is packed, and nothing packed is read. */
#include "trace/packing.h"

bool hs_packing_is_there(void)
{
    return false;
}

size_t hs_pack(const void *bytes, size_t size, void *out, size_t room)
{
    (void)bytes, (void)size, (void)out, (void)room;
    return 0;
}

bool hs_unpack(const void *bytes, size_t size, void *out, size_t room)
{
    (void)bytes, (void)size, (void)out, (void)room;
    return false;
}

hs_unpacker *hs_unpacker_new(void)
{
    return NULL;
}

void hs_unpacker_free(hs_unpacker *u)
{
    (void)u;
}

bool hs_unpacker_step(hs_unpacker *u, const char **in, size_t *size, char *out, size_t room,
                      size_t *done)
{
    (void)u, (void)in, (void)size, (void)out, (void)room, (void)done;
    return false;
}

bool hs_unpacker_is_complete(const hs_unpacker *u)
{
    (void)u;
    return false;
}

FILE *hs_packed_file(FILE *file)
{
    (void)file;
    return NULL;
}
