/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/guard.h"

#include <netinet/in.h>
#include <string.h>

#include "base/escape.h"
#include "config/config.h"
#include "manifest/manifest.h"
#include "registry/authority.h"

/* -- addresses ------------------------------------------------------------------------------ */

struct ipv4_block {
    uint8_t start[4];
    unsigned bits;
};

static const struct ipv4_block private_ipv4[] = {
    {{0}, 8},          /* "this network"; Linux takes 0.0.0.0 for loopback */
    {{10}, 8},         /* private, RFC 1918 */
    {{100, 64}, 10},   /* carrier-grade NAT; some clouds' metadata: 100.100.100.200 */
    {{127}, 8},        /* loopback */
    {{169, 254}, 16},  /* link-local; most clouds' metadata: 169.254.169.254 */
    {{172, 16}, 12},   /* private */
    {{192, 0, 0}, 24}, /* IETF protocol assignments */
    {{192, 168}, 16},  /* private */
    {{198, 18}, 15},   /* benchmarking */
    {{224}, 4},        /* multicast */
    {{240}, 4},        /* reserved, broadcast */
};

struct ipv6_block {
    uint8_t start[16];
    unsigned bits;
    /* Where the IPv4 address inside begins, which is judged instead; 0: the block is private. */
    size_t ipv4_at;
};

static const struct ipv6_block special_ipv6[] = {
    {{[10] = 0xff, [11] = 0xff}, 96, 12},          /* ::ffff:0:0, IPv4-mapped */
    {{0x00, 0x64, 0xff, 0x9b}, 96, 12},            /* 64:ff9b::, NAT64 */
    {{0x20, 0x02}, 16, 2},                         /* 2002::, 6to4 */
    {{0}, 96, 0},                                  /* ::, ::1 and the old IPv4-compatible ones */
    {{0x00, 0x64, 0xff, 0x9b, 0x00, 0x01}, 48, 0}, /* 64:ff9b:1::, local NAT64, RFC 8215 */
    {{0xfc}, 7, 0},                                /* fc00::, unique local */
    {{0xfe, 0x80}, 10, 0},                         /* link-local */
    {{0xfe, 0xc0}, 10, 0},                         /* site-local, as it once was */
    {{0xff}, 8, 0},                                /* multicast */
};

static bool is_within(const uint8_t *address, const uint8_t *start, unsigned bits)
{
    unsigned whole = bits / 8;
    unsigned mask = 0xffU << (8 - bits % 8) & 0xff;

    if (memcmp(address, start, whole) != 0)
        return false;
    return bits % 8 == 0 || (address[whole] & mask) == start[whole];
}

static bool is_private_ipv4(const uint8_t address[4])
{
    for (size_t i = 0; i < sizeof(private_ipv4) / sizeof(private_ipv4[0]); i++) {
        if (is_within(address, private_ipv4[i].start, private_ipv4[i].bits))
            return true;
    }
    return false;
}

static bool is_private_ipv6(const struct in6_addr *address)
{
    for (size_t i = 0; i < sizeof(special_ipv6) / sizeof(special_ipv6[0]); i++) {
        const struct ipv6_block *block = &special_ipv6[i];
        if (!is_within(address->s6_addr, block->start, block->bits))
            continue;
        return block->ipv4_at == 0 || is_private_ipv4(address->s6_addr + block->ipv4_at);
    }
    return false;
}

bool guard_is_private(const struct sockaddr *address)
{
    struct sockaddr_in ipv4;
    struct sockaddr_in6 ipv6;

    if (address->sa_family == AF_INET) {
        memcpy(&ipv4, address, sizeof(ipv4));
        return is_private_ipv4((const uint8_t *)&ipv4.sin_addr);
    }
    if (address->sa_family == AF_INET6) {
        memcpy(&ipv6, address, sizeof(ipv6));
        return is_private_ipv6(&ipv6.sin6_addr);
    }
    return true;
}

/* What can be said of a host without resolving it. */
static bool is_written_private(const struct authority *authority)
{
    return authority_is_loopback(authority) ||
           (authority->is_address && is_private_ipv6(&authority->address));
}

/* -- hosts ---------------------------------------------------------------------------------- */

static uint16_t port_or(const struct authority *authority, uint16_t usual)
{
    return authority->port ? authority->port : usual;
}

/* "*" and "*.example.com"; the latter is not example.com itself. */
static bool wildcard_covers(struct slice wildcard, struct slice host)
{
    struct slice domain = slice_from(wildcard, 1);

    return host.length > domain.length &&
           slice_equal_ignoring_case(slice_from(host, host.length - domain.length), domain);
}

static bool pattern_covers(const struct authority *pattern, const struct authority *host)
{
    if (pattern->port && pattern->port != port_or(host, 443))
        return false;
    if (pattern->host.data[0] == '*')
        return wildcard_covers(pattern->host, host->host);
    return authority_same_host(pattern, host);
}

/* The first pattern that covers the host, or NULL; with `by_port`, only of those that name a
 * port. */
static const char *find_pattern(const struct string_list *patterns, const struct authority *host,
                                bool by_port)
{
    for (size_t i = 0; i < patterns->count; i++) {
        struct authority pattern;
        if (!authority_parse(slice_from_string(patterns->items[i]), &pattern))
            continue;
        if ((pattern.port || !by_port) && pattern_covers(&pattern, host))
            return patterns->items[i];
    }
    return NULL;
}

/* The line that would list the host stands in the message; a bracket needs quotes in YAML. */
static bool refuse_unlisted(struct error *error, const char *registry, const char *why)
{
    const char *quote = registry[0] == '[' ? "\"" : "";

    return error_set(error, ERROR_FORBIDDEN,
                     "registry '%s' %s and is not listed: add `- name: %s%s%s` under "
                     "registry.hosts",
                     registry, why, quote, registry, quote);
}

