/* SPDX-License-Identifier: MIT */
/* What the bytes of a block serve: header, padding, payload, links, footer. */
#include <heapscope/reading.h>

static hs_addr end_of(const hs_block *b)
{
    return b->addr + b->size;
}

static size_t parts_of_used(const hs_seen *seen, hs_part out[HS_PARTS])
{
    const hs_block *b = &seen->block;
    hs_addr p = hs_block_payload(b), end = p + hs_block_capacity(b);
    out[0] = (hs_part){b->addr, p - b->lead, HS_SHARE_HEADER};
    out[1] = (hs_part){p - b->lead, p, HS_SHARE_PADDING};
    out[2] = (hs_part){p, seen->payload_end, HS_SHARE_PAYLOAD};
    out[3] = (hs_part){seen->payload_end, end, HS_SHARE_PADDING};
    out[4] = (hs_part){end, end_of(b), HS_SHARE_FOOTER};
    return 5;
}

static size_t parts_of_free(const hs_session *s, const hs_block *b, hs_part out[HS_PARTS])
{
    hs_addr links = b->addr + b->header, p = links + b->links, end = end_of(b) - b->footer;
    hs_addr highest = hs_session_totals(s)->highest_block;
    hs_addr unused = highest < p ? p : highest < end ? highest : end;
    out[0] = (hs_part){b->addr, links, HS_SHARE_HEADER};
    out[1] = (hs_part){links, p, HS_SHARE_LINK};
    out[2] = (hs_part){p, unused, HS_SHARE_FREE};
    out[3] = (hs_part){unused, end, HS_SHARE_UNUSED};
    out[4] = (hs_part){end, end_of(b), HS_SHARE_FOOTER};
    return 5;
}

size_t hs_parts_of(const hs_session *s, const hs_seen *seen, hs_part out[HS_PARTS])
{
    static const hs_share shares[HS_BLOCK_KINDS] = {[HS_BLOCK_REGION] = HS_SHARE_PADDING,
                                                    [HS_BLOCK_OWN] = HS_SHARE_PADDING,
                                                    [HS_BLOCK_DEAD] = HS_SHARE_DEAD,
                                                    [HS_BLOCK_UNUSED] = HS_SHARE_UNUSED,
                                                    [HS_BLOCK_DAMAGED] = HS_SHARE_DAMAGED};
    const hs_block *b = &seen->block;
    if (b->kind == HS_BLOCK_USED) return parts_of_used(seen, out);
    if (b->kind == HS_BLOCK_FREE) return parts_of_free(s, b, out);
    bool has_header = b->kind == HS_BLOCK_DEAD || b->kind == HS_BLOCK_OWN;
    hs_addr from = has_header ? hs_block_payload(b) : b->addr;
    out[0] = (hs_part){b->addr, from, HS_SHARE_HEADER};
    out[1] = (hs_part){from, end_of(b), shares[b->kind]};
    return 2;
}
