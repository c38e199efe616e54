/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is known, as a response: body and headers. They are the same for a period of the answer's
 * freshness, so that one response serves all of its hits (docs/architecture.md, decision 3).
 */
#ifndef SERVER_ANSWER_H
#define SERVER_ANSWER_H

#include <stdbool.h>

#include "base/error.h"
#include "server/access.h"

struct cache_finding;
struct config_cache;
struct question;
struct response;

/* Renders the finding's report for the question (judged). The caller owns the reference. NULL: does
 * not fit, or no memory. Errors: too_large, internal. */
struct response *answer_new(const struct question *question, const struct cache_finding *finding,
                            const struct config_cache *settings, struct error *error) MUST_USE;

/* The error's response with what caches on the way may do with it. Never NULL. */
struct response *answer_from_error(const struct error *error, const struct question *question,
                                   const struct config_cache *settings) MUST_USE;

/* The answer to one who asked, for the one that is given up: with how it was come by (Cache-Status,
 * RFC 9211), where its bytes do not say so for everybody. Never NULL. */
struct response *answer_tell_cache(struct response *response, const struct question *question,
                                   enum outcome outcome) MUST_USE;

#endif
