/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/credential_key.h"

#include "manifest/manifest.h"
#include "registry/authority.h"

/* How the host was named, least first. */
enum naming {
    NAMING_NONE,
    NAMING_PATTERN,
    NAMING_HOST,
    NAMING_CANONICAL,
    NAMING_COUNT
};

static struct slice without_scheme(struct slice text)
{
    if (slice_starts_with(text, SLICE("https://")))
        return slice_from(text, sizeof("https://") - 1);
    if (slice_starts_with(text, SLICE("http://")))
        return slice_from(text, sizeof("http://") - 1);
    return text;
}

struct credential_key credential_key_parse(struct slice text)
{
    struct slice rest = without_scheme(text);
    struct credential_key key = {.host = slice_take_part(&rest, '/')};

    key.path = rest;
    if (slice_ends_with(key.path, SLICE("/")))
        key.path.length--;
    if (slice_equal_string(key.path, "v1") || slice_equal_string(key.path, "v2"))
        key.path.length = 0;
    return key;
}

bool credential_key_same_host(struct slice host, struct slice registry)
{
    return slice_equal_ignoring_case(host, registry) ||
           (reference_is_docker_hub(host) && reference_is_docker_hub(registry));
}

const char *credential_key_canonical(const char *registry)
{
    bool is_hub = reference_is_docker_hub(slice_from_string(registry));
    return is_hub ? "https://index.docker.io/v1/" : registry;
}

/* -- patterns (C13) ------------------------------------------------------------------------- */

/* '*' stands for any bytes. On a mismatch the last '*' takes one byte more. */
static bool label_matches(struct slice pattern, struct slice label)
{
    size_t at = 0;
    size_t star = pattern.length; /* none yet */
    size_t taken = 0;

    for (size_t i = 0; i < label.length;) {
        if (at < pattern.length && pattern.data[at] == '*') {
            star = at++;
            taken = i;
        } else if (at < pattern.length && slice_equal_ignoring_case(slice_of(pattern.data + at, 1),
                                                                    slice_of(label.data + i, 1))) {
            at++;
            i++;
        } else if (star < pattern.length) {
            at = star + 1;
            i = ++taken;
        } else {
            return false;
        }
    }
    while (at < pattern.length && pattern.data[at] == '*')
        at++;
    return at == pattern.length;
}

/* Label by label, so that a '*' never stands for a dot: as many labels, and the same port. */
static bool pattern_matches(struct slice text, struct slice registry)
{
    struct authority pattern;
    struct authority host;

    if (slice_find(text, '*') < 0 || !authority_parse(text, &pattern) ||
        !authority_parse(registry, &host) || pattern.port != host.port)
        return false;
    while (pattern.host.length && host.host.length) {
        if (!label_matches(slice_take_part(&pattern.host, '.'), slice_take_part(&host.host, '.')))
            return false;
    }
    return pattern.host.length == 0 && host.host.length == 0;
}

/* -- choosing ------------------------------------------------------------------------------- */

static enum naming find_naming(struct slice text, struct slice host, const char *registry,
                               bool may_be_pattern)
{
    struct slice wanted = slice_from_string(registry);

    if (slice_equal_string(text, credential_key_canonical(registry)))
        return NAMING_CANONICAL;
    if (credential_key_same_host(host, wanted))
        return NAMING_HOST;
    return may_be_pattern && pattern_matches(host, wanted) ? NAMING_PATTERN : NAMING_NONE;
}

static bool path_covers(struct slice path, struct slice repository)
{
    struct slice rest = slice_from(repository, path.length);

    if (path.length == 0)
        return true;
    return slice_starts_with(repository, path) &&
           (rest.length == 0 || slice_starts_with(rest, SLICE("/")));
}

unsigned credential_key_rank(struct slice text, const char *registry, const char *repository,
                             bool may_be_pattern)
{
    struct credential_key key = credential_key_parse(text);
    enum naming naming = find_naming(text, key.host, registry, may_be_pattern);

    if (naming == NAMING_NONE || !path_covers(key.path, slice_from_string(repository)))
        return 0;
    return (unsigned)key.path.length * NAMING_COUNT + naming;
}
