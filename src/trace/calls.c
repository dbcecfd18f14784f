/* SPDX-License-Identifier: MIT */
/* C's functions, and C++'s new and delete by the names that the Itanium ABI gives them. Those that
 * deal in pages have pages of 4096 bytes. */
#include "trace/calls.h"

#include <string.h>

enum { PAGE = 4096 };

#define CALL(name, kind, arguments)                                                                \
    {                                                                                              \
        name, sizeof name - 1, HS_CALL_##kind, arguments                                           \
    }

/* The most frequent first. */
static const hs_call calls[] = {
    CALL("malloc", MALLOC, 1),
    CALL("free", FREE, 1),
    CALL("realloc", REALLOC, 2),
    CALL("calloc", CALLOC, 2),
    CALL("_Znwm", MALLOC, 1), /* new */
    CALL("_ZdlPv", FREE, 1),  /* delete */
    CALL("_ZdlPvm", FREE, 1), /* sized delete */
    CALL("_Znam", MALLOC, 1), /* new[] */
    CALL("_ZdaPv", FREE, 1),
    CALL("_ZdaPvm", FREE, 1),
    CALL("_Znwj", MALLOC, 1), /* new where size_t has 32 bits */
    CALL("_Znaj", MALLOC, 1),
    CALL("_ZdlPvj", FREE, 1),
    CALL("_ZdaPvj", FREE, 1),
    CALL("_ZnwmRKSt9nothrow_t", MALLOC, 1),
    CALL("_ZnamRKSt9nothrow_t", MALLOC, 1),
    CALL("_ZdlPvRKSt9nothrow_t", FREE, 1),
    CALL("_ZdaPvRKSt9nothrow_t", FREE, 1),
    CALL("aligned_alloc", ALIGNED, 2),
    CALL("memalign", ALIGNED, 2),
    CALL("valloc", PAGES, 1),
    CALL("pvalloc", WHOLE_PAGES, 1),
    CALL("strdup", STRDUP, 1),
    CALL("strndup", STRNDUP, 2),
    CALL("__strdup", STRDUP, 1),
    CALL("__strndup", STRNDUP, 2),
    CALL("_ZnwmSt11align_val_t", ALIGNED_NEW, 2), /* new of types that need more alignment */
    CALL("_ZnamSt11align_val_t", ALIGNED_NEW, 2),
    CALL("_ZdlPvSt11align_val_t", FREE, 1),
    CALL("_ZdaPvSt11align_val_t", FREE, 1),
    CALL("_ZdlPvmSt11align_val_t", FREE, 1),
    CALL("_ZdaPvmSt11align_val_t", FREE, 1),
    CALL("_ZnwmSt11align_val_tRKSt9nothrow_t", ALIGNED_NEW, 2),
    CALL("_ZnamSt11align_val_tRKSt9nothrow_t", ALIGNED_NEW, 2),
    CALL("_ZdlPvSt11align_val_tRKSt9nothrow_t", FREE, 1),
    CALL("_ZdaPvSt11align_val_tRKSt9nothrow_t", FREE, 1),
    CALL("_ZnwjSt11align_val_t", ALIGNED_NEW, 2),
    CALL("_ZnajSt11align_val_t", ALIGNED_NEW, 2),
    CALL("_ZdlPvjSt11align_val_t", FREE, 1),
    CALL("_ZdaPvjSt11align_val_t", FREE, 1),
    CALL("reallocarray", REALLOCARRAY, 3),
    CALL("cfree", FREE, 1),
    CALL("posix_memalign", POSIX, 3),
    CALL("__builtin_new", MALLOC, 1), /* new of old compilers */
    CALL("__builtin_delete", FREE, 1),
};

const hs_call *hs_call_named(const char *name, size_t length)
{
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
        if (calls[i].length == length && calls[i].name[0] == name[0] &&
            memcmp(calls[i].name, name, length) == 0)
            return &calls[i];
    return NULL;
}

/* NULL by one of its names. */
static bool take_null(const char **at)
{
    static const char *const names[] = {"nil", "(nil)", "NULL", "(null)"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t n = strlen(names[i]);
        if (strncmp(*at, names[i], n) != 0) continue;
        *at += n;
        return true;
    }
    return false;
}

bool hs_take_argument(const char **at, uint64_t *value)
{
    const char *p = hs_skip_blanks(*at);
    *value = 0;
    if (*p >= '0' && *p <= '9') { /* nearly all arguments are decimal */
        if (!hs_take_number(&p, value)) return false;
    } else if (!take_null(&p)) {
        while ((*p | 0x20) >= 'a' && (*p | 0x20) <= 'z') p++;
        p = hs_skip_blanks(p);
        bool negative = *p == '-'; /* ltrace has some sizes signed */
        p += negative;
        if (!hs_take_number(&p, value)) return false;
        if (negative) *value = 0 - *value;
    }
    *at = p;
    return true;
}

