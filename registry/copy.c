/* SPDX-License-Identifier: Apache-2.0 */
/*
 * First everything that costs no bytes: a blob whose source repository is known is mounted without
 * asking whether it is there (a 201 says that it is, now), others are looked for; what was refused
 * is asked differently, in rounds of many. Then what is left is streamed.
 */
#include "registry/copy.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/map.h"
#include "registry/bell.h"
#include "registry/client.h"
#include "registry/core.h"
#include "registry/session.h"
#include "registry/slots.h"
#include "registry/stream.h"

enum {
    CANCELS_MAX = 4, /* uploads cancelled side by side */
    TICK_MS = 1000   /* how often progress is told, and whether it is still wanted asked */
};

/* What is done about one digest. */
struct job {
    struct map_node node;
    struct copy *copy;
    unsigned mounts; /* repositories it was to be mounted from so far */
    bool was_sought;
    bool is_done;
    char *location;        /* of an upload that a refused mount left open; owned */
    struct stream *stream; /* owned; once bytes must be moved */
};

/* An upload that nobody needs any more. */
struct stale_upload {
    struct stale_upload *next;
    char *location;
};

/* A copy_blobs() under way. */
struct copying {
    struct session *target;
    const struct copy_watch *watch;
    struct job *jobs;
    size_t count;
    struct map by_digest;
    struct stale_upload *stale;
    struct error failure; /* the first; nothing more is begun after it */
    struct bell bell;
    bool is_unwanted;
    unsigned running; /* streams; each holds a slot */
};

/* -- jobs ----------------------------------------------------------------------------------- */

static struct slice job_key(const struct map_node *node)
{
    return slice_from_string(MAP_ITEM_CONST(node, struct job, node)->copy->digest->text);
}

/* The uploads that are left are cancelled together, at the end. What cannot be kept for it (no
 * memory) the registry ends by itself. */
static void copying_discard_upload(struct copying *copying, char **location)
{
    struct stale_upload *stale = *location ? calloc(1, sizeof(*stale)) : NULL;

    if (stale) {
        *stale = (struct stale_upload){copying->stale, TAKE(*location)};
        copying->stale = stale;
    }
    free(TAKE(*location));
}

static void job_end(struct copying *copying, struct job *job)
{
    if (job->stream)
        copying_discard_upload(copying, &job->stream->location);
    copying_discard_upload(copying, &job->location);
    stream_free(TAKE(job->stream));
    job->is_done = true;
}

static void job_succeed(struct copying *copying, struct job *job, enum copy_outcome outcome)
{
    const struct copy_watch *watch = copying->watch;

    job_end(copying, job);
    job->copy->outcome = outcome;
    job->copy->error = (struct error){.code = ERROR_NONE};
    if (watch && watch->progress)
        watch->progress(watch->context, job->copy, job->copy->size);
}

static void job_fail(struct copying *copying, struct job *job, const struct error *error)
{
    struct error kept = *error;

    job_end(copying, job);
    job->copy->error = kept;
    if (copying->failure.code == ERROR_NONE)
        copying->failure = kept;
}

/* Asks whether it is still wanted; then whether anything more should be begun. */
static bool copying_goes_on(struct copying *copying)
{
    const struct copy_watch *watch = copying->watch;

    if (watch && watch->is_wanted && !watch->is_wanted(watch->context)) {
        copying->is_unwanted = true;
        if (copying->failure.code == ERROR_NONE)
            error_set(&copying->failure, ERROR_DRAINING, "nobody waits for it any more");
    }
    return copying->failure.code == ERROR_NONE;
}

/* -- questions ------------------------------------------------------------------------------ */

/* What may still spare the bytes. Where a mount is refused, the blob may be there all the same.
 * False: nothing. */
static bool job_next_question(struct job *job, struct call *out)
{
    const struct copy *copy = job->copy;

    if (copy->must_be_copied)
        return false;
    const char *from = job->mounts < COPY_MOUNTS_MAX ? copy->mount_from[job->mounts] : NULL;
    bool mounts = from && (job->mounts == 0 || job->was_sought);

    if (mounts)
        *out = call_mount_blob(copy->digest, from);
    else if (!job->was_sought)
        *out = call_head_blob(copy->digest, copy->size);
    else
        return false;
    job->mounts += mounts;
    job->was_sought |= !mounts;
    return true;
}

