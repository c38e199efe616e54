/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How to talk to registries: the distribution protocol over libcurl.
 *
 * A struct registry serves all hosts and all threads. Operations are
 * blocking, straight-line calls for worker threads; one transfer thread underneath owns every curl
 * handle, and is started with the first operation. Each operation has a deadline on
 * clock_monotonic_ms() and ends by it.
 */
#ifndef REGISTRY_REGISTRY_H
#define REGISTRY_REGISTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"
#include "manifest/manifest.h"

struct config_host;
struct config_registry;
struct registry;

/* `settings` is borrowed and must outlive the registry. Starts no thread yet. Errors: invalid (a
 * credential file, a certificate or a proxy that the settings name cannot be used), internal (also
 * a libcurl too old to be trusted, or without TLS). */
struct registry *registry_new(const struct config_registry *settings, struct error *error) MUST_USE;
/* Waits for nothing: the caller has ended its operations (registry_cancel() hurries them). */
void registry_free(struct registry *registry);
CLEANUP_DEFINE(struct registry, registry_free)
/* Fails running and later operations with ERROR_DRAINING. Any thread. */
void registry_cancel(struct registry *registry);

/* False when a thread that moves bytes has not come round for ten seconds, as it does each second
 * while it is well. `now`: clock_monotonic_ms(). Any thread. */
bool registry_is_alive(const struct registry *registry, int64_t now);

/* What either learns of registries from now on (pauses, quotas, who does not answer) is known to
 * both, and what `older` has learnt before to `younger`, which has other settings. Tokens and
 * connections are not shared: they were got under the settings of one. Before the first operation
 * of `younger`. */
void registry_share_memory(struct registry *younger, struct registry *older);

/* What is odd but keeps nothing from working, e.g. a credential helper that is not there: told to
 * `warn`, from any thread, `text` being one line. Before the first operation. */
void registry_on_warning(struct registry *registry, void (*warn)(void *context, const char *text),
                         void *context);

/* What a request was for. */
enum registry_operation {
    REGISTRY_PING, /* the API's root */
    REGISTRY_TOKEN,
    REGISTRY_MANIFEST, /* tags among them */
    REGISTRY_BLOB,
    REGISTRY_PUSH, /* whatever changes something */
    REGISTRY_OPERATION_COUNT
};

/* One HTTP request that has ended; several may belong to one wish. */
struct registry_event {
    const char *registry; /* in whose name it was asked; borrowed for the call */
    enum registry_operation operation;
    long status; /* 0: there was no answer, or not a whole one */
    int64_t ms;
};

/* Every request is told to `watch` when it has ended, for counters. On the thread that moves
 * everybody's bytes: it must be quick. Before the first operation. */
void registry_on_event(struct registry *registry,
                       void (*watch)(void *context, const struct registry_event *event),
                       void *context);

/* -- a caller's own credentials (credential.c) ---------------------------------------------- */

struct credential;

/* The X-Registry-Auth header's value, as Docker sends it: base64 or base64url of JSON with
 * username and password, or identitytoken, or registrytoken, and serveraddress. NULL with
 * error->code ERROR_NONE for an empty one (anonymous). Errors: invalid, saying nothing of the
 * content. The caller frees; the memory is cleansed. */
struct credential *credential_parse(struct slice header, struct error *error) MUST_USE;
struct credential *credential_new(struct slice username, struct slice password) MUST_USE;
void credential_free(struct credential *credential);
CLEANUP_DEFINE(struct credential, credential_free)
/* False where the credential's serveraddress is another registry than `registry`. */
bool credential_is_for(const struct credential *credential, const char *registry);

enum {
    CREDENTIAL_IDENTITY_SIZE = 33
};
/* 32 hex digits of a hash keyed with a secret of this process (A12): what keeps one caller's
 * answers and tokens apart from another's. "" for NULL. */
void credential_identity(const struct credential *credential, char out[CREDENTIAL_IDENTITY_SIZE]);

/* -- rules * -------------------------------------------------------------------------------- */

/* Whether our own rules let this registry be asked at all (allow, deny, port, literal address);
 * the addresses of a name are judged when it is connected to. Errors: forbidden. No I/O. */
