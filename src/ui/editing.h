/* SPDX-License-Identifier: MIT */
/* What both line editors have in common: key bindings, ~/.editrc, and completion with Tab. */
#ifndef HS_UI_EDITING_H
#define HS_UI_EDITING_H

#include "language/completion.h"
#include <heapscope/session.h>

#include <histedit.h>

typedef struct {
    const hs_session *session;
    void *context;
    /* Show the words: several fit, and they have nothing more in common. */
    void (*show)(void *context, const hs_completions *);
    /* True to stop looking for words. */
    bool (*stop)(void *context);
} hs_editing;

/* Set an editor up. Its EL_CLIENTDATA must point to a struct that begins with the hs_editing. */
void hs_editing_set_up(EditLine *, hs_editing *);

#endif
