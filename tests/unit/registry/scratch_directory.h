/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A directory that a test fills and that goes away with it. What fails here fails the test.
 */
#ifndef TESTS_UNIT_REGISTRY_SCRATCH_DIRECTORY_H
#define TESTS_UNIT_REGISTRY_SCRATCH_DIRECTORY_H

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    SCRATCH_PATH_SIZE = 256
};

struct scratch {
    char path[64];
};

/* The path of `name` inside, valid until the next four calls. */
static inline const char *scratch_path(const struct scratch *scratch, const char *name)
{
    static char paths[4][SCRATCH_PATH_SIZE];
    static unsigned next;
    char *path = paths[next++ % 4];

    (void)snprintf(path, SCRATCH_PATH_SIZE, "%s/%s", scratch->path, name);
    return path;
}

static inline struct scratch scratch_make(void)
{
    struct scratch scratch = {"/tmp/mqueryd-test-XXXXXX"};

    assert_non_null(mkdtemp(scratch.path));
    return scratch;
}

static inline const char *scratch_directory(const struct scratch *scratch, const char *name)
{
    const char *path = scratch_path(scratch, name);

    assert_int_equal(mkdir(path, 0700), 0);
    return path;
}

/* A new file in place of an old one of the same name, as careful writers do it. */
static inline const char *scratch_write(const struct scratch *scratch, const char *name,
                                        const char *text, mode_t mode)
{
    const char *fresh = scratch_path(scratch, "fresh");
    const char *path = scratch_path(scratch, name);
    int fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    assert_int_equal(close(fd), 0);
    assert_int_equal(rename(fresh, path), 0);
    return path;
}

/* NULL: the variable is not set any more. */
static inline void scratch_set(const char *name, const char *value)
{
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): no other thread runs */
    assert_int_equal(value ? setenv(name, value, 1) : unsetenv(name), 0);
}

/* docker-credential-NAME, a shell script, in the directory, which is put on PATH. */
static inline void scratch_write_helper(const struct scratch *scratch, const char *name,
                                        const char *script)
{
    char file[128];
    char text[4096];

    (void)snprintf(file, sizeof(file), "docker-credential-%s", name);
    (void)snprintf(text, sizeof(text), "#!/bin/sh\n%s\n", script);
    (void)scratch_write(scratch, file, text, 0700);
    (void)snprintf(text, sizeof(text), "%s:/usr/bin:/bin", scratch->path);
    scratch_set("PATH", text);
}

/* What is in a file, cut at `size`; "" where there is none. */
static inline const char *scratch_read(const struct scratch *scratch, const char *name, char *out,
                                       size_t size)
{
    int fd = open(scratch_path(scratch, name), O_RDONLY | O_CLOEXEC);
    ssize_t length = fd < 0 ? 0 : read(fd, out, size - 1);

    assert_true(length >= 0);
    out[length] = '\0';
    if (fd >= 0)
        assert_int_equal(close(fd), 0);
    return out;
}

static inline int scratch_remove_one(const char *path, const struct stat *state, int kind,
                                     struct FTW *place)
{
    (void)state;
    (void)kind;
    (void)place;
    return remove(path);
}

static inline void scratch_remove(struct scratch *scratch)
{
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): no other thread runs */
    (void)nftw(scratch->path, scratch_remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

#endif