/* One character of a text, a backslash and what it stands for: \n, \\, \001, \x1b. */
static const char *skip_character(const char *at)
{
    if (*at != '\\') return at + 1;
    int digits = 0;
    bool hexadecimal = at[1] == 'x';
    if (at[1] == '\n') return at + 1;
    at += hexadecimal ? 2 : 1;
    while (digits < 3 && (hexadecimal ? hs_is_word(*at) && digits < 2 : *at >= '0' && *at <= '7'))
        at++, digits++;
    return digits || hexadecimal ? at : at + 1;
}

/* Take "text". Behind it stands ... where the log does not have all of it; an address alone stands
 * where the log has nothing of it. */
static bool take_text(const char **at, uint64_t *length, bool *cut)
{
    const char *p = hs_skip_blanks(*at);
    if (*p != '"') {
        *cut = hs_take_argument(at, length);
        *length = 0;
        return *cut;
    }
    p++;
    *length = 0;
    for (; *p != '"' && *p != '\n'; ++*length) p = skip_character(p);
    if (*p++ != '"') return false;
    *cut = strncmp(p, "...", 3) == 0;
    *at = *cut ? p + 3 : p;
    return true;
}

static bool is_text(const hs_logged *l, int i)
{
    return i == 0 && (l->call->kind == HS_CALL_STRDUP || l->call->kind == HS_CALL_STRNDUP);
}

bool hs_take_arguments(const char **at, hs_logged *l)
{
    for (int i = 0; i < l->call->arguments; i++) {
        uint64_t *value = &l->arguments[i];
        if (i) *at = hs_skip_blanks(*at);
        if (i && *(*at)++ != ',') return false;
        if (is_text(l, i) ? !take_text(at, value, &l->cut) : !hs_take_argument(at, value))
            return false;
    }
    return true;
}

/* A calloc as the trace can say it: where the count is too large, the product is kept. */
static hs_trace_op calloc_of(uint64_t count, uint64_t size)
{
    uint64_t bytes;
    if (count > HS_TRACE_OTHER_MOST && size <= HS_TRACE_OTHER_MOST) {
        uint64_t swap = count;
        count = size;
        size = swap;
    }
    if (count > HS_TRACE_OTHER_MOST) {
        if (__builtin_mul_overflow(count, size, &bytes)) bytes = UINT64_MAX;
        size = bytes;
        count = 1;
    }
    return (hs_trace_op){
        .kind = HS_CALLOC, .size = size, .other = (uint32_t)count & HS_TRACE_OTHER_MOST};
}

/* An alignment that is no power of two is rounded up to one, as the functions do. */
static hs_trace_op aligned_of(uint64_t alignment, uint64_t size)
{
    unsigned log = 0;
    while (log < 63 && (uint64_t)1 << log < alignment) log++;
    return (hs_trace_op){.kind = HS_ALIGNED_ALLOC, .size = size, .other = log & 63};
}

/* A duplicate of a text: at most so many of its characters, and the NUL behind them. */
static void duplicate(hs_reading *r, hs_log *l, const hs_logged *c, uint64_t most, uint64_t result)
{
    uint64_t length = c->arguments[0];
    l->cut += c->cut && result && length < most;
    if (length > most) length = most;
    hs_log_allocate(r, l, (hs_trace_op){.kind = HS_MALLOC, .size = length + 1}, result);
}

static uint64_t in_pages(uint64_t size)
{
    return size > UINT64_MAX - PAGE ? UINT64_MAX : (size + PAGE - 1) / PAGE * PAGE;
}

void hs_call_returned(hs_reading *r, hs_log *l, const hs_logged *c, uint64_t result)
{
    const uint64_t *a = c->arguments;
    uint64_t bytes;
    switch (c->call->kind) {
    case HS_CALL_MALLOC:
        hs_log_allocate(r, l, (hs_trace_op){.kind = HS_MALLOC, .size = a[0]}, result);
        break;
    case HS_CALL_CALLOC: hs_log_allocate(r, l, calloc_of(a[0], a[1]), result); break;
    case HS_CALL_ALIGNED: hs_log_allocate(r, l, aligned_of(a[0], a[1]), result); break;
    case HS_CALL_ALIGNED_NEW: hs_log_allocate(r, l, aligned_of(a[1], a[0]), result); break;
    case HS_CALL_PAGES: hs_log_allocate(r, l, aligned_of(PAGE, a[0]), result); break;
    case HS_CALL_WHOLE_PAGES:
        hs_log_allocate(r, l, aligned_of(PAGE, in_pages(a[0])), result);
        break;
    case HS_CALL_STRDUP: duplicate(r, l, c, UINT64_MAX, result); break;
    case HS_CALL_STRNDUP: duplicate(r, l, c, a[1], result); break;
    case HS_CALL_REALLOC: hs_log_reallocate(r, l, a[0], a[1], result); break;
    case HS_CALL_REALLOCARRAY:
        if (__builtin_mul_overflow(a[1], a[2], &bytes)) bytes = UINT64_MAX;
        hs_log_reallocate(r, l, a[0], bytes, result);
        break;
    case HS_CALL_FREE: hs_log_release(r, l, a[0]); break;
    case HS_CALL_POSIX: l->without++; break;
    }
}
