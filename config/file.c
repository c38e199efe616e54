/* SPDX-License-Identifier: Apache-2.0 */
#include "config/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/escape.h"

enum {
    SECRET_MAX = 4096
};

static bool refuse(const char *path, const char *reason, struct error *error)
{
    return error_set(error, ERROR_INVALID, "%s: %s", ESCAPED(slice_from_string(path)), reason);
}

static bool read_all(int fd, const char *path, struct buffer *out, struct error *error)
{
    char part[4096];

    for (;;) {
        ssize_t length = read(fd, part, sizeof(part));
        if (length == 0)
            return true;
        if (length < 0 && errno != EINTR)
            return refuse(path, strerrordesc_np(errno), error);
        if (length > 0 && !buffer_append(out, part, (size_t)length))
            return out->state == BUFFER_FULL ? refuse(path, "the file is too large", error)
                                             : error_no_memory(error);
    }
}

bool file_read(const char *path, struct buffer *out, struct error *error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return refuse(path, strerrordesc_np(errno), error);
    bool is_read = read_all(fd, path, out, error);
    (void)close(fd);
    return is_read;
}

char *file_read_secret(const char *path, struct error *error)
{
    CLEANUP(buffer_release) struct buffer text = BUFFER_INIT(SECRET_MAX);

    if (!file_read(path, &text, error))
        return NULL;
    ptrdiff_t end = slice_find(buffer_slice(&text), '\n');
    struct slice line = slice_until(buffer_slice(&text), end < 0 ? text.length : (size_t)end);
    if (slice_ends_with(line, SLICE("\r")))
        line.length--;
    char *secret = NULL;
    if (line.length == 0)
        refuse(path, "the first line is empty", error);
    else if (slice_find(line, '\0') >= 0)
        refuse(path, "there is a NUL in the first line", error);
    else if (!(secret = slice_copy(line)))
        error_no_memory(error);
    if (text.data)
        explicit_bzero(text.data, text.capacity);
    return secret;
}