static void job_settle_question(struct copying *copying, struct job *job, const struct call *call)
{
    if (call->error.code != ERROR_NONE) {
        job_fail(copying, job, &call->error);
        return;
    }
    if (call->location) {
        copying_discard_upload(copying, &job->location);
        job->location = strdup(call->location);
    }
    if (call->is_mounted)
        job_succeed(copying, job, COPY_MOUNTED);
    else if (call->kind == CALL_HEAD_BLOB && call->has_found)
        job_succeed(copying, job, COPY_EXISTED);
}

/* One question each, for as many jobs from `*next` on as go side by side. */
static size_t copying_ask_some(struct copying *copying, size_t *next, struct call *calls)
{
    struct job *asked[CLIENT_SIDE_BY_SIDE];
    size_t count = 0;

    for (; *next < copying->count && count < CLIENT_SIDE_BY_SIDE; ++*next) {
        struct job *job = &copying->jobs[*next];
        if (!job->is_done && job_next_question(job, &calls[count]))
            asked[count++] = job;
    }
    client_call(copying->target, calls, count);
    for (size_t i = 0; i < count; i++) {
        job_settle_question(copying, asked[i], &calls[i]);
        call_release(&calls[i]);
    }
    return count;
}

static void copying_ask_all(struct copying *copying, struct call *calls)
{
    size_t asked;

    do {
        asked = 0;
        for (size_t next = 0; next < copying->count && copying_goes_on(copying);)
            asked += copying_ask_some(copying, &next, calls);
    } while (asked && copying_goes_on(copying));
}

/* -- streams -------------------------------------------------------------------------------- */

/* A place among the streams; where this push has none, it waits for one, a tick at most. Whoever is
 * not trusted with the operator's credentials is not trusted with all the places. */
static bool copying_take_slot(const struct copying *copying)
{
    struct slots *slots = copying->target->registry->streams;
    bool is_guest = copying->target->wish.no_operator_credentials;

    return slots_take(slots, is_guest, copying->running) ||
           (copying->running == 0 && slots_wait(slots, is_guest, clock_monotonic_ms() + TICK_MS));
}

static bool job_is_ready(const struct job *job, int64_t now)
{
    const struct stream *stream = job->stream;
    return !job->is_done && (!stream || (!stream->is_begun && stream->not_before <= now));
}

/* Begins what is ready, as far as there are places. */
static void copying_begin_some(struct copying *copying)
{
    struct stream *begun[STREAMS_BEGUN_MAX] = {NULL};
    size_t count = 0;
    struct error failure;

    for (size_t i = 0; i < copying->count && count < STREAMS_BEGUN_MAX; i++) {
        struct job *job = &copying->jobs[i];
        if (!job_is_ready(job, clock_monotonic_ms()))
            continue;
        if (!job->stream)
            job->stream =
                stream_new(copying->target, job->copy, TAKE(job->location), &copying->bell);
        if (!job->stream) {
            error_no_memory(&failure);
            job_fail(copying, job, &failure);
            break;
        }
        if (!copying_take_slot(copying))
            break;
        copying->running++;
        begun[count++] = job->stream;
    }
    streams_begin(begun, count);
}

static void job_settle_stream(struct copying *copying, struct job *job)
{
    switch (stream_settle(job->stream)) {
    case STREAM_COPIED:
        free(TAKE(job->stream->location)); /* used up */
        job_succeed(copying, job, COPY_COPIED);
        break;
    case STREAM_AGAIN:
        copying_discard_upload(copying, &job->stream->location);
        break;
    case STREAM_FAILED:
        job_fail(copying, job, &job->copy->error);
        break;
    }
}

static void copying_settle_some(struct copying *copying)
{
    for (size_t i = 0; i < copying->count && copying->running; i++) {
        struct job *job = &copying->jobs[i];
        if (!job->stream || !job->stream->is_begun || !stream_go_on(job->stream))
            continue;
        slots_give_back(copying->target->registry->streams);
        copying->running--;
        job_settle_stream(copying, job);
    }
}

static void job_tell(const struct copying *copying, struct job *job)
{
    const struct copy_watch *watch = copying->watch;
    int64_t given = stream_given(job->stream);

    if (given == job->stream->told)
        return;
    job->stream->told = given;
    watch->progress(watch->context, job->copy, given);
}

static void copying_tell(struct copying *copying)
{
    if (!copying->watch || !copying->watch->progress)
        return;
    for (size_t i = 0; i < copying->count; i++) {
        if (copying->jobs[i].stream && copying->jobs[i].stream->is_begun)
            job_tell(copying, &copying->jobs[i]);
    }
}

static void copying_cancel(struct copying *copying)
{
    for (size_t i = 0; i < copying->count; i++) {
        if (copying->jobs[i].stream)
            stream_cancel(copying->jobs[i].stream);
    }
}

