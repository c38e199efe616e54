/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which hosts and addresses may be reached, and who may be given credentials (protocol.md S1-S5,
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

/* allow, deny (wins), the port rule of design.md's decision 13 and literal addresses. Patterns:
 * "*", "host", "host:port", "*.example.com"; an allow pattern with a port names that port. Errors:
 * forbidden; the text names the host and the setting to change. */
bool guard_check_host(const struct config_registry *settings, const char *registry,
                      struct error *error) MUST_USE;

/* S1: loopback, private, link-local, multicast, unspecified, carrier-grade NAT, benchmarking,
 * reserved; IPv4 inside IPv6 (mapped, NAT64, 6to4) is judged by the inner address. */
bool guard_is_private(const struct sockaddr *address);

/* Whether `next` may follow `from` as a redirect of `endpoint` (H15, H16): never https to http.
 * (Addresses are judged when connecting.) Errors: upstream. */
bool guard_check_redirect(const struct endpoint *endpoint, const struct url *from,
                          const struct url *next, struct error *error) MUST_USE;

/* A14: whether a token may be asked of this realm at all. Errors: denied. */
bool guard_check_realm(const struct endpoint *endpoint, const struct url *realm,
                       struct error *error) MUST_USE;
/* A15: whether the realm may be given the registry's credentials: the registry's own host and port,
 * the listed host's `realm` entries, or a pair known to belong together (docker.io ->
 * auth.docker.io, registry.gitlab.com -> gitlab.com, nvcr.io -> authn.nvidia.com). */
bool guard_realm_is_trusted(const struct endpoint *endpoint, const struct url *realm);

#endif
