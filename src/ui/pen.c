/* SPDX-License-Identifier: MIT */
/* The sequences of the 256 colours are made at the start: libedit replaces the description that
 * they come from. */
#include "ui/pen.h"

#include "base/memory.h"
#include "view/theme.h"

#include <curses.h>
#include <stdlib.h>
#include <string.h>
#include <term.h>
#include <unistd.h>

enum { ROOM = 24, ALL = 1 << 24, MANY = 256, FEW = 8, ATTRIBUTES = 4 };

struct hs_pen {
    int colours; /* MANY, FEW or 0 */
    char plain[ROOM], attributes[ATTRIBUTES][ROOM];
    char foreground[MANY][ROOM], background[MANY][ROOM];
};

/* In the order of the bits HS_BOLD, HS_REVERSE, HS_UNDERLINE, HS_FAINT. */
static const struct {
    const char *name, *usual;
} attributes[ATTRIBUTES] = {
    {"bold", "\033[1m"}, {"rev", "\033[7m"}, {"smul", "\033[4m"}, {"dim", "\033[2m"}};

bool hs_colour_named(const char *name, hs_colour *colour)
{
    static const char *const names[] = {"auto", "always", "never"};
    for (int i = 0; i < 3; i++)
        if (strcmp(names[i], name) == 0) {
            *colour = (hs_colour)i;
            return true;
        }
    return false;
}

bool hs_colour_is_wanted(hs_colour colour)
{
    const char *none = getenv("NO_COLOR");
    if (colour == HS_COLOUR_AUTO) return isatty(STDOUT_FILENO) && !(none && *none);
    return colour == HS_COLOUR_ALWAYS;
}

/* --- Making one ------------------------------------------------------------------------------- */

char hs_sequence_byte(const char **sequence)
{
    if (!*sequence || *sequence == (char *)-1) return 0;
    while (strncmp(*sequence, "$<", 2) == 0 && strchr(*sequence, '>'))
        *sequence = strchr(*sequence, '>') + 1;
    return **sequence ? *(*sequence)++ : 0;
}

/* Copy a sequence; it stays empty when there is none, or when it is none that changes the look. */
static void take(char out[ROOM], const char *sequence)
{
    size_t n = 0;
    char c;
    while ((c = hs_sequence_byte(&sequence)) && n < ROOM - 1) out[n++] = c;
    out[c ? 0 : n] = 0;
}

static bool is_missing(const char *sequence)
{
    return !sequence || sequence == (char *)-1;
}

/* True if colours are numbers of red, green and blue. A description says so by a flag, or by how
 * many bits each has. */
static bool has_direct_colours(void)
{
    return tigetflag("RGB") > 0 || tigetnum("RGB") > 0 || !is_missing(tigetstr("RGB"));
}

static int colours_of_terminal(const char *foreground, const char *background)
{
    int n = tigetnum("colors");
    if (is_missing(foreground) || is_missing(background)) return 0;
    if (has_direct_colours() && n != ALL) return n >= FEW ? FEW : 0;
    return n >= MANY ? MANY : n >= FEW ? FEW : 0;
}

/* A colour of the palette as red, green and blue, 8 bits each: behind the first 16, which every
 * terminal has of its own, come a cube of 6 by 6 by 6 and 24 greys. The lowest numbers still are a
 * palette's, with some descriptions the first 256: a number of those is made one with a trace of
 * green, which nobody sees. */
static int direct_colour(int i)
{
    enum { OWN = 16, GREYS = 232, SIDE = 6 };
    int n = i - OWN, sum = 0;
    if (i < OWN) return i % FEW;
    if (i >= GREYS) return (8 + 10 * (i - GREYS)) * 0x010101;
    for (int place = SIDE * SIDE; place; place /= SIDE) {
        int level = n / place % SIDE;
        sum = sum << 8 | (level ? 55 + 40 * level : 0);
    }
    return sum < MANY ? sum | MANY : sum;
}

