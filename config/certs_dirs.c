/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A host's directory either has a hosts.toml, and nothing else in it counts, or authorities
 * (NAME.crt) and one certificate of ours (NAME.cert with NAME.key). Directories are read in the
 * order of their names, so that the same files always mean the same.
 */
#include "config/certs_dirs.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/escape.h"
#include "config/hosts.h"
#include "config/hosts_toml.h"
#include "config/value.h"

struct listing {
    struct dirent **entries;
    int count;
};

static void listing_release(struct listing *listing)
{
    for (int i = 0; i < listing->count; i++)
        free(listing->entries[i]);
    free(listing->entries);
}

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static bool listing_read(struct listing *listing, const char *path, struct error *error)
{
    listing->count = scandir(path, &listing->entries, is_visible, alphasort);
    return listing->count >= 0 ||
           error_set(error, ERROR_INVALID, "%s: %s", ESCAPED(slice_from_string(path)),
                     strerrordesc_np(errno));
}

/* DIRECTORY/NAME, cut to a path's longest. */
static struct buffer join(const char *directory, const char *name, const char *end)
{
    struct buffer path = BUFFER_INIT(PATH_MAX);

    (void)buffer_format(&path, "%s/%s%s", directory, name, end);
    return path;
}

/* -- docker's layout ------------------------------------------------------------------------ */

static bool add_authority(struct config_host *host, const char *path)
{
    struct string_list *list = &host->extra_ca_files;
    char **items = realloc(list->items, (list->count + 1) * sizeof(*items));

    if (items)
        list->items = items;
    char *copy = items ? strdup(path) : NULL;
    if (copy)
        items[list->count++] = copy;
    host->written |= hosts_key_bit("extra_ca_files");
    return copy != NULL;
}

/* H27: half a pair is an error, and which of two to show cannot be known. */
static bool add_certificate(struct config_host *host, const char *directory, const char *name,
                            struct error *error)
{
    size_t length = strlen(name) - strlen(".cert");
    CLEANUP(free_p) char *stem = strndup(name, length);
    CLEANUP(buffer_release) struct buffer certificate = join(directory, name, "");
    CLEANUP(buffer_release) struct buffer key = join(directory, stem ? stem : "", ".key");

    if (host->client_cert)
        return error_set(error, ERROR_INVALID, "%s: there is more than one certificate",
                         ESCAPED(slice_from_string(directory)));
    host->client_cert = buffer_ok(&certificate) ? buffer_take(&certificate) : NULL;
    host->client_key = stem && buffer_ok(&key) ? buffer_take(&key) : NULL;
    host->written |= hosts_key_bit("client_cert") | hosts_key_bit("client_key");
    return (host->client_cert && host->client_key) || error_no_memory(error);
}

static bool check_key(const char *directory, const char *name, struct error *error)
{
    CLEANUP(free_p) char *stem = strndup(name, strlen(name) - strlen(".key"));
    CLEANUP(buffer_release) struct buffer certificate = join(directory, stem ? stem : "", ".cert");

    return access(buffer_string(&certificate), F_OK) == 0 ||
           error_set(error, ERROR_INVALID, "%s: '%s' has no certificate beside it",
                     ESCAPED(slice_from_string(directory)), ESCAPED(slice_from_string(name)));
}

static bool read_docker_file(struct config_host *host, const char *directory, const char *name,
                             struct error *error)
{
    struct slice text = slice_from_string(name);

    if (slice_ends_with(text, SLICE(".crt"))) {
        CLEANUP(buffer_release) struct buffer path = join(directory, name, "");
        return add_authority(host, buffer_string(&path)) || error_no_memory(error);
    }
    if (slice_ends_with(text, SLICE(".cert")))
        return add_certificate(host, directory, name, error);
    return !slice_ends_with(text, SLICE(".key")) || check_key(directory, name, error);
}

static bool read_docker_files(struct config_host *host, const char *directory, struct error *error)
{
    CLEANUP(listing_release) struct listing files = {0};

    if (!listing_read(&files, directory, error))
        return false;
    for (int i = 0; i < files.count; i++) {
        if (!read_docker_file(host, directory, files.entries[i]->d_name, error))
            return false;
    }
    return true;
}

static bool read_docker(struct config_registry *registry, struct slice name, const char *directory,
                        struct error *error)
{
    struct config_host host = {.name = slice_copy(name)};
    bool done = host.name || error_no_memory(error);

    done = done && read_docker_files(&host, directory, error) &&
           hosts_adopt(registry, &host, directory, error);
    hosts_release_one(&host);
    return done;
}

/* -- one host's directory ------------------------------------------------------------------- */

/* containerd's `_default` is every host, and its `host_5000_` is host:5000, for file systems that
 * know no colon (H28). */
static bool read_name(const char *directory, struct buffer *out)
{
    struct slice text = slice_from_string(directory);
    ptrdiff_t colon = slice_find_last(slice_until(text, text.length - 1), '_');

    if (slice_equal(text, SLICE("_default")))
        return buffer_append_string(out, "*");
    if (slice_ends_with(text, SLICE("_")) && colon > 0) {
        (void)buffer_append_slice(out, slice_until(text, (size_t)colon));
        (void)buffer_append_char(out, ':');
        text = slice_from(slice_until(text, text.length - 1), (size_t)colon + 1);
    }
    return buffer_append_slice(out, text) && value_is_host(buffer_slice(out)); /* S19 */
}

static bool read_host(struct config_registry *registry, const char *parent, const char *entry,
                      struct warnings *warnings, struct error *error)
{
    CLEANUP(buffer_release) struct buffer directory = join(parent, entry, "");
    CLEANUP(buffer_release) struct buffer toml = join(parent, entry, "/hosts.toml");
    CLEANUP(buffer_release) struct buffer name = BUFFER_INIT(NAME_MAX);
    struct stat state;

    if (stat(buffer_string(&directory), &state) == 0 && !S_ISDIR(state.st_mode))
        return true;
    if (!read_name(entry, &name)) {
        warnings_add(warnings, "%s is passed over: that is no name of a host",
                     ESCAPED(buffer_slice(&directory)));
        return true;
    }
    setting_lower(name.data);
    if (access(buffer_string(&toml), F_OK) == 0)
        return hosts_toml_read(registry, buffer_slice(&name), buffer_string(&toml), warnings,
                               error);
    return read_docker(registry, buffer_slice(&name), buffer_string(&directory), error);
}

bool certs_dirs_read(struct config_registry *registry, struct warnings *warnings,
                     struct error *error)
{
    for (size_t i = 0; i < registry->certs_dirs.count; i++) {
        const char *path = registry->certs_dirs.items[i];
        CLEANUP(listing_release) struct listing hosts = {0};
        if (!listing_read(&hosts, path, error)) {
            error_prefix(error, "registry.certs_dirs: ");
            return false;
        }
        for (int j = 0; j < hosts.count; j++) {
            if (!read_host(registry, path, hosts.entries[j]->d_name, warnings, error))
                return false;
        }
    }
    return true;
}
