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

struct config_registry;
struct registry;

/* `settings` is borrowed and must outlive the registry. Starts no thread yet. Errors: invalid (a
 * credential file that the settings name cannot be read or understood), internal (also a libcurl
 * too old to be trusted, or without TLS). */
struct registry *registry_new(const struct config_registry *settings, struct error *error) MUST_USE;
/* Waits for nothing: the caller has ended its operations (registry_cancel() hurries them). */
void registry_free(struct registry *registry);
CLEANUP_DEFINE(struct registry, registry_free)
/* Fails running and later operations with ERROR_DRAINING. Any thread. */
void registry_cancel(struct registry *registry);

/* What is odd but keeps nothing from working, e.g. a credential helper that is not there: told to
 * `warn`, from any thread, `text` being one line. Before the first operation. */
void registry_on_warning(struct registry *registry, void (*warn)(void *context, const char *text),
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
/* True where the operator listed the host. */
bool registry_is_listed(const struct registry *registry, const char *host);

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

#endif
