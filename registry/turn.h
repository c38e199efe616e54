/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whose turn it is to ask a registry: what its answers, and their absence, mean for the requests
 * that come after (rules H19, H20, H22, H23).
 */
#ifndef REGISTRY_TURN_H
#define REGISTRY_TURN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cleanup.h"

struct call;
struct session;

/* Sleeps out what the call's retry and the registry's own pause ask for. False when that is not
 * worth it, or the registry has not answered for a while: the call's error says why. */
bool turn_take(struct call *call) MUST_USE;
/* The call is over, whether or not it had its turn. */
void turn_end(struct call *call);

/* Learns from the answer to the call's last request, or from there being none. */
void turn_note_answer(struct call *call);
/* H20: who asks in this session's name is to wait, in ms; 0 or less: nobody said how long. */
void turn_pause(const struct session *session, int64_t asked);

/* Whether what remains of the registry's quota is to be saved (registry.quota_floor). */
bool turn_is_precious(const struct session *session);

#endif
