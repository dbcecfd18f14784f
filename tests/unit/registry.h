/* SPDX-License-Identifier: MIT */
/* The registry of tests: a program that links this has it instead of the registry. It finds in it
 * the allocators of the registry and two odd ones (odd_two_ended.c, odd_stack.c); and every
 * allocator, option and choice under its own name or, once it is asked to rename, under another one
 * of the same length; or under a long one; or drawn as none is. */
#ifndef TESTS_UNIT_REGISTRY_H
#define TESTS_UNIT_REGISTRY_H

#include <heapscope/allocator.h>

/* From now on the registry has the other names (true), or its own. */
void registry_rename(bool);

/* From now on all allocators and presets have names of some hundred characters (true), as those
 * have that are named by a path; or again their own. */
void registry_lengthen(bool);

/* From now on all free blocks are drawn in heap order (true), or again by their shape. */
void registry_reshape(bool);

/* What the registry calls now what is called so in the sources: "uvrenc" for "heap". Letters and
 * digits are others, so no word of one spelling is a word of the other. */
const char *registry_name(const char *name);

/* Are these two words the same name, the first by its own spelling? */
bool registry_is_renamed(const char *own, const char *other, size_t length);

#endif
