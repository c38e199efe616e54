/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Errors as problem documents (RFC 9457): our own object with the members that the RFC gives names
 * to. Only for those who ask for the type by its name.
 */
#ifndef SERVER_PROBLEM_H
#define SERVER_PROBLEM_H

#include <stdbool.h>

#include "base/buffer.h"

struct response;

/* Whether an Accept header names application/problem+json, and likes JSON no better. */
bool problem_is_accepted(struct slice accept) MUST_USE;

/* A response_change()d one with an error's JSON in it: `type`, `title`, `status`, `detail` and, for
 * a request that has an id, `instance` are added. */
void problem_response(struct response *response, const char *request_id);

#endif
