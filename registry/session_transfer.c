/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a URL may reach on whose word, and with which certificates, through which proxy: one request
 * of a session made ready to be sent.
 */
#include <string.h>

#include "base/clock.h"
#include "registry/client_certificate.h"
#include "registry/gates.h"
#include "registry/guard.h"
#include "registry/proxy.h"
#include "registry/session.h"
#include "registry/transfer.h"
#include "registry/trust.h"

enum {
    CONNECT_TIMEOUT_MS = 10 * 1000,
    STRANGER_CONNECT_TIMEOUT_MS = 5 * 1000,
    MIRROR_CONNECT_TIMEOUT_MS = 2 * 1000, /* there are others who can be asked */
    ANSWER_TIMEOUT_MS = 60 * 1000,        /* H31 */
    HOST_SIZE = 300
};

/* -- places --------------------------------------------------------------------------------- */

struct place {
    const struct config_host *host; /* what the settings say of it; NULL: nothing */
    const struct proxy *proxy;
    bool is_registry; /* the registry's own origin */
    bool is_trusted;  /* it may know who we are */
    bool is_insecure;
    bool may_be_private;
    bool is_isolated;
};

static const struct config_host *find_listed(const struct config_registry *settings,
                                             const struct url *url, struct slice name)
{
    const struct config_host *listed = config_registry_host(settings, name);
    bool is_usual = url->port == (strcmp(url->scheme, "http") == 0 ? 80 : 443);

    if (!listed && is_usual)
        listed = config_registry_host(settings, slice_from_string(url->host));
    return listed;
}

/* What the settings say of the place a URL leads to, by its name with its port, or without a usual
 * one. `*is_listed`: of this very place. */
static const struct config_host *find_host(const struct config_registry *settings,
                                           const struct url *url, bool *is_listed)
{
    struct buffer name = BUFFER_INIT(HOST_SIZE);

    (void)buffer_format(&name, "%s:%u", url->host, (unsigned)url->port);
    const struct config_host *host = find_listed(settings, url, buffer_slice(&name));
    *is_listed = host != NULL;
    if (!host)
        host = config_registry_pattern(settings, buffer_slice(&name));
    buffer_release(&name);
    return host;
}

static struct place own_place(const struct session *session)
{
    return (struct place){
        .host = session->endpoint.host,
        .is_registry = true,
        .is_trusted = true,
        .is_insecure = session->endpoint.insecure,
        .may_be_private = session->endpoint.may_be_private,
    };
}

/* H16, A14: an address on somebody's word alone. */
static bool is_vouched_for(const struct session *session, const struct url *url, enum route route,
                           bool registry_is_private)
{
    const struct endpoint *endpoint = &session->endpoint;

    if (route == ROUTE_REDIRECT)
        return registry_is_private;
    /* A realm the operator listed beside the host. */
    return route == ROUTE_REALM && (guard_realm_is_listed(endpoint, url) ||
                                    (endpoint->is_listed && guard_realm_is_trusted(endpoint, url)));
}

/* S2: a connection opened to a private address only on somebody's word must not be found by a later
 * request that names the place itself: it is isolated. */
static struct place other_place(const struct session *session, const struct url *url,
                                enum route route, bool registry_is_private)
{
    const struct config_registry *settings = session->registry->settings;
    bool is_listed = false;
    const struct config_host *host = find_host(settings, url, &is_listed);
    /* That the operator listed a host opens it to whom they listed besides, not to the world. */
    bool is_known = is_listed && (session->endpoint.is_listed || registry_is_private);
    bool is_open = is_known || settings->allow_private || settings->open;
    bool is_isolated = !is_open && is_vouched_for(session, url, route, registry_is_private);

    return (struct place){
        .host = host,
        .is_trusted = route == ROUTE_REALM && guard_realm_is_trusted(&session->endpoint, url),
        .is_insecure = settings->insecure || (host && host->insecure_skip_verify),
        .may_be_private = is_open || is_isolated,
        .is_isolated = is_isolated,
    };
}

