/* The explicit free list with its defences compiled in: see hardening.h. Without them it does not
 * even ask whether it has any, and costs what it did before. */
#define HS_HARDENED 1

#include "allocators/textbook/explicit.c"
