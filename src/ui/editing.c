/* SPDX-License-Identifier: MIT */
/* Bindings and completion for libedit. ~/.editrc is read after ours, so it wins; but `bind -v`
 * there starts vi's keys afresh, and Tab and Ctrl-R are then bound once more. */
#include "ui/editing.h"

#include "base/files.h"
#include "base/memory.h"
#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* How many bytes all words have in common, in whole characters. */
static size_t common_length(const hs_completions *c)
{
    size_t n = c->common;
    while (n > 0 && ((unsigned char)c->items[0].text[n] & 0xc0) == 0x80) n--;
    return n;
}

static void insert(EditLine *el, const char *text, size_t length, bool space)
{
    char *piece = hs_new(length + 2, 1);
    memcpy(piece, text, length);
    if (space) piece[length] = ' ';
    wchar_t *wide = hs_wide_from_utf8(piece);
    if (*wide) el_winsertstr(el, wide);
    free(wide);
    free(piece);
}

static unsigned char complete(EditLine *el, int key)
{
    hs_editing *e;
    const LineInfoW *line = el_wline(el);
    (void)key;
    el_wget(el, EL_CLIENTDATA, &e);
    char *before = hs_utf8_from_wide(line->buffer, (size_t)(line->cursor - line->buffer));
    size_t cursor = strlen(before);
    hs_completions c = hs_complete(e->session, before, cursor, (hs_stop){e->stop, e->context});
    unsigned char result = CC_ERROR;
    if (c.stopped) {
        result = CC_REDISPLAY;
    } else if (c.count) {
        size_t there = cursor - c.start, common = common_length(&c);
        bool only = c.count == 1;
        if (only || common > there) {
            insert(el, c.items[0].text + there, common - there, only && !c.items[0].partial);
            result = CC_REFRESH;
        } else {
            e->show(e->context, &c);
            result = CC_REDISPLAY;
        }
    }
    hs_completions_free(&c);
    free(before);
    return result;
}

static void bind_ours(EditLine *el)
{
    el_wset(el, EL_BIND, L"^I", L"heapscope-complete", NULL);
    el_wset(el, EL_BIND, L"^R", L"em-inc-search-prev", NULL);
}

static void bind_sequences(EditLine *el)
{
    static const wchar_t *const sequences[][2] = {
        {L"\\e[A", L"ed-prev-history"},      {L"\\e[B", L"ed-next-history"},
        {L"\\e[C", L"ed-next-char"},         {L"\\e[D", L"ed-prev-char"},
        {L"\\e[H", L"ed-move-to-beg"},       {L"\\e[F", L"ed-move-to-end"},
        {L"\\e[1~", L"ed-move-to-beg"},      {L"\\e[4~", L"ed-move-to-end"},
        {L"\\e[3~", L"ed-delete-next-char"}, {L"\\e[1;5C", L"em-next-word"},
        {L"\\e[1;5D", L"ed-prev-word"},
    };
    for (size_t i = 0; i < sizeof sequences / sizeof *sequences; i++)
        el_wset(el, EL_BIND, sequences[i][0], sequences[i][1], NULL);
}

/* Bind the characters beyond ASCII to themselves. In a locale of ASCII alone libedit takes them for
 * Meta keys. */
static void bind_latin(EditLine *el)
{
    if (btowc(0xe4) != WEOF || MB_CUR_MAX > 1) return;
    for (wchar_t c = 0xa0; c <= 0xff; c++)
        el_wset(el, EL_BIND, (wchar_t[]){c, 0}, L"ed-insert", NULL);
}

/* Read ~/.editrc, unless it is a FIFO, for which libedit would wait, or has a line that is too
 * long. */
static void source_editrc(EditLine *el)
{
    const char *named = secure_getenv("EDITRC"), *home = secure_getenv("HOME");
    struct stat st;
    char *path = NULL;
    if (named)
        path = hs_copy(named);
    else if (home)
        path = hs_text("%s/.editrc", home);
    if (path && stat(path, &st) == 0 && S_ISREG(st.st_mode) && st.st_size <= HS_LINE_MOST)
        el_source(el, path);
    free(path);
}

void hs_editing_set_up(EditLine *el, hs_editing *e)
{
    const wchar_t *editor = NULL;
    el_wset(el, EL_CLIENTDATA, e);
    el_wset(el, EL_SIGNAL, 0);
    el_wset(el, EL_EDITOR, L"emacs");
    el_wset(el, EL_ADDFN, L"heapscope-complete", L"Complete the word", complete);
    bind_sequences(el);
    bind_latin(el);
    bind_ours(el);
    source_editrc(el);
    el_wget(el, EL_EDITOR, &editor);
    if (editor && wcscmp(editor, L"vi") == 0) bind_ours(el);
}
