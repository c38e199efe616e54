/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the sources are: all of them are asked for in one round, then, in as few further ones as may
 * be, nested indexes and the configs that platforms are read from.
 */
#include <stdlib.h>
#include <string.h>

#include "registry/push_job.h"
#include "registry/reading.h"
#include "registry/session.h"

enum {
    FETCHES_MAX = 64,                      /* L9: of one source, besides its own manifest */
    DOCUMENT_BYTES_MAX = 64 * 1024 * 1024, /* all manifests of a push */
};

/* -- which ---------------------------------------------------------------------------------- */

static struct push_source *find_source(struct push_job *job, const struct reference *reference)
{
    for (size_t i = 0; i < job->source_count; i++) {
        const struct reference *known = job->sources[i].reference;
        if (strcmp(known->registry, reference->registry) == 0 &&
            strcmp(known->repository, reference->repository) == 0 &&
            strcmp(reference_target(known), reference_target(reference)) == 0)
            return &job->sources[i];
    }
    return NULL;
}

static struct push_source *add_source(struct push_job *job, const struct spec_entry *entry,
                                      struct error *error)
{
    const char *digest = entry->reference->digest;
    struct push_source *source = &job->sources[job->source_count];

    *source = (struct push_source){.reference = entry->reference, .image = entry->image};
    if (digest && !digest_parse(slice_from_string(digest), &source->wanted, error))
        return NULL;
    source->members = push_member_new(source);
    if (!source->members) {
        (void)error_no_memory(error);
        return NULL;
    }
    job->source_count++;
    return source;
}

bool push_list_sources(struct push_job *job, struct error *error)
{
    const struct spec *spec = job->push->spec;

    job->sources = calloc(spec->entry_count, sizeof(*job->sources));
    job->source_of = calloc(spec->entry_count, sizeof(struct push_source *));
    if (!job->sources || !job->source_of)
        return error_no_memory(error);
    job->source_count = 0;
    for (size_t i = 0; i < spec->entry_count; i++) {
        job->source_of[i] = find_source(job, spec->entries[i].reference);
        if (!job->source_of[i])
            job->source_of[i] = add_source(job, &spec->entries[i], error);
        if (!job->source_of[i])
            return false;
    }
    return true;
}

static void release_members(struct push_member *members)
{
    while (members) {
        struct push_member *member = members;
        members = member->next;
        free(member->refusal);
        free(member);
    }
}

void push_release_sources(struct push_job *job)
{
    for (size_t i = 0; i < job->source_count; i++)
        release_members(job->sources[i].members);
    free(job->sources);
    free(job->source_of);
    job->sources = NULL;
    job->source_of = NULL;
    job->source_count = 0;
    while (job->documents) {
        struct push_document *document = job->documents;
        job->documents = document->next;
        manifest_free(document->manifest);
        image_free(document->image);
        free(document->bytes);
        free(document);
    }
}

/* -- reading -------------------------------------------------------------------------------- */

struct push_document *push_read_document(struct push_job *job, const struct call *call,
                                         const char *expected, struct error *error)
{
    if (call->body.length > DOCUMENT_BYTES_MAX - job->document_bytes) {
        (void)error_set(error, ERROR_TOO_LARGE, "the manifests have more than %d bytes in all",
                        (int)DOCUMENT_BYTES_MAX);
        return NULL;
    }
    struct push_document *document = calloc(1, sizeof(*document));
    char *bytes = slice_copy(call->body);
    if (!document || !bytes) {
        free(document);
        free(bytes);
        (void)error_no_memory(error);
        return NULL;
    }
    document->digest = call->found;
    document->bytes = bytes;
    document->length = call->body.length;
    document->next = job->documents; /* the job's from here on, whatever it is */
    job->documents = document;
    job->document_bytes += call->body.length;
    document->manifest = reading_manifest(call, expected, error);
    return document->manifest ? document : NULL;
}

/* -- settling ------------------------------------------------------------------------------- */

static bool settle_failure(const struct push_member *member, const struct call *call,
                           struct error *error)
{
    *error = call->error;
    push_blame(member, error);
    return false;
}

static bool settle_manifest(struct push_job *job, void *subject, const struct call *call,
                            struct error *error)
{
    struct push_member *member = subject;
    const char *expected = member->descriptor ? member->descriptor->media_type : "";

    if (call->error.code != ERROR_NONE)
        return push_may_be_missing(job, member, call) || settle_failure(member, call, error);
    member->document = push_read_document(job, call, expected, error);
    if (member->document && push_member_judge(member, error))
        return true;
    push_blame(member, error);
    return false;
}

static bool settle_config(struct push_job *job, void *subject, const struct call *call,
                          struct error *error)
{
    struct push_member *member = subject;

    (void)job;
    if (call->error.code != ERROR_NONE)
        return settle_failure(member, call, error);
    member->document->image = reading_image(call, error);
    if (!member->document->image) {
        push_blame(member, error);
        return false;
    }
    member->platform = member->document->image->platform;
    member->state = MEMBER_READY;
    return true;
}

/* -- asking --------------------------------------------------------------------------------- */

static bool ask_manifest(struct push_job *job, struct push_member *member, struct error *error)
{
    const struct push_source *source = member->source;
    const struct descriptor *entry = member->descriptor;
    const struct digest *wanted = source->reference->digest ? &source->wanted : NULL;

    struct call call = entry ? call_get_manifest(entry->digest.text, &entry->digest, entry->size)
                             : call_get_manifest(reference_target(source->reference), wanted, -1);
    return push_ask(job, source->session, call, settle_manifest, member, error);
}

/* A lone image is an entry in any case: whether the target has it already can be asked now. */
static bool ask_config(struct push_job *job, struct push_member *member, struct error *error)
{
    const struct descriptor *config = &member->document->manifest->config;
    bool will_be_child = !member->descriptor && !job->push->is_dry_run &&
                         !push_is_home(job, member->source->reference);

    if (will_be_child && !push_look_for(job, member, error))
        return false;
    return push_ask(job, member->source->session, call_get_blob(&config->digest, config->size),
                    settle_config, member, error);
}

static bool ask_member(struct push_job *job, struct push_member *member, struct error *error)
{
    bool is_first = member->state == MEMBER_MANIFEST && !member->descriptor;

    if (!is_first && member->source->fetches++ == FETCHES_MAX) {
        (void)error_set(error, ERROR_TOO_LARGE, "it takes more than %d requests to read",
                        (int)FETCHES_MAX);
        error_prefix(error, "'%s': ", member->source->image);
        return false;
    }
    return member->state == MEMBER_MANIFEST ? ask_manifest(job, member, error)
                                            : ask_config(job, member, error);
}

/* Whatever is not known yet. */
static bool ask_members(struct push_job *job, struct error *error)
{
    for (size_t i = 0; i < job->source_count; i++) {
        for (struct push_member *member = job->sources[i].members; member; member = member->next) {
            bool is_open = member->state == MEMBER_MANIFEST || member->state == MEMBER_CONFIG;
            if (is_open && !ask_member(job, member, error))
                return false;
        }
    }
    return true;
}

bool push_fetch_sources(struct push_job *job, struct error *error)
{
    for (;;) {
        if (!ask_members(job, error))
            return false;
        if (job->round.count == 0)
            return push_judge_denied(job, error);
        if (!push_run(job, error))
            return false;
    }
}
