/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One operation's dealings with one registry: where it lives, who we are to it, until when.
 */
#ifndef REGISTRY_SESSION_H
#define REGISTRY_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "registry/core.h"
#include "registry/endpoint.h"
#include "registry/retry.h"

struct buffer;
struct credential;
struct transfer;

struct session {
    struct registry *registry;
    struct endpoint endpoint;
    struct url origin;                   /* of endpoint.base */
    const char *repository;              /* borrowed */
    const struct credential *credential; /* NULL: anonymous */
    struct credential *operators;        /* owned; what `credential` may point to */
    int64_t deadline;                    /* clock_monotonic_ms() */
    unsigned retries;
    bool is_stranger;
};

/* Judges the host by our rules and finds out who we are to it: the question's credential, else the
 * listed host's. Errors: forbidden, invalid (a credential for another registry), internal. */
bool session_open(struct registry *registry, const struct registry_question *question,
                  struct session *out, struct error *error) MUST_USE;
void session_close(struct session *session);

/* On whose word a URL is asked: it decides what the URL may reach. */
enum route {
    ROUTE_REGISTRY, /* the registry itself */
    ROUTE_REDIRECT, /* the registry's redirect; a private target only if the registry is private */
    ROUTE_REALM     /* the challenge's realm */
};

/* Makes the transfer for a URL with the security its route allows, and the session's deadline. The
 * caller frees. Errors: forbidden (registry.deny), upstream (an unreadable CA file), internal. */
struct transfer *session_transfer(const struct session *session, const struct url *url,
                                  enum route route, bool registry_is_private,
                                  struct error *error) MUST_USE;

/* Adds an Authorization with this value, which is cleansed and released in any case. */
bool session_add_authorization(struct transfer *transfer, struct buffer *value,
                               struct error *error) MUST_USE;
/* Adds the session's username and password, which it has. Errors: internal. */
bool session_add_basic(const struct session *session, struct transfer *transfer,
                       struct error *error) MUST_USE;

#endif