bool registry_may_ask(const struct registry *registry, const char *host,
                      struct error *error) MUST_USE;
/* The rows that say how this host is asked: those the operator listed it with, else those of a
 * pattern that covers it; NULL where there are neither. */
const struct config_host *registry_listed(const struct registry *registry, const char *host);
/* Whether the files that say who the operator is to registries were the same when both were made.
 */
bool registry_credentials_agree(const struct registry *a, const struct registry *b);
/* How long a whole query of this host may take, in ms. */
int64_t registry_timeout(const struct registry *registry, const char *host);
/* True where the operator listed the host. */
bool registry_is_listed(const struct registry *registry, const char *host);

/* -- quotas --------------------------------------------------------------------------------- */

enum {
    QUOTA_REGISTRY_SIZE = 300,
    QUOTA_SOURCE_SIZE = 64
};

/* What a registry said last of how much may still be asked of it, in whose name (H22). */
struct registry_quota {
    char registry[QUOTA_REGISTRY_SIZE];      /* its base: "https://registry-1.docker.io" */
    char identity[CREDENTIAL_IDENTITY_SIZE]; /* credential_identity()'s; "": anonymous */
    char source[QUOTA_SOURCE_SIZE];          /* its word for who asks: an address; "": not told */
    int64_t remaining;
    int64_t limit;  /* -1: not told */
    int64_t window; /* seconds that the limit is for; 0: not told */
    int64_t age;    /* ms since it was told */
};

/* Fills in at most `max` that count still, the last used first; returns how many. For gauges. Any
 * thread. */
size_t registry_quotas(const struct registry *registry, struct registry_quota *out, size_t max);

/* -- troubles -------------------------------------------------------------------------------- */

/* A registry that is left alone: it has asked for it, or has not answered. */
struct registry_trouble {
    char registry[QUOTA_REGISTRY_SIZE]; /* its base */
    char identity[CREDENTIAL_IDENTITY_SIZE];
    int64_t paused;     /* ms that it still wants no request of this identity (429); 0: it does */
    unsigned failures;  /* to answer, in a row */
    int64_t left_alone; /* ms that it is still left alone for that; 0: it is asked */
};

/* Fills in at most `max`, the last used first; returns how many. For operators. Any thread. */
size_t registry_troubles(const struct registry *registry, struct registry_trouble *out, size_t max);

/* -- query * -------------------------------------------------------------------------------- */

/* Reports already known by digest: returns a new reference, or NULL. Called from the asking
 * thread. Content is immutable, so what a digest offers never changes. */
typedef struct report *(*report_known_function)(void *context, const struct digest *digest);

struct registry_question {
    const struct reference *reference;
    const struct credential
        *credential;  /* the caller's own, or NULL: the operator's for the host */
    int64_t deadline; /* clock_monotonic_ms() */
    unsigned retries; /* after the first try; 1 for a service, 5 for a person */
    bool is_stranger; /* the host is not known to answer: 5 s to connect */
    /* Asked again: HEAD first, and this report if the digest is still the same and it lacked
     * nothing. */
    struct report *held;
    /* Whoever asks has a stale answer for the case of failure: where less than registry.quota_floor
     * remains of the registry's quota, no GET is spent, and rate_limited is the answer. */
    bool has_stand_in;
    report_known_function known; /* may be NULL */
    void *known_context;
};

/*
 * Which platforms does the image run on? One GET for an index; a lone image's config besides; the
 * configs of children only where an entry names no platform; nested indexes followed (L9). A tag
 * asked again costs a HEAD while it is unchanged. The caller owns the reference returned.
 * `error->retry_after` is set with rate_limited. Errors: invalid (credentials for another
 * registry), forbidden, denied, not_found, unsupported, too_large, rate_limited, overloaded (too
 * much on its way at once), upstream, timeout, draining, internal.
 */
struct report *registry_query(struct registry *registry, const struct registry_question *question,
                              struct error *error) MUST_USE;

/* Whether a HEAD shows that the reference still means the digest of `question->held`, which lacked
 * nothing. False with ERROR_NONE in `error->code`: it means another, or no HEAD can tell. Errors:
 * as registry_query(). */
bool registry_confirms(struct registry *registry, const struct registry_question *question,
                       struct error *error) MUST_USE;

#endif
