/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a service is, as a person writes it: http://localhost:8080, with or without a path, a final
 * slash, a user and a password.
 */
#ifndef CLI_BASE_URL_H
#define CLI_BASE_URL_H

#include <stdbool.h>

#include <curl/curl.h>

#include "base/buffer.h"
#include "base/error.h"

struct base_url {
    CURLU *url;          /* with the path that was asked for behind the base's */
    struct buffer place; /* host:port, for messages: the URL may hold a password */
};

/* `path` begins with a slash. The caller releases, also on failure. Errors: invalid, which quotes
 * nothing that may be a password; internal. */
bool base_url_parse(const char *text, const char *path, struct base_url *out,
                    struct error *error) MUST_USE;
void base_url_release(struct base_url *base);

#endif
