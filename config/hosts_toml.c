/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The file's top is about `server`, each [host."URL"] about one more host, in the order they are
 * asked. A host that is the registry itself says how that is spoken to; another is a mirror.
 */
#include "config/hosts_toml.h"

#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "base/file.h"
#include "config/hosts.h"
#include "config/toml.h"
#include "config/value.h"

enum {
    FILE_MAX = 256 * 1024,
    PATH_TEXT_MAX = 4096
};

/* One file under way. */
struct reading {
    struct config_registry *hosts;
    struct slice registry;
    const char *path;
    struct slice directory; /* of the file, with its slash */
    struct config_mirrors mirrors;
    struct warnings *warnings;
    struct error *error;
};

/* A host as its URL and its table tell it. */
struct place {
    unsigned line;
    struct slice host;
    struct slice path; /* without slashes at its ends */
    bool plain_http;
    bool is_overridden; /* the path is the API's whole path */
    bool may_pull;
    bool may_resolve;
};

static bool fail(const struct reading *reading, unsigned line, const char *what)
{
    return toml_fail(reading->path, line, reading->error, "%s", what);
}

static void warn(const struct reading *reading, unsigned line, const char *what)
{
    warnings_add(reading->warnings, "%s:%u: %s", ESCAPED(slice_from_string(reading->path)), line,
                 what);
}

/* -- places --------------------------------------------------------------------------------- */

static bool is_hub(struct slice host)
{
    return slice_equal(host, SLICE("docker.io")) || slice_equal(host, SLICE("index.docker.io")) ||
           slice_equal(host, SLICE("registry-1.docker.io")); /* R10 */
}

static struct slice without_end(struct slice text, struct slice end)
{
    return slice_ends_with(text, end) ? slice_until(text, text.length - end.length) : text;
}

static bool is_registry(const struct reading *reading, struct slice host)
{
    struct slice usual = SLICE(":443");

    return slice_equal_ignoring_case(without_end(host, usual),
                                     without_end(reading->registry, usual)) ||
           (is_hub(host) && is_hub(reading->registry));
}

static struct slice trim_slashes(struct slice path)
{
    while (slice_starts_with(path, SLICE("/")))
        path = slice_from(path, 1);
    while (slice_ends_with(path, SLICE("/")))
        path.length--;
    return path;
}

/* https where there is no scheme, as containerd has it. */
static bool read_url(const struct reading *reading, struct slice url, struct place *out)
{
    bool is_plain = slice_starts_with(url, SLICE("http://"));
    bool is_tls = slice_starts_with(url, SLICE("https://"));
    struct slice rest = slice_from(url, is_plain ? 7 : is_tls ? 8 : 0);

    out->host = slice_before(rest, '/');
    out->path = trim_slashes(slice_from(rest, out->host.length));
    out->plain_http = is_plain;
    return value_is_host(out->host) ||
           fail(reading, out->line, "expected a URL such as https://mirror.example.com:5000");
}

/* What stands before repositories there, below the /v2 that every API begins with. */
static bool read_prefix(const struct reading *reading, const struct place *place,
                        struct slice *prefix)
{
    bool is_v2 = slice_equal(place->path, SLICE("v2"));
    bool is_below = slice_starts_with(place->path, SLICE("v2/")) && place->is_overridden;

    *prefix = is_below ? slice_from(place->path, 3) : slice_of(NULL, 0);
    if (is_below && value_is_repository(*prefix))
        return true;
    return is_v2 || (place->path.length == 0 && !place->is_overridden) ||
           fail(reading, place->line,
                "only https://HOST, or override_path and https://HOST/v2/NAME, can be asked");
}

/* -- the keys of a host --------------------------------------------------------------------- */

static bool read_truth(const struct reading *reading, const struct toml *value, bool *out)
{
    *out = value->truth;
    return value->kind == TOML_BOOLEAN || fail(reading, value->line, "expected true or false");
}

static bool read_capabilities(const struct reading *reading, const struct toml *value,
                              struct place *place, struct config_host *host)
{
    (void)host;
    place->may_pull = place->may_resolve = false;
    if (value->kind != TOML_LIST)
        return fail(reading, value->line, "expected a list, such as [\"pull\", \"resolve\"]");
    for (const struct toml *item = value->first; item; item = item->next) {
        struct slice word = slice_from_string(item->kind == TOML_STRING ? item->text : NULL);
        bool is_pull = slice_equal(word, SLICE("pull"));
        bool is_resolve = slice_equal(word, SLICE("resolve"));
        place->may_pull |= is_pull;
        place->may_resolve |= is_resolve;
        if (!is_pull && !is_resolve && !slice_equal(word, SLICE("push")))
            return fail(reading, item->line, "expected \"pull\", \"resolve\" or \"push\"");
    }
    return true;
}

