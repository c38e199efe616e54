/* SPDX-License-Identifier: Apache-2.0 */
#include "server/channel.h"

#include <pthread.h>
#include <stdlib.h>

enum {
    CEILING = 64 * 1024 * 1024 /* far above what a writer that asks channel_waiting() lets wait */
};

struct channel {
    struct channel_writer writer;
    pthread_mutex_t mutex; /* guards what follows */
    struct buffer bytes;
    size_t taken; /* of `bytes`, from the start */
    void (*wake)(void *context);
    void *wake_context;
    bool has_ended; /* the writing end is given up */
    bool is_left;   /* the reading end is */
};

struct channel *channel_new(const struct channel_writer *writer)
{
    struct channel *channel = calloc(1, sizeof(*channel));
    if (!channel)
        return NULL;
    channel->writer = *writer;
    buffer_init(&channel->bytes, CEILING);
    (void)pthread_mutex_init(&channel->mutex, NULL);
    return channel;
}

static void channel_free(struct channel *channel)
{
    buffer_release(&channel->bytes);
    (void)pthread_mutex_destroy(&channel->mutex);
    free(channel);
}

static void channel_lock(struct channel *channel)
{
    (void)pthread_mutex_lock(&channel->mutex);
}

static void channel_unlock(struct channel *channel)
{
    (void)pthread_mutex_unlock(&channel->mutex);
}

static void wake_reader(struct channel *channel)
{
    if (channel->wake)
        channel->wake(channel->wake_context);
}

/* -- writing -------------------------------------------------------------------------------- */

void channel_write(struct channel *channel, struct slice bytes)
{
    channel_lock(channel);
    if (!channel->is_left) {
        (void)buffer_append_slice(&channel->bytes, bytes); /* a failure shows in its state */
        wake_reader(channel);
    }
    channel_unlock(channel);
}

size_t channel_waiting(struct channel *channel)
{
    channel_lock(channel);
    size_t waiting = channel->bytes.length - channel->taken;
    channel_unlock(channel);
    return waiting;
}

bool channel_is_read(struct channel *channel)
{
    channel_lock(channel);
    bool is_read = !channel->is_left;
    channel_unlock(channel);
    return is_read;
}

void channel_end(struct channel *channel)
{
    channel_lock(channel);
    channel->has_ended = true;
    bool is_left = channel->is_left;
    wake_reader(channel);
    channel_unlock(channel);
    if (is_left)
        channel_free(channel);
}

/* -- reading -------------------------------------------------------------------------------- */

static enum channel_state state_now(const struct channel *channel)
{
    if (!buffer_ok(&channel->bytes))
        return CHANNEL_BROKEN;
    if (channel->taken < channel->bytes.length)
        return CHANNEL_BYTES;
    return channel->has_ended ? CHANNEL_ENDED : CHANNEL_EMPTY;
}

enum channel_state channel_look(struct channel *channel)
{
    channel_lock(channel);
    enum channel_state state = state_now(channel);
    channel_unlock(channel);
    return state;
}

/* Moves what is left to the front once that is the smaller part: each byte is moved once at most,
 * and the buffer grows no larger than twice what waits. */
static void close_up(struct channel *channel)
{
    struct buffer *bytes = &channel->bytes;

    if (channel->taken < bytes->length - channel->taken)
        return;
    bytes->length -= channel->taken;
    memmove(bytes->data, bytes->data + channel->taken, bytes->length);
    channel->taken = 0;
}

static size_t take_bytes(struct channel *channel, char *out, size_t size)
{
    struct slice piece =
        slice_until(slice_from(buffer_slice(&channel->bytes), channel->taken), size);

    memcpy(out, piece.data, piece.length);
    channel->taken += piece.length;
    close_up(channel);
    return piece.length;
}

enum channel_state channel_take(struct channel *channel, char *out, size_t size, size_t *length)
{
    *length = 0;
    channel_lock(channel);
    enum channel_state state = state_now(channel);
    if (state == CHANNEL_BYTES)
        *length = take_bytes(channel, out, size);
    channel_unlock(channel);
    if (*length > 0)
        channel->writer.taken(channel->writer.context);
    return state;
}

void channel_on_change(struct channel *channel, void (*wake)(void *context), void *context)
{
    channel_lock(channel);
    channel->wake = wake;
    channel->wake_context = context;
    channel_unlock(channel);
}

void channel_stop_reading(struct channel *channel)
{
    struct channel_writer writer = channel->writer;

    channel_lock(channel);
    channel->is_left = true;
    channel->wake = NULL;
    bool has_ended = channel->has_ended;
    channel_unlock(channel);
    if (has_ended)
        channel_free(channel);
    writer.left(writer.context);
}
