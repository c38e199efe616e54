/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Asking a mqueryd over HTTP, instead of the registry itself (--server, MQUERY_SERVER).
 */
#ifndef CLI_SERVICE_H
#define CLI_SERVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"
#include "cli/answer.h"

struct service;

/* `url` is what stands before "/query": "http://localhost:8080", "https://example.com/mquery". The
 * caller frees. Errors: invalid ("'URL' is not a URL such as ..."), internal. */
struct service *service_new(const char *url, bool insecure, int64_t timeout_ms,
                            struct error *error) MUST_USE;
void service_free(struct service *service);
CLEANUP_DEFINE(struct service, service_free)

/* Blocks until the answer is there or `timeout_ms` is over; any number of threads may ask side by
 * side, each over a connection of its own. The answer is the caller's to release.
 * Errors: what the service says; upstream (it cannot be reached, or is no mqueryd), timeout,
 * internal. */
bool service_query(struct service *service, struct slice image, struct answer *answer,
                   struct error *error) MUST_USE;

#endif
