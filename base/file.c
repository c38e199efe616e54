/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/escape.h"

static bool refuse(const char *path, const char *reason, struct error *error)
{
    return error_set(error, ERROR_INVALID, "%s: %s", ESCAPED(slice_from_string(path)), reason);
}

static bool refuse_code(const char *path, int code, struct error *error)
{
    return refuse(path, strerrordesc_np(code), error);
}

int file_open(const char *path, struct error *error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

    if (fd < 0)
        (void)refuse_code(path, errno, error);
    return fd;
}

/* A regular file always has something to read, if only its end. A FIFO without a writer has an end
 * at once for who reads, but not for who waits first. */
static bool wait_for_more(int fd, int64_t until)
{
    struct pollfd wanted = {.fd = fd, .events = POLLIN};
    int ready = 0;

    do {
        int64_t left = until - clock_monotonic_ms();
        ready = poll(&wanted, 1, left > 0 ? (int)left : 0);
    } while (ready < 0 && errno == EINTR);
    return ready > 0;
}

static bool append(struct buffer *out, const char *bytes, size_t length, const char *path,
                   struct error *error)
{
    if (buffer_append(out, bytes, length))
        return true;
    return out->state == BUFFER_FULL ? refuse(path, "the file is too large", error)
                                     : error_no_memory(error);
}

/* One piece, whose length is put into `length`: 0 at the end, -1 for none yet. */
static bool read_piece(int fd, const char *path, struct buffer *out, ssize_t *length,
                       struct error *error)
{
    char piece[4096];

    *length = read(fd, piece, sizeof(piece));
    if (*length < 0)
        return errno == EINTR || errno == EAGAIN || refuse_code(path, errno, error);
    bool is_kept = append(out, piece, (size_t)*length, path, error);
    explicit_bzero(piece, sizeof(piece));
    return is_kept;
}

bool file_read_all(int fd, const char *path, int64_t patience, struct buffer *out,
                   struct error *error)
{
    const int64_t until = clock_monotonic_ms() + patience;
    ssize_t length = -1;

    while (length != 0) {
        if (!wait_for_more(fd, until)) {
            return refuse(path,
                          "it is no regular file, and its end has not come in time: does "
                          "anybody write to it?",
                          error);
        }
        if (!read_piece(fd, path, out, &length, error))
            return false;
    }
    return true;
}

bool file_read(const char *path, struct buffer *out, struct error *error)
{
    int fd = file_open(path, error);

    if (fd < 0)
        return false;
    bool is_read = file_read_all(fd, path, FILE_PATIENCE, out, error);
    (void)close(fd);
    return is_read;
}

/* /dev/null is as good as an empty file. */
static bool is_null_device(int fd, mode_t mode)
{
    char byte = 0;

    return S_ISCHR(mode) && read(fd, &byte, sizeof(byte)) == 0;
}

bool file_check(const char *path, struct error *error)
{
    struct stat status;
    int fd = file_open(path, error);

    if (fd < 0)
        return false;
    bool is_fine =
        fstat(fd, &status) == 0 && (S_ISREG(status.st_mode) || is_null_device(fd, status.st_mode));
    (void)close(fd);
    return is_fine || refuse(path, "it is no regular file", error);
}

bool file_mark(const char *path, struct buffer *out)
{
    struct stat state = {0};

    (void)stat(path, &state); /* none is all zeros */
    return buffer_format(out, "%s %llu %llu %lld %lld.%ld\n", path,
                         (unsigned long long)state.st_dev, (unsigned long long)state.st_ino,
                         (long long)state.st_size, (long long)state.st_mtim.tv_sec,
                         state.st_mtim.tv_nsec);
}
