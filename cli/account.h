/* SPDX-License-Identifier: Apache-2.0 */
/*
 * --username with --password or --password-stdin: whom to log in as.
 */
#ifndef CLI_ACCOUNT_H
#define CLI_ACCOUNT_H

#include <stdbool.h>

#include "base/error.h"

struct credential;
struct options;

/* `*out` is NULL where no name is given; the caller frees it. Reads standard input where told to,
 * to its end; one line break there is not the password's. Warns of a password among the arguments,
 * which the list of processes shows. Errors: invalid, saying nothing of the secret; internal. */
bool account_open(const struct options *options, struct credential **out,
                  struct error *error) MUST_USE;

/* A password is for one registry; of several, nobody can tell which is meant: false where a name is
 * given and the operands are images of more than one. Errors: invalid. */
bool account_check_registry(const struct options *options, struct error *error) MUST_USE;

#endif