/* Relative paths begin where the file is. The caller frees. */
static char *read_path(const struct reading *reading, const struct toml *value)
{
    CLEANUP(buffer_release) struct buffer path = BUFFER_INIT(PATH_TEXT_MAX);

    if (value->kind != TOML_STRING || !value_is_text(slice_from_string(value->text))) {
        fail(reading, value->line, "expected the path of a file");
        return NULL;
    }
    if (value->text[0] != '/')
        (void)buffer_append_slice(&path, reading->directory);
    if (buffer_append_string(&path, value->text))
        return buffer_take(&path);
    fail(reading, value->line, "the path is too long");
    return NULL;
}

static bool read_ca(const struct reading *reading, const struct toml *value, struct place *place,
                    struct config_host *host)
{
    (void)place;
    const struct toml *first = value->kind == TOML_LIST ? value->first : value;
    size_t count = 0;

    for (const struct toml *item = first; item; item = value->kind == TOML_LIST ? item->next : NULL)
        count++;
    host->extra_ca_files.items = calloc(count + 1, sizeof(char *));
    if (!host->extra_ca_files.items)
        return error_no_memory(reading->error);
    for (const struct toml *item = first; host->extra_ca_files.count < count; item = item->next) {
        char *path = read_path(reading, item);
        if (!path)
            return false;
        host->extra_ca_files.items[host->extra_ca_files.count++] = path;
    }
    host->written |= hosts_key_bit("extra_ca_files");
    return true;
}

/* "both.pem", ["both.pem"] or [["cert.pem", "key.pem"]]; an empty key is in the certificate's file.
 */
static bool read_client(const struct reading *reading, const struct toml *value,
                        struct place *place, struct config_host *host)
{
    (void)place;
    const struct toml *client = value->kind == TOML_LIST ? value->first : value;
    const struct toml *certificate = client && client->kind == TOML_LIST ? client->first : client;
    const struct toml *key =
        client && client->kind == TOML_LIST && certificate ? certificate->next : NULL;
    bool has_key = key && !(key->kind == TOML_STRING && key->text[0] == '\0');

    if (!certificate || (value->kind == TOML_LIST && client->next) || (key && key->next))
        return fail(reading, value->line, "expected one certificate, and its key");
    host->client_cert = read_path(reading, certificate);
    host->client_key = read_path(reading, has_key ? key : certificate);
    host->written |= hosts_key_bit("client_cert") | hosts_key_bit("client_key");
    return host->client_cert && host->client_key;
}

static bool read_skip_verify(const struct reading *reading, const struct toml *value,
                             struct place *place, struct config_host *host)
{
    (void)place;
    host->written |= hosts_key_bit("insecure_skip_verify");
    return read_truth(reading, value, &host->insecure_skip_verify);
}

static bool read_override_path(const struct reading *reading, const struct toml *value,
                               struct place *place, struct config_host *host)
{
    (void)host;
    return read_truth(reading, value, &place->is_overridden);
}

static bool pass_dial_timeout(const struct reading *reading, const struct toml *value,
                              struct place *place, struct config_host *host)
{
    (void)place;
    (void)host;
    warn(reading, value->line, "dial_timeout is not heeded: a mirror has 2 s to connect");
    return true;
}

static bool refuse_header(const struct reading *reading, const struct toml *value,
                          struct place *place, struct config_host *host)
{
    (void)place;
    (void)host;
    return fail(reading, value->line,
                "headers are not sent: list the host under registry.hosts with its credentials");
}

static bool pass_other(const struct reading *reading, const struct toml *value, struct place *place,
                       struct config_host *host)
{
    (void)reading;
    (void)value;
    (void)place;
    (void)host;
    return true;
}

static const struct {
    const char *name;
    bool (*read)(const struct reading *reading, const struct toml *value, struct place *place,
                 struct config_host *host);
} keys[] = {
    {"capabilities", read_capabilities},
    {"override_path", read_override_path},
    {"ca", read_ca},
    {"client", read_client},
    {"skip_verify", read_skip_verify},
    {"dial_timeout", pass_dial_timeout},
    {"header", refuse_header},
    {"server", pass_other}, /* of the file's top */
    {"host", pass_other},
};

static bool read_key(const struct reading *reading, const struct toml *value, struct place *place,
                     struct config_host *host)
{
    struct slice key = slice_from_string(value->key);

    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        if (slice_equal_string(key, keys[i].name))
            return keys[i].read(reading, value, place, host);
    }
    return toml_fail(reading->path, value->line, reading->error, "unknown key '%s'", ESCAPED(key));
}

/* -- hosts ---------------------------------------------------------------------------------- */

static bool add_mirror(struct reading *reading, const struct place *place)
{
    struct config_mirrors *mirrors = &reading->mirrors;
    struct config_mirror *items =
        realloc(mirrors->items, (mirrors->count + 1) * sizeof(mirrors->items[0]));
    struct slice prefix = {0};

    if (!items)
        return error_no_memory(reading->error);
    mirrors->items = items;
    if (!read_prefix(reading, place, &prefix))
        return false;
    items[mirrors->count] = (struct config_mirror){.by_digest_only = !place->may_resolve};
    return setting_mirror_fill(&items[mirrors->count++], place->host, prefix, reading->error);
}

