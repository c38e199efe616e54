/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Judging the answers to calls that change something; private to settle.c and settle_write.c.
 */
#ifndef REGISTRY_SETTLE_H
#define REGISTRY_SETTLE_H

#include <stdbool.h>

struct call;

/* -- settle.c: what every kind of call needs ------------------------------------------------ */

void settle_success(struct call *call);
/* The answer is a refusal: told in the registry's words, or tried again. */
void settle_problem(struct call *call);
/* The registry's word on the digest: the last answer's, else that of a hop before it (H11); NULL:
 * none. */
const char *settle_stated_digest(const struct call *call);
/* Whether the answer to a HEAD has the length of the blob. */
bool settle_has_length(const struct call *call);

/* -- settle_write.c: one for each kind ------------------------------------------------------ */

void settle_put(struct call *call);
/* P12: what was put was looked for. */
void settle_confirmation(struct call *call);
void settle_mount(struct call *call);
void settle_upload(struct call *call);
void settle_piece(struct call *call);
void settle_delete(struct call *call);

#endif
