/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From what the sources are to what the list says: which members become entries, and for which
 * platforms. No I/O.
 *
 * A lone image is one entry, whose platform is the spec's, then its config's (rule P19). An index
 * is merged: all it lists becomes entries, its attestations too; a platform beside it in the spec
 * selects from it (P18).
 */
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "registry/push_job.h"

static const char reference_annotation[] = "vnd.docker.reference.digest";

enum {
    OFFERS_SHOWN = 160 /* bytes, of an error's */
};

/* -- one entry ------------------------------------------------------------------------------ */

static bool is_empty(const char *text)
{
    return *text == '\0';
}

static bool names_platform(const struct platform *platform)
{
    return !is_empty(platform->os) && !is_empty(platform->architecture);
}

static bool says_anything(const struct platform *platform)
{
    return !is_empty(platform->os) || !is_empty(platform->architecture) ||
           !is_empty(platform->variant) || !is_empty(platform->os_version) ||
           platform->os_feature_count > 0;
}

static struct list_entry *add_entry(struct push_job *job, struct push_member *member,
                                    const struct platform *platform, struct error *error)
{
    if (job->entry_count == INDEX_ENTRIES_MAX) {
        (void)error_set(error, ERROR_TOO_LARGE, "the list would have more than %d entries",
                        (int)INDEX_ENTRIES_MAX);
        return NULL;
    }
    struct list_entry *entry = &job->entries[job->entry_count];
    *entry = (struct list_entry){
        .source = member->source->image,
        .media_type = push_member_media_type(member),
        .digest = push_member_digest(member),
        .size = push_member_size(member),
        .platform = *platform,
        .descriptor = member->descriptor ? member->descriptor->json : NULL,
        .is_attestation = push_member_is_attestation(member),
    };
    job->origins[job->entry_count++] = member;
    return entry;
}

static bool refuse_artifact(const struct push_member *member, struct error *error)
{
    const struct push_document *document = member->document;

    if (document) {
        return error_set(error, ERROR_UNSUPPORTED, "%s'%.80s' is %s, not an image",
                         member->descriptor ? "a child of " : "", member->source->image,
                         document->manifest->artifact);
    }
    return error_set(error, ERROR_UNSUPPORTED,
                     "a child of '%.80s' is of type '%s', neither an image nor an attestation",
                     member->source->image,
                     ESCAPED(slice_from_string(member->descriptor->media_type)));
}

static bool refuse_nameless(const struct push_member *member, struct error *error)
{
    return error_set(error, ERROR_INVALID, "%s'%.100s' does not say its platform%s",
                     member->descriptor ? "a child of " : "", member->source->image,
                     member->descriptor ? ""
                                        : "; write one beside it, as IMAGE=os/arch or in the spec");
}

/* -- a lone image (P19) --------------------------------------------------------------------- */

/* What the spec leaves open is the config's to say. */
static struct platform complete(const struct platform *asked, const struct platform *config)
{
    struct platform platform = *asked;

    if (is_empty(asked->os) && is_empty(asked->architecture)) {
        platform.os = config->os;
        platform.architecture = config->architecture;
    }
    if (is_empty(asked->variant))
        platform.variant = config->variant;
    if (is_empty(asked->os_version))
        platform.os_version = config->os_version;
    if (asked->os_feature_count == 0) {
        platform.os_features = config->os_features;
        platform.os_feature_count = config->os_feature_count;
    }
    return platform;
}

static bool add_lone_image(struct push_job *job, const struct spec_entry *asked,
                           struct push_member *image, struct error *error)
{
    struct platform platform = complete(&asked->platform, &image->platform);

    if (!names_platform(&platform))
        return refuse_nameless(image, error);
    struct list_entry *entry = add_entry(job, image, &platform, error);
    if (!entry)
        return false;
    entry->features = asked->features;
    entry->feature_count = asked->feature_count;
    return true;
}

/* -- an index (P18) ------------------------------------------------------------------------- */

/* The images of one index that the spec's entry means. */
struct choice {
    struct push_job *job;
    const struct spec_entry *asked;
    bool is_selective; /* by the platform beside it */
    size_t first;      /* of the list's entries */
};

static bool is_image(const struct push_member *member)
{
    return member->state == MEMBER_READY && !push_member_is_attestation(member);
}

static bool choose_image(const struct choice *choice, struct push_member *member,
                         struct error *error)
{
    bool is_known = is_image(member) && names_platform(&member->platform);

    if (choice->is_selective &&
        !(is_known && platform_equal(&choice->asked->platform, &member->platform)))
        return true;
    if (!is_image(member))
        return refuse_artifact(member, error);
    if (!is_known)
        return refuse_nameless(member, error);
    struct list_entry *entry = add_entry(choice->job, member, &member->platform, error);
    if (!entry)
        return false;
    entry->features = choice->asked->features;
    entry->feature_count = choice->asked->feature_count;
    return true;
}

