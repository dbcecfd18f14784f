/* The player's stops: narration waits as long as it takes to read, a request as long as the pace
 * says; settings and expectations run on with what follows them. */
#include "ui/player.h"

#include <string.h>
#include <time.h>

enum { READING_SPEED = 16 }; /* characters a second, slow enough to look at the map as well */

int64_t hs_player_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static bool begin(hs_player *p, hs_program *script)
{
    *p = (hs_player){.script = script};
    p->has_focus = p->playing = p->script != NULL;
    p->due = hs_player_clock();
    return p->script != NULL;
}

bool hs_player_open(hs_player *p, hs_interpreter *in, const char *path)
{
    return begin(p, hs_interpreter_load(in, path));
}

bool hs_player_open_text(hs_player *p, hs_interpreter *in, const char *name, const char *text)
{
    return begin(p, hs_interpreter_parse(in, name, text));
}

void hs_player_close(hs_player *p)
{
    hs_program_free(p->script);
    *p = (hs_player){0};
}

bool hs_player_has_ended(const hs_player *p)
{
    return !p->script || p->next >= p->script->count;
}

static bool is_command(const hs_statement *s, const char *name)
{
    return s->command && strcmp(s->command->name, name) == 0;
}

static bool is_stop(const hs_statement *s)
{
    static const char *const passing[] = {"set",    "allocator", "heap", "reset",
                                          "expect", "predict",   NULL};
    if (s->has_body) return true;
    for (size_t i = 0; passing[i]; i++)
        if (is_command(s, passing[i])) return false;
    return true;
}

static int64_t pause_after(const hs_statement *s, uint64_t pace)
{
    int64_t pause = (int64_t)pace * 1000;
    int64_t reading =
        is_command(s, "note") ? (int64_t)s->arguments[0].length * 1000 / READING_SPEED : 0;
    return pace && reading > pause ? reading : pause;
}

void hs_player_step(hs_player *p, hs_interpreter *in, const hs_session *session)
{
    while (!hs_player_has_ended(p) && !hs_interpreter_has_quit(in)) {
        const hs_statement *s = &p->script->statements[p->next];
        bool good = hs_interpreter_step(in, p->script, p->next++);
        p->due = hs_player_clock() + pause_after(s, hs_session_setting(session, HS_SET_PACE));
        if (!good) p->playing = false; /* an error is to be read */
        if (!good || is_stop(s)) break;
    }
    if (hs_player_has_ended(p)) p->has_focus = p->playing = false;
}

int hs_player_wait(const hs_player *p)
{
    if (!p->playing || !p->has_focus) return -1;
    int64_t left = p->due - hs_player_clock();
    return left < 0 ? 0 : left > 60000 ? 60000 : (int)left;
}
