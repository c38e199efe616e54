/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What awaits those who come in, before anybody looks at what they ask: whether there is room for
 * one more connection of theirs, and what their requests are answered by and counted in.
 *
 * Event threads call all but opening and closing.
 */
#ifndef SERVER_RECEPTION_H
#define SERVER_RECEPTION_H

#include <stdbool.h>

#include "base/error.h"

struct crowd;
struct rate_limits;
struct metrics;
struct request;
struct request_way;
struct snapshots;

struct reception {
    struct snapshots *snapshots; /* borrowed */
    struct metrics *metrics;
    struct rate_limits *limits;
    struct crowd *crowd;
};

/* Errors: internal. */
bool reception_open(struct reception *reception, struct error *error) MUST_USE;
void reception_release(struct reception *reception);

/* A connection has come: false: it is one too many of its client's. reception_farewell() follows in
 * any case. */
bool reception_welcome(struct reception *reception, struct request_way *way);
void reception_farewell(struct reception *reception, const struct request_way *way);
/* A request's head has come. */
void reception_greet(struct reception *reception, struct request *request);

#endif
