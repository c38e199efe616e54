/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Polite requests to one registry: authenticated when asked to be, redirected by hand, tried again
 * where it may help, capped, and their content verified.
 *
 * A call is one wish of a registry, to have something or to change something; it may take several
 * requests. Many calls go side by side: client_call() sends a round of all that are unfinished,
 * waits for the round, judges each answer, and begins the next round, until every call has what it
 * wanted or its error. One call is a round of one.
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

struct relay;
struct session;
struct transfer;

enum call_kind {
    CALL_HEAD_MANIFEST, /* its digest, without what Docker Hub counts as a pull (H8) */
    CALL_GET_MANIFEST,
    CALL_GET_BLOB,
    CALL_LIST_TAGS,     /* one page of them (H24) */
    CALL_GET_REFERRERS, /* H25 */
    CALL_STREAM_BLOB,   /* into a relay; over when it flows */
    CALL_HEAD_BLOB,     /* whether it is there (P1) */
    CALL_MOUNT_BLOB,    /* P2 */
    CALL_OPEN_UPLOAD,   /* P3, P5 */
    CALL_PUT_BLOB,      /* a whole one, from memory or a relay, to an upload's location (P5) */
    CALL_PUT_PIECE,     /* a part of one, from a relay (P7) */
    CALL_CANCEL_UPLOAD,
    CALL_PUT_MANIFEST, /* P11, P12 */
    CALL_DELETE_MANIFEST,
    CALL_DELETE_BLOB
};

struct call {
    /* What is wanted; the constructors fill it in. All borrowed. */
    enum call_kind kind;
    const char *target;          /* a tag, a digest, an upload's location, or a page's URL */
    const struct digest *wanted; /* the content must have this digest; NULL: by tag */
    int64_t size;            /* bytes the parent's descriptor gave, or of a piece; -1: unknown */
    int64_t offset;          /* of a piece */
    const char *mount_from;  /* the repository of CALL_MOUNT_BLOB */
    const char *media_type;  /* of what is sent */
    struct slice subject;    /* the digest that a manifest which is put has as its subject's */
    struct slice content;    /* what is sent: kept by the caller, sent again when it must be */
    struct relay *relay;     /* what takes the content in, or gives what is sent; or NULL */
    int64_t relayed;         /* bytes that it gives to this call */
    struct session *session; /* whose call it is; client_call() fills it in */

    /* What came. `error.code` ERROR_NONE is success; body, content_type and location are borrowed
     * from here. */
    struct error error;
    long status;    /* of the last answer; 0: none */
    bool has_found; /* what was asked for is there, and `found` is its verified digest */
    struct digest found;
    struct slice body; /* of a refusal, too */
    struct slice content_type;
    const char *location; /* of an upload: where to send it, or its next piece; as received */
    int64_t piece_min;    /* of an upload that was opened: what pieces must have at least */
    struct slice links;   /* of a page of tags: its Link headers; as received */
    bool is_mounted;      /* false without an error: not granted, an upload may be open */
    bool is_referrer;     /* the registry says that it lists what was put as its subject's (P14) */

    /* How far it is; the client's. */
    struct transfer *transfer;
    struct url url;
    char *scope;      /* asked for besides our own; NULL: none */
    char *token;      /* what the last request carried, or the next one is to; NULL: none */
    char *hop_digest; /* Docker-Content-Digest of an earlier hop on the registry (H11) */
    struct retry retry;
    int64_t not_before; /* clock_monotonic_ms() */
    unsigned redirects;
    unsigned challenges;   /* 401s answered */
    unsigned credential;   /* which of the session's credentials the last request went with */
    bool has_left_origin;  /* H15: no credentials any more, for good */
    bool peer_was_private; /* the registry's own address */
    bool is_confirming;    /* P12: what was put is now looked for */
    bool is_authorized;    /* what the next request needs to show who we are is at hand: */
    bool sends_basic;      /* the session's username and password; else `token`, or nothing */
    bool has_passed;       /* the registry was known to answer, or tried, when this call began */
    bool is_probe;         /* it is the trial of a registry that had not answered */
    bool is_done;
};

/* Of a HEAD that the registry cannot answer (405, no digest, or 403 and 404, whose reason only a
 * GET tells): `has_found` is false without an error. */
struct call call_head_manifest(const char *target);
struct call call_get_manifest(const char *target, const struct digest *wanted, int64_t size);
struct call call_get_blob(const struct digest *wanted, int64_t size);
/* `page` is a URL that was judged already; NULL: the first page. */
struct call call_list_tags(const char *page);
/* A first page of what refers to a manifest. Of a registry that keeps no such list (400, 404, 405,
 * 406, or something else than an index) `has_found` is false without an error. */
struct call call_get_referrers(const struct digest *subject);
/* Not there, or not telling (404, 405, another length): `has_found` is false without an error. */
struct call call_head_blob(const struct digest *wanted, int64_t size);
/* What a registry does instead of mounting (202, 400, 401, 403, 404, 405) is no error. */
struct call call_mount_blob(const struct digest *wanted, const char *from);
struct call call_open_upload(const struct digest *wanted);
struct call call_put_blob(const char *location, const struct digest *wanted, struct slice content);
/* Through a relay: what one takes in, the other sends. Neither is tried again by itself. */
struct call call_stream_blob(const struct digest *wanted, int64_t size, struct relay *relay);
struct call call_put_stream(const char *location, const struct digest *wanted, int64_t size,
                            struct relay *relay);
/* `size` bytes of the blob `wanted`, from `offset` on. An upload whose pieces are all there is
 * finished by call_put_blob() without content. */
struct call call_put_piece(const char *location, const struct digest *wanted, int64_t offset,
                           int64_t size, struct relay *relay);
struct call call_cancel_upload(const char *location);
/* `wanted` is the content's digest. That the registry has stored these very bytes is checked (P12):
 * else upstream, "the registry rewrote the manifest". */
struct call call_put_manifest(const char *target, const char *media_type,
                              const struct digest *wanted, struct slice content);
struct call call_delete_manifest(const char *target);
struct call call_delete_blob(const struct digest *wanted);
void call_release(struct call *call);

/* Runs all of them to their end, at most CLIENT_SIDE_BY_SIDE at once; each tells its own. The
 * session's deadline bounds it. */
enum {
    CLIENT_SIDE_BY_SIDE = 128
};
void client_call(struct session *session, struct call *calls, size_t count);
/* The same for calls of several sessions, each being told by its call's `session`. */
void client_call_all(struct call *calls, size_t count);

#endif