/* Over plain HTTP there is nothing to verify, whatever stands there. */
static bool adopt(const struct reading *reading, const struct place *place,
                  struct config_host *host)
{
    struct slice name = is_registry(reading, place->host) ? reading->registry : place->host;

    host->name = slice_copy(name);
    if (!host->name)
        return error_no_memory(reading->error);
    setting_lower(host->name);
    host->plain_http = place->plain_http;
    if (place->plain_http)
        host->written = 0;
    host->written |= hosts_key_bit("plain_http");
    return hosts_adopt(reading->hosts, host, reading->path, reading->error);
}

static bool read_keys(const struct reading *reading, const struct toml *table, struct place *place,
                      struct config_host *host)
{
    for (const struct toml *value = table->first; value; value = value->next) {
        if (!read_key(reading, value, place, host))
            return false;
    }
    return true;
}

/* `table` is a host's, or the file's top. */
static bool read_place(const struct reading *reading, struct slice url, unsigned line,
                       const struct toml *table, struct place *place)
{
    struct config_host host = {.name = NULL};

    *place = (struct place){.line = line, .may_pull = true, .may_resolve = true};
    bool done = read_url(reading, url, place) && read_keys(reading, table, place, &host) &&
                adopt(reading, place, &host);
    hosts_release_one(&host);
    return done;
}

static bool read_host(struct reading *reading, const struct toml *table)
{
    struct place place;

    if (table->kind != TOML_TABLE)
        return fail(reading, table->line, "expected [host.\"https://mirror.example.com\"]");
    if (!read_place(reading, slice_from_string(table->key), table->line, table, &place))
        return false;
    return is_registry(reading, place.host) || !place.may_pull || add_mirror(reading, &place);
}

static const struct toml *get(const struct toml *table, const char *key)
{
    const struct toml *value = table->first;

    while (value && !slice_equal_string(slice_from_string(value->key), key))
        value = value->next;
    return value;
}

/* What all hosts would have in common is not theirs to say: it would be about no server. */
static bool refuse_top(const struct reading *reading, const struct toml *root)
{
    for (const struct toml *value = root->first; value; value = value->next) {
        if (strcmp(value->key, "host") != 0)
            return fail(reading, value->line, "there is no server that this could be about");
    }
    return true;
}

/* Without `server` the file's top is about the registry itself. */
static bool read_server(struct reading *reading, const struct toml *root)
{
    const struct toml *server = get(root, "server");
    struct slice url = reading->registry;
    struct place place;

    if (server && server->kind != TOML_STRING)
        return fail(reading, server->line, "expected the URL of the registry");
    if (server)
        url = slice_from_string(server->text);
    else if (slice_equal(url, SLICE("*")))
        return refuse_top(reading, root);
    if (!read_place(reading, url, server ? server->line : 1, root, &place))
        return false;
    if (is_registry(reading, place.host))
        return true;
    warn(reading, place.line,
         "server is another host than the registry: it is asked as the last mirror, and then the "
         "registry itself");
    return add_mirror(reading, &place);
}

static bool read_hosts(struct reading *reading, const struct toml *root)
{
    const struct toml *hosts = get(root, "host");

    if (hosts && hosts->kind != TOML_TABLE)
        return fail(reading, hosts->line, "expected [host.\"https://mirror.example.com\"]");
    for (const struct toml *host = hosts ? hosts->first : NULL; host; host = host->next) {
        if (!read_host(reading, host))
            return false;
    }
    return true;
}

static bool adopt_mirrors(struct reading *reading)
{
    CLEANUP(hosts_release_one) struct config_host host = {.name = NULL};

    host.mirrors = reading->mirrors;
    reading->mirrors = (struct config_mirrors){0};
    host.written = host.mirrors.count ? hosts_key_bit("mirrors") : 0;
    host.name = slice_copy(reading->registry);
    if (!host.name)
        return error_no_memory(reading->error);
    return hosts_adopt(reading->hosts, &host, reading->path, reading->error);
}

bool hosts_toml_read(struct config_registry *hosts, struct slice registry, const char *path,
                     struct warnings *warnings, struct error *error)
{
    CLEANUP(buffer_release) struct buffer text = BUFFER_INIT(FILE_MAX);
    struct slice whole = slice_from_string(path);
    struct reading reading = {
        .hosts = hosts,
        .registry = registry,
        .path = path,
        .directory = slice_until(whole, (size_t)(slice_find_last(whole, '/') + 1)),
        .warnings = warnings,
        .error = error,
    };

    if (!file_read(path, &text, error))
        return false;
    CLEANUP(toml_free_p) struct toml *root = toml_parse(buffer_slice(&text), path, error);
    bool done = root && read_hosts(&reading, root) && read_server(&reading, root);
    struct config_host rest = {.mirrors = reading.mirrors};
    if (done)
        return adopt_mirrors(&reading);
    hosts_release_one(&rest);
    return false;
}
