/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Gives a fuzz target every file below the directories named: the seeds, and what once broke it.
 * Needs no libFuzzer, so any compiler can run it.
 */
#include <ftw.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/buffer.h"
#include "tests/fuzz/fuzz.h"

enum {
    INPUT_MAX = 16 * 1024 * 1024,
    OPEN_DIRECTORIES = 8
};

static size_t replayed; /* nftw() hands its callback no context */

static bool read_file(const char *path, struct buffer *bytes)
{
    char chunk[4096];
    size_t length;
    FILE *file = fopen(path, "rb");

    if (!file)
        return false;
    while ((length = fread(chunk, 1, sizeof(chunk), file)) > 0)
        (void)buffer_append(bytes, chunk, length);
    bool is_whole = !ferror(file) && buffer_ok(bytes);
    (void)fclose(file);
    return is_whole;
}

/* The target gets a block of exactly the input's size, so that a read past its end is seen. */
static int replay(const char *path, const struct stat *status, int kind, struct FTW *place)
{
    struct buffer bytes = BUFFER_INIT(INPUT_MAX);

    (void)status;
    (void)place;
    if (kind != FTW_F)
        return 0;
    bool is_read = read_file(path, &bytes);
    uint8_t *input = is_read ? malloc(bytes.length ? bytes.length : 1) : NULL;
    if (input) {
        if (bytes.length)
            memcpy(input, bytes.data, bytes.length);
        (void)fprintf(stderr, "%s\n", path);
        (void)LLVMFuzzerTestOneInput(input, bytes.length);
        replayed++;
    }
    free(input);
    buffer_release(&bytes);
    return input ? 0 : 1;
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        /* NOLINTNEXTLINE(concurrency-mt-unsafe): there is only this thread */
        if (nftw(argv[i], replay, OPEN_DIRECTORIES, FTW_PHYS) != 0) {
            (void)fprintf(stderr, "%s: cannot be read\n", argv[i]);
            return 1;
        }
    }
    (void)printf("%zu inputs replayed\n", replayed);
    return replayed ? 0 : 1; /* an empty corpus tests nothing */
}
