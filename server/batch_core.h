/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inside of a batch, for its own files: batch.c (its request, and its life) and batch_ask.c
 * (its questions and their answers).
 *
 * A batch is held by those who ask for it, until all is asked and answered, and by its stream's
 * reader, until the client has all of it or has left.
 */
#ifndef SERVER_BATCH_CORE_H
#define SERVER_BATCH_CORE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/map.h"
#include "server/batch_items.h"
#include "server/lookup_core.h"
#include "server/preferences.h"

struct channel;
struct lookup;
struct metrics;

struct batch {
    struct lookup *lookup;
    struct channel *stream; /* the writing end */
    struct batch_items items;
    struct preferences names; /* the request's ids alone */
    struct asker asker;
    struct metrics *metrics;
    _Atomic uint32_t references;

    pthread_mutex_t mutex; /* guards what follows */
    struct map asks;       /* each question once */
    size_t next;           /* item to be asked */
    size_t running;        /* questions asked and not answered */
    size_t kept;           /* bytes of the answers that are */
    size_t succeeded;      /* items answered */
    size_t failed;
    bool is_asking;  /* a thread is in batch_ask_on() */
    bool look_again; /* another has been there meanwhile */
    bool has_ended;  /* the writing end is given up */
};

/* -- batch.c -------------------------------------------------------------------------------- */

struct batch *batch_ref(struct batch *batch);
void batch_unref(struct batch *batch);
void batch_lock(struct batch *batch);
void batch_unlock(struct batch *batch);

/* -- batch_ask.c ---------------------------------------------------------------------------- */

void batch_init_asks(struct batch *batch);
/* Asks as long as there is something to ask and room for it, and ends the batch when all is
 * answered; to be called whenever that may have changed. Any thread that holds the batch. */
void batch_ask_on(struct batch *batch);
/* With the batch's end. */
void batch_free_asks(struct batch *batch);

#endif