hs_pen *hs_pen_of_screen(bool colour)
{
    hs_pen *p = hs_new(1, sizeof *p);
    const char *foreground = tigetstr("setaf"), *background = tigetstr("setab");
    if (colour) p->colours = colours_of_terminal(foreground, background);
    take(p->plain, tigetstr("sgr0"));
    for (int i = 0; i < ATTRIBUTES; i++) take(p->attributes[i], tigetstr(attributes[i].name));
    bool direct = p->colours == MANY && has_direct_colours();
    for (int i = 0; i < p->colours; i++) {
        take(p->foreground[i], tiparm(foreground, direct ? direct_colour(i) : i));
        take(p->background[i], tiparm(background, direct ? direct_colour(i) : i));
    }
    return p;
}

/* A pen with the sequences that nearly all terminals know. */
static hs_pen *usual_pen(void)
{
    hs_pen *p = hs_new(1, sizeof *p);
    p->colours = MANY;
    take(p->plain, "\033[0m");
    for (int i = 0; i < ATTRIBUTES; i++) take(p->attributes[i], attributes[i].usual);
    for (int i = 0; i < MANY; i++) {
        snprintf(p->foreground[i], ROOM, "\033[38;5;%dm", i);
        snprintf(p->background[i], ROOM, "\033[48;5;%dm", i);
    }
    return p;
}

hs_pen *hs_pen_of_output(hs_colour colour)
{
    int error;
    hs_pen *p = NULL;
    const char *term = getenv("TERM");
    if (!hs_colour_is_wanted(colour)) return NULL;
    if (term && *term && setupterm(term, STDOUT_FILENO, &error) == OK) {
        p = hs_pen_of_screen(true);
        del_curterm(set_curterm(NULL));
    }
    if (p && p->colours) return p;
    hs_pen_free(p);
    return colour == HS_COLOUR_ALWAYS ? usual_pen() : NULL;
}

void hs_pen_free(hs_pen *p)
{
    free(p);
}

/* --- Drawing with it -------------------------------------------------------------------------- */

hs_stroke hs_pen_stroke(const hs_pen *p, const hs_cell *c, bool light)
{
    const hs_look *look = hs_theme_look((hs_role)c->role);
    hs_colours k = hs_theme_colours((hs_role)c->role, c->flags, light);
    bool changed = c->flags & HS_CHANGED, sparse = c->flags & HS_SPARSE;
    uint8_t a = look->attributes;
    if (!p->colours && !sparse) a |= look->mono;
    if (changed) a |= p->colours == MANY ? HS_BOLD : HS_BOLD | HS_UNDERLINE;
    if (c->flags & HS_CURSOR) a ^= HS_REVERSE | HS_BOLD;
    if (p->colours == FEW) k = sparse ? (hs_colours){look->few.background, HS_DEFAULT} : look->few;
    if (!p->colours) k = (hs_colours){HS_DEFAULT, HS_DEFAULT};
    return (hs_stroke){a, k.foreground, k.background};
}

/* True if the change needs a fresh start: back to the terminal's own colour, or to fewer
 * attributes. */
static bool must_begin_anew(const hs_stroke *from, hs_stroke to)
{
    return !from || from->attributes & ~to.attributes ||
           (to.foreground == HS_DEFAULT && from->foreground != HS_DEFAULT) ||
           (to.background == HS_DEFAULT && from->background != HS_DEFAULT);
}

void hs_pen_put(const hs_pen *p, FILE *out, const hs_stroke *from, hs_stroke to)
{
    static const hs_stroke plain = {0, HS_DEFAULT, HS_DEFAULT};
    if (must_begin_anew(from, to)) {
        fputs(p->plain, out);
        from = &plain;
    }
    for (int i = 0; i < ATTRIBUTES; i++)
        if (to.attributes & ~from->attributes & 1 << i) fputs(p->attributes[i], out);
    if (to.foreground != from->foreground) fputs(p->foreground[to.foreground], out);
    if (to.background != from->background) fputs(p->background[to.background], out);
}

void hs_pen_put_plain(const hs_pen *p, FILE *out)
{
    fputs(p->plain, out);
}
