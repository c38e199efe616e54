/* SPDX-License-Identifier: Apache-2.0 */
#include "server/secret_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "base/escape.h"

static bool refuse(const char *path, int code, struct error *error)
{
    return error_set(error, ERROR_INVALID, "%s: %s", ESCAPED(slice_from_string(path)),
                     strerrordesc_np(code));
}

static bool read_descriptor(int fd, const char *path, struct buffer *out, struct error *error)
{
    char part[4096];
    bool goes_on = true;
    int code = 0;

    while (goes_on) {
        ssize_t length = read(fd, part, sizeof(part));
        code = length < 0 ? errno : 0;
        goes_on = length > 0 && buffer_append(out, part, (size_t)length);
    }
    OPENSSL_cleanse(part, sizeof(part));
    if (code)
        return refuse(path, code, error);
    return out->state == BUFFER_FULL ? refuse(path, EFBIG, error) : buffer_check(out, path, error);
}

bool secret_file_read(const char *path, struct buffer *out, bool *is_open_to_others,
                      struct error *error)
{
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return refuse(path, errno, error);
    *is_open_to_others = fstat(fd, &status) == 0 && status.st_mode & S_IROTH;
    bool is_read = read_descriptor(fd, path, out, error);
    (void)close(fd);
    return is_read;
}
