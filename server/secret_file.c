/* SPDX-License-Identifier: Apache-2.0 */
#include "server/secret_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

bool secret_file_read(const char *path, struct buffer *out, bool *is_open_to_others,
                      struct error *error)
{
    struct stat status;
    int fd = file_open(path, error);

    if (fd < 0)
        return false;
    *is_open_to_others = fstat(fd, &status) == 0 && status.st_mode & S_IROTH;
    bool is_read = file_read_all(fd, path, FILE_PATIENCE, out, error);
    (void)close(fd);
    return is_read;
}