static struct place judge(const struct session *session, const struct url *url, enum route route,
                          bool registry_is_private)
{
    struct place place = url_same_origin(url, &session->origin)
                             ? own_place(session)
                             : other_place(session, url, route, registry_is_private);

    place.proxy = proxy_find(session->registry->proxies, url);
    return place;
}

static bool check_place(const struct session *session, const struct place *place,
                        const struct url *url, struct error *error)
{
    if (!place->is_registry && !guard_check_place(session->registry->settings, url, error))
        return false;
    return !place->proxy || place->may_be_private || guard_check_literal(url, error);
}

/* -- what a place is asked with ------------------------------------------------------------- */

/* The certificate of a proxy that speaks TLS is verified whatever is asked behind it. */
static bool add_trust(struct transfer *transfer, const struct session *session,
                      const struct place *place, struct error *error)
{
    bool is_verified = !transfer->may_be_plain && !transfer->is_insecure;
    bool is_proxy_verified = place->proxy && strncmp(place->proxy->url, "https:", 6) == 0;

    if (!is_verified && !is_proxy_verified)
        return true;
    transfer->trust = trust_find(session->registry->trust, is_verified ? place->host : NULL, error);
    return transfer->trust != NULL;
}

/* H15: who we are is shown to the registry, and to a realm that may know. */
static bool add_certificate(struct transfer *transfer, const struct session *session,
                            const struct place *place, struct error *error)
{
    const struct config_host *host = place->host;

    if (!host || !host->client_cert || !place->is_trusted || transfer->may_be_plain)
        return true;
    transfer->certificate = client_certificate_find(session->registry->certificates,
                                                    host->client_cert, host->client_key, error);
    return transfer->certificate != NULL;
}

static bool add_gate(struct transfer *transfer, const struct session *session,
                     const struct place *place, const struct url *url, struct error *error)
{
    struct buffer name = BUFFER_INIT(HOST_SIZE);

    if (!place->host || place->host->max_concurrent == 0)
        return true;
    (void)buffer_format(&name, "%s:%u", url->host, (unsigned)url->port);
    if (buffer_ok(&name))
        transfer->gate =
            gate_ref(session->registry->gates, buffer_string(&name), place->host->max_concurrent);
    buffer_release(&name);
    return transfer->gate || error_no_memory(error);
}

/* A push has hours, but no single answer does. */
static int64_t find_deadline(const struct session_wish *wish)
{
    int64_t longest = clock_monotonic_ms() + ANSWER_TIMEOUT_MS;

    return wish->is_push && longest < wish->deadline ? longest : wish->deadline;
}

static int64_t connect_timeout(const struct session_wish *wish)
{
    if (wish->mirrored)
        return MIRROR_CONNECT_TIMEOUT_MS;
    return wish->is_stranger ? STRANGER_CONNECT_TIMEOUT_MS : CONNECT_TIMEOUT_MS;
}

struct transfer *session_transfer(const struct session *session, const struct url *url,
                                  enum route route, bool registry_is_private, struct error *error)
{
    struct place place = judge(session, url, route, registry_is_private);

    if (!check_place(session, &place, url, error))
        return NULL;
    CLEANUP(transfer_free_p) struct transfer *transfer = transfer_new(url->text);
    if (!transfer) {
        error_no_memory(error);
        return NULL;
    }
    transfer->deadline = find_deadline(&session->wish);
    transfer->connect_timeout = connect_timeout(&session->wish);
    transfer->may_be_private = place.may_be_private;
    transfer->is_isolated = place.is_isolated;
    transfer->may_be_plain = strcmp(url->scheme, "http") == 0;
    transfer->is_insecure = place.is_insecure;
    transfer->proxy = place.proxy;
    transfer->watched = session->registry;
    transfer->asked = session->endpoint.registry;
    transfer->operation = route == ROUTE_REALM ? REGISTRY_TOKEN : REGISTRY_PING;
    if (!add_trust(transfer, session, &place, error) ||
        !add_certificate(transfer, session, &place, error) ||
        !add_gate(transfer, session, &place, url, error))
        return NULL;
    return TAKE(transfer);
}