static bool refuse_denied(struct error *error, const char *host, const char *pattern)
{
    return error_set(error, ERROR_FORBIDDEN, "registry '%s' is refused by '%s' in registry.deny",
                     host, pattern);
}

/* What a proxy would connect to on our word (S3). */
bool guard_check_literal(const struct url *url, struct error *error)
{
    struct authority host;

    if (authority_parse(slice_from_string(url->host), &host) && !is_written_private(&host))
        return true;
    return error_set(error, ERROR_FORBIDDEN,
                     "'%s' is at a private address: list it under registry.hosts, or set "
                     "registry.allow_private",
                     url->host);
}

bool guard_check_place(const struct config_registry *settings, const struct url *place,
                       struct error *error)
{
    struct authority host;

    if (!authority_parse(slice_from_string(place->host), &host))
        return error_set(error, ERROR_FORBIDDEN, "'%s' is not the name of a host",
                         ESCAPED(slice_from_string(place->host)));
    host.port = place->port;
    const char *denied = find_pattern(&settings->deny, &host, false);
    return !denied || refuse_denied(error, place->host, denied);
}

bool guard_check_host(const struct config_registry *settings, const char *registry,
                      struct error *error)
{
    const char *shown = ESCAPED(slice_from_string(registry));
    struct authority host;

    if (!authority_parse(slice_from_string(registry), &host))
        return error_set(error, ERROR_FORBIDDEN, "'%s' is not the name of a registry", shown);
    const char *denied = find_pattern(&settings->deny, &host, false);
    if (denied)
        return refuse_denied(error, shown, denied);
    if (endpoint_listed(settings, registry))
        return true;
    if (!find_pattern(&settings->allow, &host, false)) {
        return error_set(error, ERROR_FORBIDDEN,
                         "registry '%s' is not allowed: add it to registry.allow", shown);
    }
    if (settings->open)
        return true;
    if (port_or(&host, 443) != 443 && !find_pattern(&settings->allow, &host, true))
        return refuse_unlisted(error, shown, "has a port other than 443");
    if (!settings->allow_private && is_written_private(&host))
        return refuse_unlisted(error, shown, "is at a private address");
    return true;
}

/* -- redirects and realms ------------------------------------------------------------------- */

static bool is_plain(const struct url *url)
{
    return strcmp(url->scheme, "http") == 0;
}

bool guard_check_redirect(const struct endpoint *endpoint, const struct url *from,
                          const struct url *next, struct error *error)
{
    if (!is_plain(next) || (endpoint->plain_http && is_plain(from)))
        return true;
    return error_set(error, ERROR_UPSTREAM, "the registry redirects to '%s' by plain HTTP",
                     ESCAPED(slice_from_string(next->host)));
}

/* Pairs of different hosts under one operator; the realms speak https at 443. */
static const struct {
    const char *registry;
    const char *realm;
} known_realms[] = {
    {"docker.io", "auth.docker.io"},
    {"registry.gitlab.com", "gitlab.com"},
    {"nvcr.io", "authn.nvidia.com"},
};

static bool is_known_realm(const struct endpoint *endpoint, const struct url *realm)
{
    struct slice registry = slice_from_string(endpoint->registry);

    if (reference_is_docker_hub(registry))
        registry = SLICE("docker.io");
    if (is_plain(realm) || realm->port != 443)
        return false;
    for (size_t i = 0; i < sizeof(known_realms) / sizeof(known_realms[0]); i++) {
        if (slice_equal_string(registry, known_realms[i].registry))
            return strcmp(realm->host, known_realms[i].realm) == 0;
    }
    return false;
}

/* Whether the realm's host and port are those that `text` names. */
static bool is_realm_at(const struct url *realm, struct slice text, uint16_t usual_port)
{
    struct authority named;
    struct authority host;

    return authority_parse(text, &named) &&
           authority_parse(slice_from_string(realm->host), &host) &&
           authority_same_host(&named, &host) && port_or(&named, usual_port) == realm->port;
}

/* The endpoint's base is a scheme, two slashes and the authority. */
static bool is_own_realm(const struct endpoint *endpoint, const struct url *realm)
{
    struct slice base = slice_from_string(endpoint->base);
    struct slice authority = slice_from(base, (size_t)slice_find(base, '/') + 2);

    return is_realm_at(realm, authority, endpoint->plain_http ? 80 : 443);
}

static bool is_downgrade(const struct endpoint *endpoint, const struct url *realm)
{
    return is_plain(realm) && !endpoint->plain_http;
}

bool guard_check_realm(const struct endpoint *endpoint, const struct url *realm,
                       struct error *error)
{
    if (!is_downgrade(endpoint, realm))
        return true;
    return error_set(error, ERROR_DENIED, "the registry sends us to '%s' for a token by plain HTTP",
                     ESCAPED(slice_from_string(realm->host)));
}

bool guard_realm_is_listed(const struct endpoint *endpoint, const struct url *realm)
{
    uint16_t usual_port = is_plain(realm) ? 80 : 443;

    for (size_t i = 0; endpoint->host && i < endpoint->host->realm.count; i++) {
        if (is_realm_at(realm, slice_from_string(endpoint->host->realm.items[i]), usual_port))
            return !is_downgrade(endpoint, realm);
    }
    return false;
}

bool guard_realm_is_trusted(const struct endpoint *endpoint, const struct url *realm)
{
    return !is_downgrade(endpoint, realm) &&
           (is_own_realm(endpoint, realm) || guard_realm_is_listed(endpoint, realm) ||
            is_known_realm(endpoint, realm));
}
