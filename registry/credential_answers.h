/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What credential helpers have said lately (C10), so that a question does not wait for a program:
 * credentials for an hour, "I have none" for a minute, failures for 5 s. The same is asked once at
 * a time, and not more than a few helpers run at once, since whoever names registries makes them
 * run.
 */
#ifndef REGISTRY_CREDENTIAL_ANSWERS_H
#define REGISTRY_CREDENTIAL_ANSWERS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/error.h"

struct credential;
struct credential_answers;

struct credential_answers *credential_answers_new(void) MUST_USE; /* NULL: no memory */
void credential_answers_free(struct credential_answers *answers);

/* When something is asked, and until when it is waited for: clock_monotonic_ms(). */
struct credential_time {
    int64_t now;
    int64_t deadline;
};

/* As credential_helper_get(), from memory where that is fresh. Any thread. */
struct credential *credential_answers_get(struct credential_answers *answers, const char *helper,
                                          const char *server, struct credential_time time,
                                          struct error *error) MUST_USE;

/* Ends the helpers that run: who waits, now or later, gets ERROR_DRAINING. */
void credential_answers_cancel(struct credential_answers *answers);

/* Drops this very credential, which was of no use with `server`. True where it was known. */
bool credential_answers_forget(struct credential_answers *answers, const char *server,
                               const struct credential *credential);

#endif
