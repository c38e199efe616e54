/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a request for /query asks, read off the request and not yet judged: the image is not parsed
 * before the cache has been asked for this very spelling.
 */
#ifndef SERVER_QUESTION_H
#define SERVER_QUESTION_H

#include <stdbool.h>

#include "base/buffer.h"
#include "base/error.h"
#include "manifest/manifest.h"
#include "registry/registry.h"

struct request;

struct question {
    struct buffer image;                      /* as received, decoded */
    struct buffer platform;                   /* the same; empty: not asked */
    bool is_text;                             /* the command line's text is wanted, not JSON */
    struct credential *credential;            /* the caller's own, or NULL */
    char partition[CREDENTIAL_IDENTITY_SIZE]; /* "": everyone's */
    struct buffer spelling; /* all that an answer's bytes depend on, but for the time */

    struct reference *reference; /* what follows is set by question_judge() */
    struct platform *asked;      /* NULL: not asked */
};

/* True where the answer is for this caller alone. */
static inline bool question_is_private(const struct question *question)
{
    return question->partition[0] != '\0';
}

/* The caller releases, also after a failure. Errors: invalid, forbidden (credentials on a way where
 * others can read them), internal. */
bool question_read(struct question *question, const struct request *request,
                   struct error *error) MUST_USE;
/* Parses the image and the platform, and checks that the caller's credentials are for this
 * registry. Errors: invalid, internal. */
bool question_judge(struct question *question, struct error *error) MUST_USE;
void question_release(struct question *question);

#endif
