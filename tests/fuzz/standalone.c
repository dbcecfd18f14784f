/* SPDX-License-Identifier: MIT */
/* Without libFuzzer: runs a fuzz target over files, and over the files of folders, one by one. */
#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LARGEST = 1 << 20 };

static bool run_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file) return perror(path), false;
    uint8_t *data = malloc(LARGEST);
    if (!data) abort();
    size_t size = fread(data, 1, LARGEST, file);
    fclose(file);
    LLVMFuzzerTestOneInput(data, size);
    free(data);
    return true;
}

static bool run_folder(DIR *folder, const char *path)
{
    char file[4096];
    bool good = true;
    const struct dirent *entry;
    while ((entry = readdir(folder))) {
        if (entry->d_name[0] == '.') continue;
        snprintf(file, sizeof file, "%s/%s", path, entry->d_name);
        good = run_file(file) && good;
    }
    closedir(folder);
    return good;
}

int main(int argc, char **argv)
{
    bool good = argc > 1;
    for (int i = 1; i < argc; i++) {
        DIR *folder = opendir(argv[i]);
        good = (folder ? run_folder(folder, argv[i]) : run_file(argv[i])) && good;
    }
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
