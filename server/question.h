/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a request for /query or /inspect asks, read off the request and not yet judged: the image is
 * not parsed before the cache has been asked for this very spelling.
 */
#ifndef SERVER_QUESTION_H
#define SERVER_QUESTION_H

#include <stdbool.h>

#include "base/buffer.h"
#include "base/error.h"
#include "manifest/manifest.h"
#include "registry/registry.h"

struct lookup_kind;
struct request;

/* Why a registry is asked. */
enum question_forward {
    FORWARD_MISS,   /* nothing is known */
    FORWARD_STALE,  /* what is known is too old */
    FORWARD_REQUEST /* the client wants it asked */
};

struct question {
    const struct lookup_kind *kind;
    struct buffer image;                      /* as received, decoded */
    struct buffer platform;                   /* the same; empty: not asked */
    bool is_text;                             /* the command line's text is wanted, not JSON */
    bool takes_gzip;                          /* the answer's encoding */
    bool no_cache;                            /* what is known is to be confirmed first */
    bool only_if_cached;                      /* nobody is to be asked */
    bool is_guarded;                          /* those who ask are to bring a token */
    struct credential *credential;            /* the caller's own, or NULL */
    char partition[CREDENTIAL_IDENTITY_SIZE]; /* "": everyone's */
    struct buffer spelling; /* all that an answer's bytes depend on, but for the time */

    struct reference *reference;   /* what follows is set by question_judge() */
    struct platform *asked;        /* NULL: not asked */
    enum question_forward forward; /* set where a registry is asked */
};

/* True where the answer is for this caller alone. */
static inline bool question_is_private(const struct question *question)
{
    return question->partition[0] != '\0';
}

/* The caller has set `kind`, and releases, also after a failure. Errors: invalid, forbidden
 * (credentials on a way where others can read them), internal. */
bool question_read(struct question *question, const struct request *request,
                   struct error *error) MUST_USE;
/* Parses the image and the platform, and checks that the caller's credentials are for this
 * registry. Errors: invalid, internal. */
bool question_judge(struct question *question, struct error *error) MUST_USE;
void question_release(struct question *question);

#endif
