/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/push_blobs.h"

#include <stdlib.h>
#include <string.h>

enum {
    BLOBS_MAX = 20000
};

/* -- where from (P4) ------------------------------------------------------------------------ */

/* How many of the path's components are the target's too, counted from the left. */
static size_t shared_components(const char *target, const char *repository)
{
    size_t count = 0;

    for (size_t i = 0; target[i] == repository[i] || !target[i] || !repository[i]; i++) {
        bool ends_target = target[i] == '\0' || target[i] == '/';
        bool ends_other = repository[i] == '\0' || repository[i] == '/';
        count += ends_target && ends_other;
        if (target[i] == '\0' || repository[i] == '\0')
            break;
    }
    return count;
}

void push_blobs_add_mount(const char *mounts[COPY_MOUNTS_MAX], const char *target,
                          const char *repository)
{
    size_t shared = shared_components(target, repository);
    size_t place = 0;

    for (size_t i = 0; i < COPY_MOUNTS_MAX && mounts[i]; i++) {
        if (strcmp(mounts[i], repository) == 0)
            return;
        place += shared_components(target, mounts[i]) >= shared;
    }
    if (place == COPY_MOUNTS_MAX)
        return;
    for (size_t i = COPY_MOUNTS_MAX - 1; i > place; i--)
        mounts[i] = mounts[i - 1];
    mounts[place] = repository;
}

/* -- which ---------------------------------------------------------------------------------- */

static struct slice blob_key(const struct map_node *node)
{
    return slice_from_string(MAP_ITEM_CONST(node, struct push_blob, node)->digest->text);
}

static bool is_concerned(const struct push_blobs *blobs, const struct push_member *child)
{
    return !child->is_there && (blobs->which == PUSH_BLOBS_OF_ABSENT || child->refusal);
}

static size_t count_descriptors(const struct push_blobs *blobs)
{
    const struct push_job *job = blobs->job;
    size_t count = 0;

    for (size_t i = 0; i < job->child_count; i++)
        if (is_concerned(blobs, job->children[i]))
            count += 1 + job->children[i]->document->manifest->layer_count;
    return count;
}

static bool blobs_add(struct push_blobs *blobs, const struct push_member *member,
                      const struct descriptor *descriptor, struct error *error)
{
    struct push_job *job = blobs->job;
    struct push_blob *blob = &blobs->blobs[blobs->count];
    struct copy *copy = &blobs->copies[blobs->count];
    struct map_node *known =
        map_find(&blobs->by_digest, slice_from_string(descriptor->digest.text));

    if (known) {
        copy = &blobs->copies[MAP_ITEM(known, struct push_blob, node) - blobs->blobs];
    } else {
        *blob = (struct push_blob){.member = member, .digest = &descriptor->digest};
        *copy = (struct copy){
            .digest = &descriptor->digest,
            .size = descriptor->size,
            .source = member->source->session,
            .must_be_copied = blobs->which == PUSH_BLOBS_OF_REFUSED,
        };
        if (!map_insert(&blobs->by_digest, &blob->node))
            return error_no_memory(error);
        blobs->count++;
    }
    if (push_is_same_registry(job, member->source->reference))
        push_blobs_add_mount(copy->mount_from, job->push->spec->target->repository,
                             member->source->reference->repository);
    return true;
}

static void tell_foreign(const struct push_job *job, const struct push_member *member,
                         const struct descriptor *layer)
{
    push_tell(job, &(struct push_event){
                       .step = PUSH_FOREIGN,
                       .name = member->source->image,
                       .digest = &layer->digest,
                       .size = layer->size,
                   });
}

static bool is_foreign(const struct descriptor *layer)
{
    return media_type_is_foreign(slice_from_string(layer->media_type));
}

static bool blobs_add_all_of(struct push_blobs *blobs, const struct push_member *member,
                             struct error *error)
{
    const struct manifest *manifest = member->document->manifest;

    if (!blobs_add(blobs, member, &manifest->config, error))
        return false;
    for (size_t i = 0; i < manifest->layer_count; i++) {
        const struct descriptor *layer = &manifest->layers[i];
        if (is_foreign(layer))
            tell_foreign(blobs->job, member, layer);
        else if (!blobs_add(blobs, member, layer, error))
            return false;
    }
    return true;
}

/* P13: those that the refusal names; all, where it names none, or these were not all. */
static bool blobs_add_named_of(struct push_blobs *blobs, const struct push_member *member,
                               struct error *error)
{
    const struct manifest *manifest = member->document->manifest;
    size_t before = blobs->count;

