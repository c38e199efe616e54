/* SPDX-License-Identifier: Apache-2.0 */
/*
 * POST /push and POST /check: who may, and the way of a push from its request to its answer.
 *
 * A push is read on a thread of its own kind, waits without one while another push holds one of its
 * tags, and then runs on one of four threads that nothing else uses: queries do not feel it. Those
 * who bring a token have four, and those who bring none: neither waits for the other.
 */
#ifndef SERVER_PUSH_H
#define SERVER_PUSH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct config_push;
struct lookup;
struct pushes;
struct request;
struct tokens_file;

/* Borrows `lookup` for its life. Starts no thread. Errors: internal. */
struct pushes *pushes_new(struct lookup *lookup, struct error *error) MUST_USE;
/* After pushes_drain(). What still runs is waited for: snapshots_cancel() has ended it. */
void pushes_free(struct pushes *pushes);

/* The tokens of those who may push; NULL where the settings want none. Errors: invalid, internal.
 */
bool pushes_read_tokens(const struct config_push *settings, struct tokens_file **out,
                        struct error *error) MUST_USE;

/* Judges a head: may this caller push, and is the body one that is read here? Then it is wanted.
 * Errors: forbidden, unauthorized, media_type, draining. Never blocks. */
bool pushes_admit(struct pushes *pushes, struct request *request, struct error *error) MUST_USE;
/* Answers later, but what is wrong at once. Never blocks. */
void pushes_answer(struct pushes *pushes, struct request *request);

/* The same for POST /check, which has no body (check.c). */
bool checks_admit(struct pushes *pushes, struct request *request, struct error *error) MUST_USE;
void checks_answer(struct pushes *pushes, struct request *request);

/* Once a second: answers those who have waited too long for another push. */
void pushes_tick(struct pushes *pushes, int64_t now);
/* Pushes and checks that are not answered yet. Any thread. */
size_t pushes_count(const struct pushes *pushes);
/* Takes no more. What runs goes on; it counts in pushes_count(). */
void pushes_close(struct pushes *pushes);
/* Answers `draining` to those that wait for another push. */
void pushes_drain(struct pushes *pushes);

#endif
