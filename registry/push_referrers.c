/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Children that refer to another manifest as their subject. A registry that understands this says
 * so when it is given one, and lists it by itself. For any other the list is an index under a tag
 * made of the subject's digest, which whoever pushes keeps up to date (rules P14, H25).
 *
 * That tag is everybody's: between our reading and our writing it another client may have put a
 * list of its own there. So it is read again after each writing, until ours is on it. The image is
 * whole without: where a list cannot be kept up, that is a warning.
 */
#include <stdlib.h>
#include <string.h>

#include "manifest/referrers.h"
#include "registry/push_job.h"

enum {
    WRITES_MAX = 4 /* of one tag, where others write it too */
};

/* One tag, which lists the referrers of one subject. */
struct referrer_list {
    char tag[REFERRERS_TAG_SIZE];
    struct slice subject;         /* borrowed from the first child's manifest */
    bool is_ours;                 /* the registry took a child without listing it */
    struct digest asked;          /* the subject, where the registry is asked for its own list */
    const struct manifest *index; /* as last read; NULL: there is none */
    struct buffer bytes;          /* as last written */
    struct digest digest;         /* of the bytes */
    bool is_settled;
    struct error failure;
};

struct referrer_lists {
    struct push_job *job;
    struct referrer_list *items;
    size_t count;
};

static void list_fail(struct referrer_list *list, const struct error *failure)
{
    list->failure = *failure;
    list->is_settled = true;
}

/* -- who refers to what --------------------------------------------------------------------- */

/* Of a child that was there already, and so was not read: its index says that it is an artifact. */
static bool may_refer(const struct push_member *child)
{
    const struct descriptor *entry = child->descriptor;

    return !child->document && entry && media_type_is_manifest(entry->type) &&
           entry->artifact_type && *entry->artifact_type;
}

static void warn_of_unread(struct push_job *job, const struct push_member *child,
                           const struct error *failure)
{
    warnings_add(&job->out->warnings, "whether a child of '%s' is a referrer is not known: %s",
                 child->source->image, failure->message);
}

static bool settle_child(struct push_job *job, void *subject, const struct call *call,
                         struct error *error)
{
    struct push_member *child = subject;
    struct error failure = call->error;

    (void)error;
    if (failure.code == ERROR_NONE)
        child->document = push_read_document(job, call, push_member_media_type(child), &failure);
    if (!child->document)
        warn_of_unread(job, child, &failure);
    return true;
}

/* An earlier push may have ended between a child and its list, so what was there counts too. */
static bool read_unread_children(struct push_job *job, struct error *error)
{
    for (size_t i = 0; i < job->child_count; i++) {
        struct push_member *child = job->children[i];
        const struct digest *digest = push_member_digest(child);
        if (!may_refer(child))
            continue;
        struct call call = call_get_manifest(digest->text, digest, push_member_size(child));
        if (!push_ask(job, job->target, call, settle_child, child, error))
            return false;
    }
    return push_run(job, error);
}

/* Whether the registry has not said that it lists the child by itself. */
static bool is_unlisted_referrer(const struct push_member *child)
{
    return child->document && !child->is_referrer &&
           manifest_subject(child->document->manifest).length > 0;
}

static bool is_under_tag(const struct push_member *child, const char *tag)
{
    char own[REFERRERS_TAG_SIZE];

    referrers_tag(manifest_subject(child->document->manifest), own);
    return strcmp(own, tag) == 0;
}

static struct referrer_list *lists_find(struct referrer_lists *lists,
                                        const struct push_member *child)
{
    for (size_t i = 0; i < lists->count; i++) {
        if (is_under_tag(child, lists->items[i].tag))
            return &lists->items[i];
    }
    return NULL;
}

