/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A blob that its target does not take in one piece: PATCH after PATCH from the same relay, each to
 * the location that the one before was answered with, and an empty PUT (rule P7). For stream.c.
 */
#ifndef REGISTRY_PIECES_H
#define REGISTRY_PIECES_H

#include <stdbool.h>

struct stream;

/* Whether the target's refusal of the whole may be no refusal of its pieces. Once a stream. */
bool pieces_may_help(const struct stream *stream);

/* Begins the first piece. Like the ones below, ends the stream where that fails: the put's error
 * says why. */
void pieces_begin(struct stream *stream);
/* Once the put is over: begins what comes after it, if anything does. */
void pieces_go_on(struct stream *stream);

#endif
