/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which hosts and addresses may be reached, and who may be given credentials (rules S1-S5,
 * A14, A15). Callers name the hosts, so this is what stands between a stranger and the operator's
 * inner network.
 */
#ifndef REGISTRY_GUARD_H
#define REGISTRY_GUARD_H

#include <stdbool.h>
#include <sys/socket.h>

#include "base/error.h"
#include "registry/endpoint.h"

struct config_registry;

/*
 * allow, deny (wins, over listed hosts too), the port rule of docs/architecture.md's decision 13
 * and literal addresses in whatever spelling. Patterns: "*", "host", "host:port", "*.example.com";
 * one with a port means that port (443 where a reference has none), one without means any. Only a
 * listed host, an allow pattern that names the port, or a person's own run opens a port other than
 * 443. Errors: forbidden; the text names the host and the setting to change.
 */
bool guard_check_host(const struct config_registry *settings, const char *registry,
                      struct error *error) MUST_USE;

/* Only registry.deny: for places a registry sends us to. Errors: forbidden. */
bool guard_check_place(const struct config_registry *settings, const struct url *place,
                       struct error *error) MUST_USE;

/* Only the address, where the host is written as one: all that can be judged where a proxy does the
 * connecting. Errors: forbidden. */
bool guard_check_literal(const struct url *url, struct error *error) MUST_USE;

/* S1: loopback, private, link-local, multicast, unspecified, carrier-grade NAT, benchmarking,
 * reserved; IPv4 inside IPv6 (mapped, NAT64, 6to4) is judged by the inner address. What is not an
 * internet address is private. */
bool guard_is_private(const struct sockaddr *address);

/* Whether `next` may follow `from` as a redirect of `endpoint` (H15, H16): never https to http, and
 * http only where the registry itself speaks it. (Addresses are judged when connecting.) Errors:
 * upstream. */
bool guard_check_redirect(const struct endpoint *endpoint, const struct url *from,
                          const struct url *next, struct error *error) MUST_USE;

/* A14: whether a token may be asked of this realm at all: by https, unless the registry itself
 * speaks http. (Addresses are judged when connecting.) Errors: denied. */
bool guard_check_realm(const struct endpoint *endpoint, const struct url *realm,
                       struct error *error) MUST_USE;
/* A15: whether the realm may be given the registry's credentials: the registry's own host and port,
 * the listed host's `realm` entries ("host" is its default port, else "host:port"), or a pair known
 * to belong together (docker.io -> auth.docker.io, registry.gitlab.com -> gitlab.com, nvcr.io ->
 * authn.nvidia.com). */
bool guard_realm_is_trusted(const struct endpoint *endpoint, const struct url *realm);
/* Only the second of these: the operator has named it beside the host. */
bool guard_realm_is_listed(const struct endpoint *endpoint, const struct url *realm);

#endif
