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

/* Does the user want to stop? Asked several times a second while something is waited for. */
typedef struct {
    bool (*asked)(void *of); /* NULL: nobody can say so */
    void *of;
} hs_stop;

typedef struct {
    bool stopped;    /* as was asked for */
    char error[256]; /* why it failed, in a few words; "": it did not */
    char note[128];  /* what is to be told of a file that was written; mostly "" */
} hs_file_report;

/* --- Reading -------------------------------------------------------------------------------- */

/* A descriptor to read from, the caller's to close; -1 with an error. Never waits: hs_file_read
 * does. */
int hs_file_open(const char *path, hs_file_report *);

/* As read(2), for any descriptor: waits until there is something. -1 with errno, ECANCELED when it
 * was stopped. */
ssize_t hs_file_read(int fd, void *out, size_t room, hs_stop);

/* No line that is read from anywhere is longer, without its newline. */
enum { HS_LINE_MOST = 1 << 20 };

/* As getline(3); of a line that is longer than HS_LINE_MOST only one byte more is kept. */
ssize_t hs_file_line(FILE *, char **line, size_t *room);

/* --- Writing -------------------------------------------------------------------------------- */

/* How a file is written. */
typedef struct {
    bool (*put)(void *what, FILE *out); /* all of it; false with errno, ECANCELED: stopped */
    void *what;
    bool durable;   /* on the disk when it is done, for what a crash must not lose */
    bool is_secret; /* nobody else may read it, when it is new */
    hs_stop stop;
} hs_file_writing;

/* The whole of it takes the place of what stands there; when that fails, all is as before. A file
 * with more names, and one in a folder where none can be made, is written over where it is: then
 * that is in the report's note. */
bool hs_file_write(const char *path, const hs_file_writing *, hs_file_report *);

/* Does a regular file stand there, which hs_file_write would replace? A descriptor is none. */
bool hs_file_is_regular(const char *path);

/* Would what is written there come out on the terminal that this program runs in? */
bool hs_file_is_our_terminal(const char *path);

/* --- Appending ------------------------------------------------------------------------------ */

/* A descriptor that appends, the caller's to close; -1 with errno. What is missing is made, for its
 * owner alone; the mode of what is there stays. */
int hs_file_append(const char *path);
/* The same for what this program made itself, and never was a link: that is not made here. */
int hs_file_append_to_own(const char *path);

/* mkdir -p for the folders above a file. */
void hs_file_make_folders(const char *path);

/* That a file has a new name is on the disk when this returns. */
void hs_file_sync_folder(const char *folder);

/* --- The program's begin -------------------------------------------------------------------- */

/* A standard descriptor that the program was not given is taken, so that no file becomes it: using
 * it fails, as it would have. */
void hs_file_guard_standard(void);

#endif
