/* C's functions, and C++'s new and delete by the names that the Itanium ABI gives them. */
#include "trace/calls.h"

#include <string.h>

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
    CALL("_Znwj", MALLOC, 1), /* the same where size_t has 32 bits */
    CALL("_Znaj", MALLOC, 1),
    CALL("_ZdlPvj", FREE, 1),
    CALL("_ZdaPvj", FREE, 1),
    CALL("_ZnwmRKSt9nothrow_t", MALLOC, 1),
    CALL("_ZnamRKSt9nothrow_t", MALLOC, 1),
    CALL("_ZdlPvRKSt9nothrow_t", FREE, 1),
    CALL("_ZdaPvRKSt9nothrow_t", FREE, 1),
    CALL("aligned_alloc", ALIGNED, 2),
    CALL("memalign", ALIGNED, 2),
    CALL("valloc", MALLOC, 1),
    CALL("pvalloc", MALLOC, 1),
    CALL("reallocarray", REALLOCARRAY, 3),
    CALL("cfree", FREE, 1),
    CALL("posix_memalign", POSIX, 3),
    CALL("__builtin_new", MALLOC, 1), /* of old compilers */
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
    if (*p >= '0' && *p <= '9') { /* by far most are */
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

bool hs_take_arguments(const char **at, hs_logged *l)
{
    for (int i = 0; i < l->call->arguments; i++) {
        if (i) *at = hs_skip_blanks(*at);
        if (i && *(*at)++ != ',') return false;
        if (!hs_take_argument(at, &l->arguments[i])) return false;
    }
    return true;
}

/* A count that is too large for the trace: the product is what matters. */
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
    case HS_CALL_REALLOC: hs_log_reallocate(r, l, a[0], a[1], result); break;
    case HS_CALL_REALLOCARRAY:
        if (__builtin_mul_overflow(a[1], a[2], &bytes)) bytes = UINT64_MAX;
        hs_log_reallocate(r, l, a[0], bytes, result);
        break;
    case HS_CALL_FREE: hs_log_release(r, l, a[0]); break;
    case HS_CALL_POSIX: l->without++; break;
    }
}