static struct referrer_list *lists_add(struct referrer_lists *lists,
                                       const struct push_member *child)
{
    struct referrer_list *list = &lists->items[lists->count++];

    list->subject = manifest_subject(child->document->manifest);
    referrers_tag(list->subject, list->tag);
    buffer_init(&list->bytes, MANIFEST_SIZE_MAX);
    return list;
}

static bool lists_collect(struct push_job *job, struct referrer_lists *out, struct error *error)
{
    *out = (struct referrer_lists){
        .job = job,
        .items = calloc(job->child_count + 1, sizeof(struct referrer_list)),
    };
    if (!out->items)
        return error_no_memory(error);
    for (size_t i = 0; i < job->child_count; i++) {
        const struct push_member *child = job->children[i];
        if (!is_unlisted_referrer(child))
            continue;
        struct referrer_list *list = lists_find(out, child);
        if (!list)
            list = lists_add(out, child);
        list->is_ours |= child->was_put;
    }
    return true;
}

static void lists_release(struct referrer_lists *lists)
{
    for (size_t i = 0; i < lists->count; i++)
        buffer_release(&lists->items[i].bytes);
    free(lists->items);
}

static bool are_all_settled(const struct referrer_lists *lists)
{
    for (size_t i = 0; i < lists->count; i++)
        if (!lists->items[i].is_settled)
            return false;
    return true;
}

/* -- does the registry list them? ----------------------------------------------------------- */

static bool settle_question(struct push_job *job, void *subject, const struct call *call,
                            struct error *error)
{
    struct referrer_list *list = subject;

    (void)error;
    if (call->error.code != ERROR_NONE) {
        warnings_add(&job->out->warnings, "whether '%s' is kept up is not known: %s", list->tag,
                     call->error.message);
        list->is_settled = true;
    }
    list->is_settled |= call->has_found;
    return true;
}

/* Where nothing was put that would have told. Of a subject that we cannot ask for, what was there
 * is left as it is. */
static bool ask_registry(struct referrer_lists *lists, struct error *error)
{
    struct push_job *job = lists->job;
    struct error ignored;

    for (size_t i = 0; i < lists->count; i++) {
        struct referrer_list *list = &lists->items[i];
        if (list->is_ours)
            continue;
        list->is_settled = !digest_parse(list->subject, &list->asked, &ignored);
        if (!list->is_settled && !push_ask(job, job->target, call_get_referrers(&list->asked),
                                           settle_question, list, error))
            return false;
    }
    return push_run(job, error);
}

/* -- the list as it is ---------------------------------------------------------------------- */

static bool lacks(const struct referrer_list *list, const struct push_member *child)
{
    return is_unlisted_referrer(child) && is_under_tag(child, list->tag) &&
           !referrers_has(list->index, &child->document->digest);
}

static bool is_complete(const struct referrer_list *list, const struct push_job *job)
{
    for (size_t i = 0; i < job->child_count; i++) {
        if (lacks(list, job->children[i]))
            return false;
    }
    return true;
}

/* What is no list of referrers is somebody's all the same, and is not written over. */
static bool read_index(struct push_job *job, const struct call *call, struct referrer_list *list,
                       struct error *failure)
{
    const struct push_document *document = push_read_document(job, call, "", failure);

    if (document && document->manifest->type == MEDIA_TYPE_OCI_INDEX) {
        list->index = document->manifest;
        return true;
    }
    if (document)
        (void)error_set(failure, ERROR_UNSUPPORTED, "it is no OCI index, and is left as it is");
    error_prefix(failure, "'%s': ", list->tag);
    return false;
}

static bool settle_read(struct push_job *job, void *subject, const struct call *call,
                        struct error *error)
{
    struct referrer_list *list = subject;
    struct error failure = call->error;
    bool is_absent = failure.code == ERROR_NOT_FOUND;

    (void)error;
    list->index = NULL;
    if (!is_absent && (failure.code != ERROR_NONE || !read_index(job, call, list, &failure)))
        list_fail(list, &failure);
    list->is_settled |= is_complete(list, job);
    return true;
}

