/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a source consists of. An index's entries become members beside it, a nested index's likewise
 * (rule L9), so that what is left to do is one list, in the order the entries shall have. No I/O.
 */
#include <stdlib.h>

#include "registry/push_job.h"

enum {
    DEPTH_MAX = 3 /* L9 */
};

struct push_member *push_member_new(struct push_source *source)
{
    struct push_member *member = calloc(1, sizeof(*member));
    if (member) {
        *member = (struct push_member){
            .source = source,
            .platform = {.os = "", .architecture = "", .variant = "", .os_version = ""},
            .state = MEMBER_MANIFEST,
        };
    }
    return member;
}

const struct digest *push_member_digest(const struct push_member *member)
{
    return member->descriptor ? &member->descriptor->digest : &member->document->digest;
}

const char *push_member_media_type(const struct push_member *member)
{
    return member->descriptor ? member->descriptor->media_type
                              : member->document->manifest->media_type;
}

int64_t push_member_size(const struct push_member *member)
{
    return member->descriptor ? member->descriptor->size : (int64_t)member->document->length;
}

bool push_member_is_attestation(const struct push_member *member)
{
    return member->descriptor && member->descriptor->is_attestation;
}

void push_blame(const struct push_member *member, struct error *error)
{
    error_prefix(error, member->descriptor ? "a child of '%s': " : "'%s': ", member->source->image);
}

/* A nested index that stands there twice has given its entries already (L9, T6). */
static bool has_been_expanded(const struct push_member *member)
{
    const struct digest *digest = push_member_digest(member);

    for (const struct push_member *other = member->source->members; other; other = other->next) {
        if (other != member && other->state == MEMBER_INDEX &&
            digest_equal(push_member_digest(other), digest))
            return true;
    }
    return false;
}

static enum push_member_state judge_entry(const struct descriptor *entry)
{
    bool is_artifact = entry->artifact_type && *entry->artifact_type;

    if (entry->is_attestation)
        return MEMBER_READY;
    if (media_type_is_index(entry->type))
        return is_artifact ? MEMBER_ARTIFACT : MEMBER_MANIFEST;
    if (!media_type_is_manifest(entry->type))
        return MEMBER_ARTIFACT;
    if (entry->has_platform)
        return MEMBER_READY;
    return is_artifact ? MEMBER_ARTIFACT : MEMBER_MANIFEST;
}

/* The index's entries take their places after it, in their order. */
static bool expand(struct push_member *index, struct error *error)
{
    const struct manifest *manifest = index->document->manifest;
    bool is_repeated = has_been_expanded(index);
    struct push_member **place = &index->next;

    index->state = MEMBER_INDEX;
    if (index->depth > DEPTH_MAX)
        return error_set(error, ERROR_TOO_LARGE, "indexes are nested more than %d deep",
                         (int)DEPTH_MAX);
    for (size_t i = 0; i < manifest->entry_count && !is_repeated; i++) {
        const struct descriptor *entry = &manifest->entries[i];
        struct push_member *member = push_member_new(index->source);
        if (!member)
            return error_no_memory(error);
        member->descriptor = entry;
        member->platform = entry->platform;
        member->state = judge_entry(entry);
        member->depth = index->depth + 1;
        member->next = *place;
        *place = member;
        place = &member->next;
    }
    return true;
}

bool push_member_judge(struct push_member *member, struct error *error)
{
    switch (member->document->manifest->kind) {
    case MANIFEST_INDEX:
        return expand(member, error);
    case MANIFEST_IMAGE:
        member->state = MEMBER_CONFIG;
        return true;
    case MANIFEST_ARTIFACT:
        break;
    }
    member->state = MEMBER_ARTIFACT;
    return true;
}
