/* SPDX-License-Identifier: MIT */
/* What the name of a file leads to. Only the files that open and write files include this. */
#ifndef HS_BASE_PLACE_H
#define HS_BASE_PLACE_H

#include "base/files.h"

#include <sys/stat.h>

typedef struct {
    int descriptor;  /* a descriptor of this program; -1: it names none */
    char *path;      /* at the end of all links */
    bool is_foreign; /* it is a descriptor of another program, named by its path in /proc */
    bool is_there;
    struct stat is; /* its state, when it is there */
} hs_place;

/* Follow all links; "-" is the descriptor `standard`. The place is the caller's to leave, also when
 * it fails. */
bool hs_place_find(hs_place *, const char *path, int standard, hs_file_report *);
void hs_place_leave(hs_place *);

/* True if it is a regular file, or if one can be made there: hs_file_write may replace it. */
bool hs_place_is_regular(const hs_place *);

/* True if a file of this kind may be opened; false, with a report, for folders and block devices.
 */
bool hs_place_is_allowed(mode_t, hs_file_report *);

/* Open something that is no regular file, with flags of open(2), without waiting; -1 with errno. */
int hs_place_open(const hs_place *, int flags);

/* The folder that a name lies in, which is "." for a name without one. The caller frees it. */
char *hs_folder_of(const char *path);
char *hs_path_in(const char *folder, const char *name);
const char *hs_name_of(const char *path);

/* Wait until the descriptor can be used, or has an error to tell. False with errno: stopped. */
bool hs_wait_for(int fd, short events, hs_stop);
bool hs_is_stopped(hs_stop);
enum { HS_WAIT_TURN = 100 }; /* milliseconds between two questions whether to stop */

/* Fill in the report. Always false. */
bool hs_file_fail(hs_file_report *, const char *why);
bool hs_file_fail_by(hs_file_report *, int why); /* `why` is an errno */

#endif