static bool read_open_lists(struct referrer_lists *lists, struct error *error)
{
    struct push_job *job = lists->job;

    for (size_t i = 0; i < lists->count; i++) {
        struct referrer_list *list = &lists->items[i];
        if (!list->is_settled && !push_ask(job, job->target, call_get_manifest(list->tag, NULL, -1),
                                           settle_read, list, error))
            return false;
    }
    return push_run(job, error);
}

/* -- the list as it is to be ---------------------------------------------------------------- */

static bool write_bytes(const struct push_job *job, struct referrer_list *list, struct error *error)
{
    struct referrer *added = calloc(job->child_count, sizeof(*added));
    size_t count = 0;

    if (!added)
        return error_no_memory(error);
    for (size_t i = 0; i < job->child_count; i++) {
        const struct push_member *child = job->children[i];
        if (lacks(list, child))
            added[count++] = (struct referrer){child->document->manifest, &child->document->digest,
                                               push_member_size(child)};
    }
    buffer_clear(&list->bytes);
    bool is_written = referrers_append(list->index, added, count, &list->bytes, error);
    free(added);
    return is_written &&
           (digest_compute(DIGEST_SHA256, buffer_slice(&list->bytes), &list->digest) ||
            error_no_memory(error));
}

static bool settle_write(struct push_job *job, void *subject, const struct call *call,
                         struct error *error)
{
    (void)job;
    (void)error;
    if (call->error.code != ERROR_NONE)
        list_fail(subject, &call->error);
    return true;
}

static bool write_list(struct push_job *job, struct referrer_list *list, struct error *error)
{
    struct error failure;

    if (!write_bytes(job, list, &failure)) {
        list_fail(list, &failure);
        return true;
    }
    struct call call = call_put_manifest(list->tag, media_type_name(MEDIA_TYPE_OCI_INDEX),
                                         &list->digest, buffer_slice(&list->bytes));
    return push_ask(job, job->target, call, settle_write, list, error);
}

static bool write_open_lists(struct referrer_lists *lists, struct error *error)
{
    for (size_t i = 0; i < lists->count; i++)
        if (!lists->items[i].is_settled && !write_list(lists->job, &lists->items[i], error))
            return false;
    return push_run(lists->job, error);
}

static void give_up_open_lists(struct referrer_lists *lists)
{
    struct error failure;

    for (size_t i = 0; i < lists->count; i++) {
        struct referrer_list *list = &lists->items[i];
        if (list->is_settled)
            continue;
        (void)error_set(&failure, ERROR_UPSTREAM,
                        "'%s' was written %d times, and others wrote over it", list->tag,
                        (int)WRITES_MAX);
        list_fail(list, &failure);
    }
}

/* -- all ------------------------------------------------------------------------------------ */

static bool bring_up_to_date(struct referrer_lists *lists, struct error *error)
{
    for (unsigned writes = 0; !are_all_settled(lists); writes++) {
        if (!read_open_lists(lists, error))
            return false;
        if (writes == WRITES_MAX)
            give_up_open_lists(lists);
        if (!write_open_lists(lists, error))
            return false;
    }
    return true;
}

static void warn_of_failures(const struct referrer_lists *lists)
{
    for (size_t i = 0; i < lists->count; i++) {
        const struct referrer_list *list = &lists->items[i];
        if (list->failure.code != ERROR_NONE)
            warnings_add(&lists->job->out->warnings, "a list of referrers lacks some: %s",
                         list->failure.message);
    }
}

bool push_list_referrers(struct push_job *job, struct error *error)
{
    struct referrer_lists lists;

    if (!read_unread_children(job, error) || !lists_collect(job, &lists, error))
        return false;
    bool is_done = ask_registry(&lists, error) && bring_up_to_date(&lists, error);
    warn_of_failures(&lists);
    lists_release(&lists);
    return is_done;
}
