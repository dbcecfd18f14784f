/* SPDX-License-Identifier: MIT */
/* The one way out for text that is not on the full screen: scenes and texts on a plain stream, with
 * ANSI colours or without. Control characters, marks that turn text around and invalid bytes come
 * out as visible signs, whoever made the text; and each call is one write. */
#ifndef HS_UI_ANSI_H
#define HS_UI_ANSI_H

#include "ui/pen.h"
#include "view/scene.h"

#include <stdarg.h>
#include <stdio.h>

typedef struct {
    bool ascii, light;
    const hs_pen *pen; /* NULL: without colours */
} hs_ink;

/* True if the locale knows no characters but ASCII. */
bool hs_locale_is_ascii(void);

void hs_print_scene(FILE *, const hs_scene *, hs_ink);

/* A text and a newline, its own newlines kept. */
void hs_print_text(FILE *, hs_role, const char *text, hs_ink);

/* Print text without colours, as printf makes it. */
void hs_print(FILE *, const char *format, ...) __attribute__((format(printf, 2, 3)));
void hs_print_arguments(FILE *, const char *format, va_list) __attribute__((format(printf, 2, 0)));

/* The same with a newline behind it. No part of the text can add another newline. */
void hs_print_line(FILE *, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Print bytes that come from elsewhere, whatever they are. */
void hs_print_bytes(FILE *, const char *text, size_t length);

/* Print over the line where the cursor is, in so many columns; the cursor stays at its start. */
void hs_print_over(FILE *, const char *text, int columns);

#endif