    if (member->refusals > 1)
        return blobs_add_all_of(blobs, member, error);
    if (strstr(member->refusal, manifest->config.digest.text) &&
        !blobs_add(blobs, member, &manifest->config, error))
        return false;
    for (size_t i = 0; i < manifest->layer_count; i++) {
        const struct descriptor *layer = &manifest->layers[i];
        bool is_named = strstr(member->refusal, layer->digest.text) && !is_foreign(layer);
        if (is_named && !blobs_add(blobs, member, layer, error))
            return false;
    }
    return blobs->count > before || blobs_add_all_of(blobs, member, error);
}

static bool blobs_add_of(struct push_blobs *blobs, const struct push_member *member,
                         struct error *error)
{
    return blobs->which == PUSH_BLOBS_OF_REFUSED ? blobs_add_named_of(blobs, member, error)
                                                 : blobs_add_all_of(blobs, member, error);
}

bool push_blobs_collect(struct push_job *job, enum push_blobs_of which, struct push_blobs *out,
                        struct error *error)
{
    *out = (struct push_blobs){.job = job, .which = which};
    size_t count = count_descriptors(out);

    map_init(&out->by_digest, blob_key);
    if (count > BLOBS_MAX)
        return error_set(error, ERROR_TOO_LARGE, "the images have more than %d layers in all",
                         (int)BLOBS_MAX);
    out->copies = calloc(count + 1, sizeof(*out->copies));
    out->blobs = calloc(count + 1, sizeof(*out->blobs));
    if (!out->copies || !out->blobs)
        return error_no_memory(error);
    for (size_t i = 0; i < job->child_count; i++) {
        const struct push_member *child = job->children[i];
        if (is_concerned(out, child) && !blobs_add_of(out, child, error))
            return false;
    }
    return true;
}

void push_blobs_release(struct push_blobs *blobs)
{
    map_release(&blobs->by_digest);
    free(blobs->copies);
    free(blobs->blobs);
}

/* -- bringing them -------------------------------------------------------------------------- */

static const struct push_member *member_of(const struct push_blobs *blobs, const struct copy *copy)
{
    return blobs->blobs[copy - blobs->copies].member;
}

static void tell_copy(void *context, const struct copy *copy, int64_t done)
{
    static const enum push_step steps[] = {
        [COPY_NOT_DONE] = PUSH_COPYING,
        [COPY_EXISTED] = PUSH_EXISTED,
        [COPY_MOUNTED] = PUSH_MOUNTED,
        [COPY_COPIED] = PUSH_COPIED,
    };
    const struct push_blobs *blobs = context;

    push_tell(blobs->job, &(struct push_event){
                              .step = steps[copy->outcome],
                              .name = member_of(blobs, copy)->source->image,
                              .digest = copy->digest,
                              .size = copy->size,
                              .done = done,
                          });
}

static bool is_wanted(void *context)
{
    const struct push_blobs *blobs = context;
    struct error ignored;

    return push_check_wanted(blobs->job, &ignored);
}

static void count_outcomes(const struct push_blobs *blobs)
{
    struct push_result *out = blobs->job->out;

    for (size_t i = 0; i < blobs->count; i++) {
        out->existed += blobs->copies[i].outcome == COPY_EXISTED;
        out->mounted += blobs->copies[i].outcome == COPY_MOUNTED;
        out->copied += blobs->copies[i].outcome == COPY_COPIED;
    }
}

/* That it was given up is only told where nothing else went wrong. */
static void find_failure(const struct push_blobs *blobs, struct error *error)
{
    const struct copy *failed = NULL;

    for (size_t i = 0; i < blobs->count; i++) {
        const struct copy *copy = &blobs->copies[i];
        bool is_news = !failed || failed->error.code == ERROR_DRAINING;
        if (copy->error.code != ERROR_NONE && is_news)
            failed = copy;
    }
    if (!failed)
        return;
    *error = failed->error;
    push_blame(member_of(blobs, failed), error);
    error_prefix(error, "copying "); /* the fault may be the target's */
}

bool push_bring_blobs(struct push_job *job, enum push_blobs_of which, struct error *error)
{
    struct push_blobs blobs;
    struct copy_watch watch = {.progress = tell_copy, .is_wanted = is_wanted, .context = &blobs};

    bool is_done = push_blobs_collect(job, which, &blobs, error);
    if (is_done && blobs.count) {
        is_done = copy_blobs(job->target, blobs.copies, blobs.count, &watch);
        count_outcomes(&blobs);
        if (!is_done)
            find_failure(&blobs, error);
    }
    push_blobs_release(&blobs);
    return is_done;
}
