/* SPDX-License-Identifier: MIT */
/* Files by the names that people give them. What stands there is not ours to destroy:
 *
 *      -, /dev/stdout, /dev/fd/3, /proc/self/fd/3      the descriptor, as it is
 *      a character device, a FIFO, a socket            written to and read from, never replaced
 *      a folder, a block device                        refused
 *      a link                                          what it leads to, were it only to be made
 *      a regular file, or nothing                      replaced by a whole one, or left as it was
 *
 * What may keep the program waiting is waited for in short turns, and the user is asked in between
 * whether to stop. */
#ifndef HS_BASE_FILES_H
#define HS_BASE_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>

/* Tells whether the user wants to stop. It is asked several times a second while the program waits
 * for something. */
typedef struct {
    bool (*asked)(void *of); /* returns true to stop; NULL: nobody can stop it */
    void *of;
} hs_stop;

typedef struct {
    bool stopped;    /* the work ended because `asked` said so */
    char error[256]; /* why it failed, in a few words; "": it did not */
    char note[128];  /* what is to be told of a file that was written; mostly "" */
} hs_file_report;

/* --- Reading -------------------------------------------------------------------------------- */

/* Open a file to read. Returns a descriptor, which the caller closes, or -1 with an error. Opening
 * never waits; hs_file_read does. */
int hs_file_open(const char *path, hs_file_report *);

/* The same as read(2), for any descriptor: it waits until there is something to read. Returns -1
 * with errno; ECANCELED says that it was stopped. */
ssize_t hs_file_read(int fd, void *out, size_t room, hs_stop);

/* The longest line that is read from anywhere, without its newline. */
enum { HS_LINE_MOST = 1 << 20 };

/* The same as getline(3), but of a line that is longer than HS_LINE_MOST it keeps one byte more
 * than that, and no others. */
ssize_t hs_file_line(FILE *, char **line, size_t *room);

/* --- Writing -------------------------------------------------------------------------------- */

/* How a file is written. */
typedef struct {
    bool (*put)(void *what, FILE *out); /* writes all of it; false with errno: ECANCELED says
                                         * that it was stopped */
    void *what;
    bool durable;   /* when it returns, the bytes are on the disk: for what a crash must not lose */
    bool is_secret; /* a new file is made so that nobody else may read it */
    hs_stop stop;
} hs_file_writing;

/* Replace what stands at the path by the whole new content; when that fails, all is as before. A
 * file that has several names, or that lies in a folder where no file can be made, is overwritten
 * where it is, and the report's note says so. */
bool hs_file_write(const char *path, const hs_file_writing *, hs_file_report *);

/* True if a regular file stands there, which hs_file_write would replace. A descriptor is none. */
bool hs_file_is_regular(const char *path);

/* True if what is written there comes out on the terminal that this program runs in. */
bool hs_file_is_our_terminal(const char *path);

/* --- Appending ------------------------------------------------------------------------------ */

/* Open a file to append. Returns a descriptor, which the caller closes, or -1 with errno. A missing
 * file is made so that only its owner may read it; the mode of an existing one stays. */
int hs_file_append(const char *path);
/* The same for a file that this program made itself, which never was a link: a missing one is not
 * made. */
int hs_file_append_to_own(const char *path);

/* mkdir -p for the folders above a file. */
void hs_file_make_folders(const char *path);

/* Returns when the names of the files in this folder are on the disk. */
void hs_file_sync_folder(const char *folder);

/* --- The program's begin -------------------------------------------------------------------- */

/* Take each standard descriptor that the program was started without, so that no file that is
 * opened later gets its number. Using it then fails, as it would have failed without this. */
void hs_file_guard_standard(void);

#endif
