/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The operand of commands about a repository, not about an image in it.
 */
#ifndef CLI_REPOSITORY_H
#define CLI_REPOSITORY_H

#include "base/error.h"
#include "cli/options.h"

struct reference;

/* The one operand there is, without a tag or digest; `command` is whose, for messages. The caller
 * frees. Errors: invalid. */
struct reference *repository_operand(const struct options *options, const char *command,
                                     struct error *error) MUST_USE;

#endif
