/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whoever acts for the person at registries: the settings, the library, who one is.
 */
#ifndef CLI_AGENT_H
#define CLI_AGENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "cli/settings.h"
#include "registry/registry.h"

enum {
    AGENT_RETRIES = 5 /* a person waits longer than a service's caller (decision 7) */
};

struct agent {
    struct config *config;
    struct registry *registry;
    struct credential *credential; /* --username's, or NULL: what the credential files say */
    int64_t timeout;               /* ms; of one operation */
    bool says_what_it_asks;        /* --debug: the log runs, on standard error */
};

/* Warnings of the library go to standard error. Nobody is asked yet. The caller releases `out` in
 * any case. Errors: invalid (flags, variables), internal. */
bool agent_open(struct agent *out, const struct options *options, enum settings_timeout timeout,
                struct error *error) MUST_USE;
void agent_release(struct agent *agent);

/* When an operation that begins now must be over, on clock_monotonic_ms()'s clock. */
int64_t agent_deadline(const struct agent *agent);
/* What a person asks of an image, beginning now. Borrows from both. */
struct registry_question agent_question(const struct agent *agent,
                                        const struct reference *reference);

#endif