/* The next moment at which something is to be done, if nothing rings before. */
static int64_t copying_next_turn(const struct copying *copying)
{
    int64_t now = clock_monotonic_ms();
    int64_t turn = now + TICK_MS;

    for (size_t i = 0; i < copying->count && copying->failure.code == ERROR_NONE; i++) {
        const struct job *job = &copying->jobs[i];
        if (job_is_ready(job, now) && copying->running == 0)
            return now;
        if (job->stream && !job->stream->is_begun && job->stream->not_before < turn)
            turn = job->stream->not_before;
    }
    return turn;
}

static bool copying_has_more(const struct copying *copying)
{
    if (copying->running)
        return true;
    for (size_t i = 0; i < copying->count && copying->failure.code == ERROR_NONE; i++) {
        if (!copying->jobs[i].is_done)
            return true;
    }
    return false;
}

/* After a failure what runs may end well: a later push has less to do. */
static void copying_stream_all(struct copying *copying)
{
    while (copying_has_more(copying)) {
        if (copying_goes_on(copying))
            copying_begin_some(copying);
        else if (copying->is_unwanted)
            copying_cancel(copying);
        if (copying_has_more(copying))
            bell_wait(&copying->bell, copying_next_turn(copying));
        copying_settle_some(copying);
        copying_tell(copying);
    }
}

/* -- all of it ------------------------------------------------------------------------------ */

/* One job a digest. */
static bool copying_add(struct copying *copying, struct copy *copy)
{
    struct job *job = &copying->jobs[copying->count];

    copy->outcome = COPY_NOT_DONE;
    copy->error = (struct error){.code = ERROR_NONE};
    job->copy = copy;
    if (map_find(&copying->by_digest, job_key(&job->node)))
        return true;
    if (!map_insert(&copying->by_digest, &job->node))
        return false;
    copying->count++;
    return true;
}

/* What is left undone shares the reason; who named a digest again finds it there, or not. */
static void copying_conclude(struct copying *copying, struct copy *copies, size_t count)
{
    for (size_t i = 0; i < copying->count; i++) {
        if (!copying->jobs[i].is_done)
            job_fail(copying, &copying->jobs[i], &copying->failure);
    }
    for (size_t i = 0; i < count; i++) {
        struct map_node *node =
            map_find(&copying->by_digest, slice_from_string(copies[i].digest->text));
        const struct copy *first = node ? MAP_ITEM(node, struct job, node)->copy : NULL;
        if (!first)
            copies[i].error = copying->failure;
        else if (first != &copies[i] && first->outcome == COPY_NOT_DONE)
            copies[i].error = first->error;
        else if (first != &copies[i])
            copies[i].outcome = COPY_EXISTED;
    }
}

static void copying_cancel_stale_uploads(struct copying *copying)
{
    while (copying->stale) {
        struct call calls[CANCELS_MAX];
        struct stale_upload *stale[CANCELS_MAX];
        size_t count = 0;
        for (; copying->stale && count < CANCELS_MAX; count++) {
            stale[count] = copying->stale;
            copying->stale = stale[count]->next;
            calls[count] = call_cancel_upload(stale[count]->location);
        }
        client_call(copying->target, calls, count);
        for (size_t i = 0; i < count; i++) {
            call_release(&calls[i]);
            free(stale[i]->location);
            free(stale[i]);
        }
    }
}

static void copying_run(struct copying *copying, struct copy *copies, size_t count)
{
    struct call *calls = calloc(CLIENT_SIDE_BY_SIDE, sizeof(*calls));
    bool is_ready = calls && copying->jobs;

    for (size_t i = 0; i < count && is_ready; i++)
        is_ready = copying_add(copying, &copies[i]);
    if (is_ready) {
        copying_ask_all(copying, calls);
        copying_stream_all(copying);
    } else {
        error_no_memory(&copying->failure);
    }
    free(calls);
    copying_conclude(copying, copies, count);
    copying_cancel_stale_uploads(copying);
}

bool copy_blobs(struct session *target, struct copy *copies, size_t count,
                const struct copy_watch *watch)
{
    struct copying copying = {.target = target, .watch = watch};

    if (count == 0)
        return true;
    copying.jobs = calloc(count, sizeof(*copying.jobs));
    map_init(&copying.by_digest, job_key);
    bell_init(&copying.bell);
    copying_run(&copying, copies, count);
    bell_release(&copying.bell);
    map_release(&copying.by_digest);
    free(copying.jobs);
    return copying.failure.code == ERROR_NONE;
}
