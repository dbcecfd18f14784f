/* What a name leads to: for those who open files, and for nobody else. */
#ifndef HS_BASE_PLACE_H
#define HS_BASE_PLACE_H

#include "base/files.h"

#include <sys/stat.h>

typedef struct {
    int descriptor;  /* of this program; -1: none */
    char *path;      /* at the end of all links */
    bool is_foreign; /* a descriptor of another program, by its name in /proc */
    bool is_there;
    struct stat is; /* when it is there */
} hs_place;

/* Follow all links; "-" is the descriptor `standard`. The place is the caller's to leave, also when
 * it fails. */
bool hs_place_find(hs_place *, const char *path, int standard, hs_file_report *);
void hs_place_leave(hs_place *);

/* A file that can be replaced, or that can be made there. */
bool hs_place_is_regular(const hs_place *);

/* Is it nothing that is refused? */
bool hs_place_is_allowed(mode_t, hs_file_report *);

/* Open what is no regular file, with flags of open(2), without waiting; -1 with errno. */
int hs_place_open(const hs_place *, int flags);

/* "." for a name without any folder; the caller's to free. */
char *hs_folder_of(const char *path);
char *hs_path_in(const char *folder, const char *name);
const char *hs_name_of(const char *path);

/* Until the descriptor can be used, or says why not. False with errno: stopped. */
bool hs_wait_for(int fd, short events, hs_stop);
bool hs_is_stopped(hs_stop);
enum { HS_WAIT_TURN = 100 }; /* ms, from one question whether to stop to the next */

/* Fill in the report. False. */
bool hs_file_fail(hs_file_report *, const char *why);
bool hs_file_fail_by(hs_file_report *, int why); /* errno */

#endif
