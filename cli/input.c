/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/input.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/escape.h"
#include "cli/print.h"

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

bool input_read(const char *path, char *out, size_t size, size_t *length, struct error *error)
{
    int fd = is_standard(path) ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    bool is_read = fd >= 0 && read_all(fd, out, size, length);
    int reason = errno;

    if (fd > STDIN_FILENO)
        (void)close(fd);
    if (is_read)
        return true;
    return error_set(error, ERROR_INVALID, "cannot read '%s': %s",
                     ESCAPED(slice_from_string(input_name(path))), print_reason(reason));
}
