/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Polite requests to one registry: authenticated when asked to be, redirected by hand, tried again
 * where it may help, capped, and their content verified.
 *
 * Many fetches go side by side: client_fetch() sends a round of all that are unfinished, waits for
 * the round, judges each answer, and begins the next round, until every fetch has its content or
 * its error. One fetch is a round of one.
 */
#ifndef REGISTRY_CLIENT_H
#define REGISTRY_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "manifest/manifest.h"
#include "registry/endpoint.h"
#include "registry/retry.h"

struct session;
struct transfer;

enum fetch_kind {
    FETCH_HEAD, /* of a manifest: its digest, without what Docker Hub counts as a pull (H8) */
    FETCH_MANIFEST,
    FETCH_BLOB
};

struct fetch {
    /* What is wanted; the caller's to fill in. */
    enum fetch_kind kind;
    const char *target;          /* a tag or a digest; borrowed */
    const struct digest *wanted; /* the content must have this digest; NULL: by tag; borrowed */
    int64_t size;                /* bytes the parent's descriptor gave; -1: unknown */

    /* What came. `error.code` ERROR_NONE: `found` is the verified digest, and body and content_type
     * are borrowed from here. Of a HEAD that the registry cannot answer (405, no digest, or 403 and
     * 404, whose reason only a GET tells): `has_found` is false without an error. */
    struct error error;
    bool has_found;
    struct digest found;
    struct slice body;
    struct slice content_type;

    /* How far it is; the client's. */
    struct transfer *transfer;
    struct url url;
    char *scope;      /* asked for besides our own; NULL: none */
    char *token;      /* what the last request carried */
    char *hop_digest; /* Docker-Content-Digest of an earlier hop on the registry (H11) */
    struct retry retry;
    int64_t not_before; /* clock_monotonic_ms() */
    unsigned redirects;
    unsigned challenges;   /* 401s answered */
    bool has_left_origin;  /* H15: no credentials any more, for good */
    bool peer_was_private; /* the registry's own address */
    bool is_done;
};

struct fetch fetch_head(const char *target);
struct fetch fetch_manifest(const char *target, const struct digest *wanted, int64_t size);
struct fetch fetch_blob(const struct digest *wanted, int64_t size);
void fetch_release(struct fetch *fetch);

/* Runs all of them to their end; each tells its own. The session's deadline bounds it. */
void client_fetch(struct session *session, struct fetch *fetches, size_t count);

#endif
