/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How many requests one host is asked at once (max_concurrent of registry.hosts). A gate is there
 * while somebody means to go through it, so there are no more of them than transfers. Any thread.
 */
#ifndef REGISTRY_GATES_H
#define REGISTRY_GATES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/error.h"

struct gate;
struct gates;

struct gates *gates_new(void) MUST_USE; /* NULL: no memory */
/* Nobody means to go through any of them. */
void gates_free(struct gates *gates);

/* The gate of `host`, a URL's host and port, which lets `limit` through at once. The caller unrefs.
 * NULL: no memory. */
struct gate *gate_ref(struct gates *gates, const char *host, unsigned limit) MUST_USE;
void gate_unref(struct gate *gate);

/* Waits for its turn until `deadline` (clock_monotonic_ms()). Errors: timeout. */
bool gate_enter(struct gate *gate, int64_t deadline, struct error *error) MUST_USE;
/* By whichever thread. */
void gate_leave(struct gate *gate);

#endif
