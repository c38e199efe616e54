/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/input.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/escape.h"
#include "cli/print.h"

enum {
    PIECE_SIZE = 64 * 1024
};

static bool is_standard(const char *path)
{
    return strcmp(path, "-") == 0;
}

const char *input_name(const char *path)
{
    return is_standard(path) ? "standard input" : path;
}

static bool read_all(int fd, char *out, size_t size, size_t *length)
{
    size_t used = 0;

    while (used < size) {
        ssize_t count = read(fd, out + used, size - used);
        if (count < 0 && errno != EINTR)
            return false;
        if (count == 0)
            break;
        used += count > 0 ? (size_t)count : 0;
    }
    *length = used;
    return true;
}

static bool append_all(int fd, struct buffer *out)
{
    char piece[PIECE_SIZE];
    size_t length = 0;

    do {
        if (!read_all(fd, piece, sizeof(piece), &length) || !buffer_append(out, piece, length))
            return false;
    } while (length == sizeof(piece));
    return true;
}

static int open_input(const char *path)
{
    return is_standard(path) ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
}

/* Always false. */
static bool reading_failed(const char *path, int reason, struct error *error)
{
    return error_set(error, ERROR_INVALID, "cannot read '%s': %s",
                     ESCAPED(slice_from_string(input_name(path))), print_reason(reason));
}

bool input_read(const char *path, char *out, size_t size, size_t *length, struct error *error)
{
    int fd = open_input(path);
    bool is_read = fd >= 0 && read_all(fd, out, size, length);
    int reason = errno;

    if (fd > STDIN_FILENO)
        (void)close(fd);
    return is_read || reading_failed(path, reason, error);
}

bool input_append(const char *path, struct buffer *out, struct error *error)
{
    int fd = open_input(path);
    bool is_read = fd >= 0 && append_all(fd, out);
    int reason = errno;

    if (fd > STDIN_FILENO)
        (void)close(fd);
    return buffer_check(out, input_name(path), error) &&
           (is_read || reading_failed(path, reason, error));
}
