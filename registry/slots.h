/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A fixed number of places for what is expensive, shared fairly: who holds some gets no more while
 * somebody who holds none is waiting. Guests never take the last place, and nobody but a guest
 * gives way to one. Any thread.
 */
#ifndef REGISTRY_SLOTS_H
#define REGISTRY_SLOTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cleanup.h"

struct slots;

struct slots *slots_new(unsigned count) MUST_USE; /* NULL: no memory */
void slots_free(struct slots *slots);

/* Takes one more, for who holds `held` already. False where there is none now. */
bool slots_take(struct slots *slots, bool is_guest, unsigned held) MUST_USE;
/* Takes the first one, waiting for it until `until` (clock_monotonic_ms()). */
bool slots_wait(struct slots *slots, bool is_guest, int64_t until) MUST_USE;
void slots_give_back(struct slots *slots);

#endif
