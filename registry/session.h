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

/* What a session is opened for. Everything is borrowed for the session's life. */
struct session_wish {
    const char *registry; /* a reference's */
    const char *repository;
    const struct credential
        *credential;     /* the caller's own, or NULL: the operator's for the host */
    const char *actions; /* of the token's scope (A6): "pull", "pull,push", ... */
    /* Repositories of the same registry that blobs are mounted from; their pull scope is asked for
     * after our own (A18). */
    const char *const *mount_sources;
    size_t mount_source_count;
    int64_t deadline; /* clock_monotonic_ms() */
    unsigned retries;
    bool is_stranger;
    const char *mirrored; /* the registry that `registry` is asked as a mirror of; NULL: itself */
    bool is_push;         /* goes through the push engine */
    /* Without `credential` anonymous: neither the listed host's nor the files' are used. */
    bool no_operator_credentials;
};

/* To read the repository of a question's reference. */
struct session_wish session_wish_to_read(const struct registry_question *question);

struct session {
    struct registry *registry;
    struct transfer_engine *engine; /* the registry's for queries, or for pushes */
    struct endpoint endpoint;
    struct url origin; /* of endpoint.base */
    struct session_wish wish;
    const struct credential *credential; /* NULL: anonymous */
    struct credential *operators;        /* owned; what `credential` may point to */
    unsigned credential_number;          /* grows with each that takes another's place */
    bool is_stored;                      /* `operators` came from the credential files */
    unsigned rejected;                   /* how many of what a file has for it (C13) */
    bool is_narrow;                      /* mount sources stay out of the scope (A18) */
    bool is_under_way;                   /* something has been asked in it */
    bool was_answered;                   /* and something was said, whatever */
    size_t documents;                    /* bytes of the engine's memory that it has */
};

/* Judges the host by our rules and finds out who we are to it: the wish's credential, else the
 * listed host's, else what the credential files say. Errors: forbidden, invalid (a credential for
 * another registry; an unusable credential file), internal. */
bool session_open(struct registry *registry, const struct session_wish *wish, struct session *out,
                  struct error *error) MUST_USE;
void session_close(struct session *session);
/* T27, C13: the registry has rejected the credential. True where a helper has another now, which is
 * asked once a session, or the file has one more. */
bool session_renew_credential(struct session *session) MUST_USE;

/* Accounts for a document that was read in it until the session is closed: nothing keeps one
 * longer. Errors: too_large, overloaded. */
bool session_keep_document(struct session *session, size_t bytes, struct error *error) MUST_USE;

/* For session_open(). Errors: as its. */
bool session_choose_credential(struct session *session, struct error *error) MUST_USE;

/* On whose word a URL is asked: it decides what the URL may reach. */
enum route {
    ROUTE_REGISTRY, /* the registry itself */
    ROUTE_REDIRECT, /* the registry's redirect; a private target only if the registry is private */
    ROUTE_REALM     /* the challenge's realm */
};

/* Makes the transfer for a URL with the security its route allows, and the session's deadline. The
 * caller frees. Errors: forbidden (registry.deny; a private address behind a proxy), upstream (an
 * unreadable certificate), internal. */
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
