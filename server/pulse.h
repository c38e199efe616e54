/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether an event thread still serves: it is asked as a client would, over a connection of our
 * own. Main thread.
 */
#ifndef SERVER_PULSE_H
#define SERVER_PULSE_H

#include <stdbool.h>

struct pulse {
    int fd; /* our end; -1: nothing is asked */
};

/* Begins to ask: the other end of a connection on which a request waits, for the caller to hand to
 * the event thread; -1: no descriptors, nothing is asked. */
int pulse_ask(struct pulse *pulse);
/* True once the answer has begun to come, or where nothing is asked. */
bool pulse_has_answer(struct pulse *pulse);
void pulse_release(struct pulse *pulse);

#endif