/* An attestation goes where the image goes that it speaks of. */
static bool is_of_chosen_image(const struct choice *choice, const struct push_member *attestation,
                               size_t images)
{
    const struct json *annotations = json_get(attestation->descriptor->json, "annotations");
    struct slice subject = json_get_string(annotations, reference_annotation);

    for (size_t i = choice->first; i < images; i++)
        if (slice_equal_string(subject, choice->job->entries[i].digest->text))
            return true;
    return false;
}

static bool choose_attestations(const struct choice *choice, struct push_source *source,
                                struct error *error)
{
    size_t images = choice->job->entry_count;

    for (struct push_member *member = source->members; member; member = member->next) {
        bool is_chosen = push_member_is_attestation(member) &&
                         (!choice->is_selective || is_of_chosen_image(choice, member, images));
        if (is_chosen && !add_entry(choice->job, member, &member->platform, error))
            return false;
    }
    return true;
}

/* "linux/amd64, linux/arm64/v8" */
static void write_offers(const struct push_source *source, struct buffer *out)
{
    const char *separator = "";

    for (const struct push_member *member = source->members; member; member = member->next) {
        if (!is_image(member) || !names_platform(&member->platform))
            continue;
        (void)buffer_append_string(out, separator);
        (void)platform_write_version(&member->platform, out);
        separator = ", ";
    }
}

static bool refuse_choice(const struct choice *choice, const struct push_source *source,
                          struct error *error)
{
    struct buffer asked = BUFFER_INIT(OFFERS_SHOWN);
    struct buffer offers = BUFFER_INIT(OFFERS_SHOWN);

    (void)platform_write_version(&choice->asked->platform, &asked);
    write_offers(source, &offers);
    (void)error_set(error, ERROR_UNSUPPORTED, "'%.80s' has no %s; it offers %s%s", source->image,
                    buffer_string(&asked), offers.length ? buffer_string(&offers) : "nothing",
                    buffer_ok(&offers) ? "" : "...");
    buffer_release(&asked);
    buffer_release(&offers);
    return false;
}

static bool add_index(struct push_job *job, const struct spec_entry *asked,
                      struct push_source *source, struct error *error)
{
    struct choice choice = {job, asked, says_anything(&asked->platform), job->entry_count};

    if (choice.is_selective && !names_platform(&asked->platform)) {
        return error_set(error, ERROR_INVALID,
                         "'%.100s' is an index: a platform that selects from it needs os and "
                         "architecture",
                         source->image);
    }
    for (struct push_member *member = source->members; member; member = member->next) {
        bool is_candidate = member->state != MEMBER_INDEX && !push_member_is_attestation(member);
        if (is_candidate && !choose_image(&choice, member, error))
            return false;
    }
    if (choice.is_selective && job->entry_count == choice.first)
        return refuse_choice(&choice, source, error);
    return choose_attestations(&choice, source, error);
}

/* -- all ------------------------------------------------------------------------------------ */

static bool add_source(struct push_job *job, const struct spec_entry *asked,
                       struct push_source *source, struct error *error)
{
    struct push_member *member = source->members;

    switch (member->state) {
    case MEMBER_MISSING:
        return true;
    case MEMBER_READY:
        return add_lone_image(job, asked, member, error);
    case MEMBER_INDEX:
        return add_index(job, asked, source, error);
    case MEMBER_ARTIFACT:
        return refuse_artifact(member, error);
    case MEMBER_MANIFEST:
    case MEMBER_CONFIG:
    case MEMBER_DENIED:
        break;
    }
    return error_set(error, ERROR_INTERNAL, "'%s' was not judged", source->image);
}

static bool are_all_missing(const struct push_job *job)
{
    for (size_t i = 0; i < job->source_count; i++)
        if (job->sources[i].members->state != MEMBER_MISSING)
            return false;
    return true;
}

static bool refuse_nothing(const struct push_job *job, struct error *error)
{
    return error_set(error, ERROR_INVALID, "'%.100s' lists nothing%s: there is nothing to push",
                     job->push->spec->entries[0].image,
                     job->source_count > 1 ? ", nor do the others" : "");
}

bool push_choose_entries(struct push_job *job, struct error *error)
{
    const struct spec *spec = job->push->spec;

    if (are_all_missing(job))
        return error_set(error, ERROR_NOT_FOUND,
                         "all sources are missing: nothing is left to push");
    job->entries = calloc(INDEX_ENTRIES_MAX, sizeof(*job->entries));
    job->origins = calloc(INDEX_ENTRIES_MAX, sizeof(struct push_member *));
    if (!job->entries || !job->origins)
        return error_no_memory(error);
    for (size_t i = 0; i < spec->entry_count; i++)
        if (!add_source(job, &spec->entries[i], job->source_of[i], error))
            return false;
    return job->entry_count > 0 || refuse_nothing(job, error);
}

void push_release_entries(struct push_job *job)
{
    free(job->entries);
    free(job->origins);
    job->entries = NULL;
    job->origins = NULL;
    job->entry_count = 0;
}
