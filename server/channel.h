/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes on their way from whoever makes them, on any thread, to the one event thread that sends
 * them: the body of an answer that is made while it is sent.
 *
 * It has two ends, each with one owner, and lives until both are given up. The writer asks how much
 * waits and holds back; the reader, who finds nothing, is told when there is something again.
 */
#ifndef SERVER_CHANNEL_H
#define SERVER_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"

struct channel;

/* What the writer is told, on the reader's thread and with no lock held; neither may block. The
 * context is the writer's, and alive until `left`, which comes exactly once and last. */
struct channel_writer {
    void (*taken)(void *context); /* bytes were taken: less waits now */
    void (*left)(void *context);  /* nobody reads any more */
    void *context;
};

/* NULL: no memory. Both ends are the caller's to hand out. */
struct channel *channel_new(const struct channel_writer *writer) MUST_USE;

/* -- the writing end; any thread ------------------------------------------------------------ */

/* What nobody will read is dropped. Without memory the channel breaks off. */
void channel_write(struct channel *channel, struct slice bytes);
/* Bytes written and not taken yet. */
size_t channel_waiting(struct channel *channel);
bool channel_is_read(struct channel *channel);
/* All is written; gives up the end. */
void channel_end(struct channel *channel);

/* -- the reading end; its owner's thread ---------------------------------------------------- */

enum channel_state {
    CHANNEL_BYTES,  /* there are some */
    CHANNEL_EMPTY,  /* there are none yet */
    CHANNEL_ENDED,  /* all have been taken */
    CHANNEL_BROKEN, /* what comes next is lost */
};

enum channel_state channel_look(struct channel *channel);
/* Takes up to `size` bytes; `*length` is how many. */
enum channel_state channel_take(struct channel *channel, char *out, size_t size, size_t *length);
/* From now on `wake` is called when there is something to look at; NULL: no more. It is called with
 * the lock held, from any thread, so it may do no more than raise a flag. */
void channel_on_change(struct channel *channel, void (*wake)(void *context), void *context);
/* Gives up the end. */
void channel_stop_reading(struct channel *channel);

#endif
