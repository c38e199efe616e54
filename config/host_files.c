/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The files that hosts name: secrets are read once, and what others read later can be read.
 */
#include <string.h>

#include "base/escape.h"
#include "base/file.h"
#include "config/hosts.h"

enum {
    SECRET_MAX = 4096,
    MARKS_MAX = 1024 * 1024
};

static bool refuse(const char *path, const char *reason, struct error *error)
{
    return error_set(error, ERROR_INVALID, "%s: %s", ESCAPED(slice_from_string(path)), reason);
}

/* The file's first line, without its end. NULL on errors. */
static char *read_first_line(const char *path, struct error *error)
{
    CLEANUP(buffer_release) struct buffer text = BUFFER_INIT(SECRET_MAX);

    if (!file_read(path, &text, error))
        return NULL;
    struct slice line = slice_before(buffer_slice(&text), '\n');
    if (slice_ends_with(line, SLICE("\r")))
        line.length--;
    char *secret = NULL;
    if (line.length == 0)
        (void)refuse(path, "the first line is empty", error);
    else if (slice_find(line, '\0') >= 0)
        (void)refuse(path, "there is a NUL in the first line", error);
    else if (!(secret = slice_copy(line)))
        (void)error_no_memory(error);
    if (text.data)
        explicit_bzero(text.data, text.capacity);
    return secret;
}

static bool read_secret(const char *path, char **secret, struct error *error)
{
    if (path && !*secret)
        *secret = read_first_line(path, error);
    return !path || *secret;
}

static bool check_readable(const char *path, struct buffer *marks, struct error *error)
{
    if (!path)
        return true;
    (void)file_mark(path, marks);
    return file_check(path, error);
}

/* Those that libraries will open. */
static bool check_files(struct config_host *host, struct error *error)
{
    CLEANUP(buffer_release) struct buffer marks = BUFFER_INIT(MARKS_MAX);

    for (size_t i = 0; i < host->extra_ca_files.count; i++) {
        if (!check_readable(host->extra_ca_files.items[i], &marks, error))
            return false;
    }
    if (!check_readable(host->ca_file, &marks, error) ||
        !check_readable(host->client_cert, &marks, error) ||
        !check_readable(host->client_key, &marks, error) || !buffer_check(&marks, "files", error))
        return false;
    if (!host->files && marks.length > 0)
        host->files = buffer_take(&marks);
    return true;
}

static bool read_files(struct config_host *host, struct error *error)
{
    return check_files(host, error) && read_secret(host->password_file, &host->password, error) &&
           read_secret(host->token_file, &host->token, error);
}

bool hosts_read_files(struct config_registry *registry, struct error *error)
{
    for (size_t i = 0; i < registry->host_count; i++) {
        if (read_files(&registry->hosts[i], error))
            continue;
        error_prefix(error, "host '%s': ", registry->hosts[i].name);
        return false;
    }
    return true;
}
