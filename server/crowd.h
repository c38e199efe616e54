/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How many of something each client has at once: connections (server.max_connections_per_client),
 * batches. Bounded by these themselves: who has none is not remembered. Any thread.
 */
#ifndef SERVER_CROWD_H
#define SERVER_CROWD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cleanup.h"

struct client;
struct crowd;

struct crowd *crowd_new(void) MUST_USE; /* NULL: no memory */
/* Also while some are counted. */
void crowd_free(struct crowd *crowd);
CLEANUP_DEFINE(struct crowd, crowd_free)

/* One more of the client's; crowd_leave() has to follow. False: it has `max`, or there is no
 * memory. */
bool crowd_enter(struct crowd *crowd, const struct client *client, uint32_t max) MUST_USE;
void crowd_leave(struct crowd *crowd, const struct client *client);

#endif
