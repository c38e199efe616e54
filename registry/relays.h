/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The relays of which a transfer is running: what the end of one side means to the other, and the
 * pauses of both, as curl knows them. Only the engine's thread calls this.
 */
#ifndef REGISTRY_RELAYS_H
#define REGISTRY_RELAYS_H

struct relay;
struct transfer;
struct transfer_engine;

/* A transfer with a relay begins. */
void relays_join(struct relay **relays, struct transfer *transfer);
/* It is over: its relay learns what that means. */
void relays_leave(struct relay **relays, struct transfer *transfer);

/* Gives a transfer back to its owner; it leaves its relay by this. */
typedef void (*relays_complete_function)(struct transfer_engine *engine, struct transfer *transfer);

/* Wakes the sides that may go on, and ends those of relays that have failed. */
void relays_tend(struct relay *relays, struct transfer_engine *engine,
                 relays_complete_function complete);

#endif
