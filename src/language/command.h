/* SPDX-License-Identifier: MIT */
/* The command table: each command is declared once.
 *
 * The parser, `help`, completion and the man page are generated from it. */
#ifndef HS_LANGUAGE_COMMAND_H
#define HS_LANGUAGE_COMMAND_H

#include "language/complaint.h"
#include "view/picture.h"

#include <stdbool.h>
#include <stddef.h>

/* What stands in a parameter's place. */
typedef enum {
    HS_PARAMETER_NONE,
    HS_PARAMETER_SIZE,    /* an expression */
    HS_PARAMETER_POINTER, /* a name, a name plus an offset, NULL, an address */
    HS_PARAMETER_BYTES,   /* "text", "text"*COUNT, BYTE*COUNT */
    HS_PARAMETER_TEXT,    /* "text", or all words up to the end of the statement */
    HS_PARAMETER_FILE,
    HS_PARAMETER_PROCESS,   /* a process's number, or self */
    HS_PARAMETER_ARGUMENTS, /* words as a shell reads them; the keyword before them may be left out
                             */
    HS_PARAMETER_ALLOCATOR,
    HS_PARAMETER_LANE, /* an allocator, or off */
    HS_PARAMETER_OPTION,
    HS_PARAMETER_VALUE, /* of the option before it */
    HS_PARAMETER_COMMAND,
    HS_PARAMETER_DEMO,
    HS_PARAMETER_VIEW,      /* a picture's name */
    HS_PARAMETER_CONDITION, /* an expression that holds or not, or: error { ... } */
    HS_PARAMETER_WORD,      /* one of `words`, or, where there are none, a new one */
    HS_PARAMETER_BODY,      /* { statements } */
    HS_PARAMETER_FLAG,      /* the keyword alone */
} hs_parameter_kind;

/* What a command, or a parameter that is given, needs: capabilities.h says who has it. */
typedef enum {
    HS_CAN_ASK = 1,   /* make requests, change bytes and settings, say notes, go through time */
    HS_CAN_PLAY = 2,  /* direct a lecture, play one of the demos' folder */
    HS_CAN_LOOK = 4,  /* at files and processes elsewhere */
    HS_CAN_WRITE = 8, /* write a file */
    HS_CAN_RUN = 16,  /* run a program */
} hs_capability;

struct hs_words;
struct hs_interpreter;
struct hs_statement;

typedef struct {
    hs_parameter_kind kind;
    const char *label;   /* as the syntax line shows it */
    const char *keyword; /* a word that must stand before it, or NULL */
    bool optional;
    hs_capability needs;                                  /* beside what its command needs */
    void (*words)(struct hs_words *, const hs_session *); /* that it may be; NULL: any */
} hs_parameter;

enum { HS_PARAMETERS = 5 };

enum {
    HS_MAKES_POINTER = 1 << 0,   /* may be written NAME = command */
    HS_STAGE_DIRECTION = 1 << 1, /* tells a lecture's player something, and the audience nothing */
    HS_NOT_ECHOED = 1 << 2,      /* a script's reader sees what it says, not the command */
    HS_IS_GUARD = 1 << 3, /* a condition by which a script guards itself: it is not echoed without a
                             body, and when it does not hold that is counted and the rest goes on */
    /* Its help lists all measures, all options, all pictures. */
    HS_LISTS_MEASURES = 1 << 4,
    HS_LISTS_OPTIONS = 1 << 5,
    HS_LISTS_PICTURES = 1 << 6,
    /* What a lecture's player makes of it: */
    HS_LEADS_ON = 1 << 7,       /* the step goes on to what follows it */
    HS_BELONGS_BEFORE = 1 << 8, /* it is a part of the step before it */
    HS_BEGINS_SECTION = 1 << 9,
    HS_WAITS = 1 << 10,      /* for a key, behind it */
    HS_IS_READ = 1 << 11,    /* by the audience, which takes time */
    HS_GOES_UNSAID = 1 << 12 /* the speaker is not told of it */
};

typedef struct {
    const char *name;
    const char *group;
    const char *summary; /* one line; NULL: what its picture is about */
    const char *details; /* more for `help NAME`, or NULL */
    hs_parameter parameters[HS_PARAMETERS];
    unsigned flags;
    hs_capability needs;
    const hs_picture *picture; /* the picture that it shows; NULL: it does something else */
    bool (*run)(struct hs_interpreter *, const struct hs_statement *);
} hs_command;

/* The commands in the order of `help`; NULL beyond the last. */
const hs_command *hs_command_at(size_t index);
const hs_command *hs_command_named(const char *name);

const char *hs_command_summary(const hs_command *);
/* The command that shows a picture; NULL: none does. */
const hs_command *hs_command_showing(const hs_picture *);

/* The command that a word says, abbreviated or not; NULL with a complaint. */
const hs_command *hs_command_resolve(const char *text, size_t length, hs_span where,
                                     hs_complaint *);

/* "realloc PTR N", written into `out`. */
void hs_command_syntax(const hs_command *, char *out, size_t size);

#endif
