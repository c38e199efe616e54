/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The files that hosts name: secrets are read once, and what others read later can be read.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/escape.h"
#include "config/file.h"
#include "config/hosts.h"

static bool read_secret(const char *path, char **secret, struct error *error)
{
    if (path && !*secret)
        *secret = file_read_secret(path, error);
    return !path || *secret;
}

static bool check_readable(const char *path, struct error *error)
{
    return !path || access(path, R_OK) == 0 ||
           error_set(error, ERROR_INVALID, "%s: %s", ESCAPED(slice_from_string(path)),
                     strerrordesc_np(errno));
}

static bool read_files(struct config_host *host, struct error *error)
{
    for (size_t i = 0; i < host->extra_ca_files.count; i++) {
        if (!check_readable(host->extra_ca_files.items[i], error))
            return false;
    }
    return check_readable(host->ca_file, error) && check_readable(host->client_cert, error) &&
           check_readable(host->client_key, error) &&
           read_secret(host->password_file, &host->password, error) &&
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
