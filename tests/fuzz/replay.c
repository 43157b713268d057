/* Gives a fuzz target every file of the folders named, and of each file also every beginning of it. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

#define MAX_BYTES (1 << 20)

/* In memory of just its size, so that a sanitizer sees a read past the end. */
static void give(const uint8_t *bytes, size_t n) {
        uint8_t *copy = malloc(n ? n : 1);

        memcpy(copy, bytes, n);
        LLVMFuzzerTestOneInput(copy, n);
        free(copy);
}

static int replay_file(const char *path) {
        static uint8_t bytes[MAX_BYTES];
        FILE *file = fopen(path, "rb");
        size_t n;

        if (!file) {
                perror(path);
                return 1;
        }
        n = fread(bytes, 1, sizeof(bytes), file);
        fclose(file);
        for (size_t i = 0; i < n; i += 1 + n / 2000)
                give(bytes, i);
        give(bytes, n);
        return 0;
}

int main(int argc, char **argv) {
        int n_failed = 0, n_files = 0;

        for (int i = 1; i < argc; i++) {
                DIR *folder = opendir(argv[i]);
                struct dirent *entry;

                while (folder && (entry = readdir(folder))) {
                        char path[4096];

                        if (entry->d_name[0] == '.')
                                continue;
                        snprintf(path, sizeof(path), "%s/%s", argv[i], entry->d_name);
                        n_failed += replay_file(path);
                        n_files++;
                }
                if (folder)
                        closedir(folder);
        }
        printf("%d files replayed\n", n_files);
        return n_failed > 0 || n_files == 0; /* an empty corpus checks nothing */
}
