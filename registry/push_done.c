/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a push had written when it failed, in words (rule P15): the names that are set, perhaps set
 * and not set; or else what lies in the repository without a name.
 *
 * "Perhaps" is a name whose writing was neither granted nor refused: a connection that broke, or a
 * registry that stored something else, leaves open what it means now.
 */
#include <stdio.h>

#include "registry/push_job.h"

enum {
    REPOSITORY_SHOWN = 80, /* characters */
    NAMES_SHOWN = 70,      /* bytes, of each kind */
    TEXT_MAX = 1024
};

enum tag_state {
    TAG_SET,
    TAG_PERHAPS_SET,
    TAG_NOT_SET
};

static enum tag_state state_of(const struct push_tag *tag)
{
    if (tag->is_set)
        return TAG_SET;
    return tag->error.code != ERROR_NONE && !tag->is_refused ? TAG_PERHAPS_SET : TAG_NOT_SET;
}

/* "but not '1.0', 'latest'", where any are so. */
static void write_names(const struct push_job *job, const char *what, enum tag_state state,
                        struct buffer *out)
{
    struct buffer names = BUFFER_INIT(NAMES_SHOWN);
    size_t count = 0;

    for (size_t i = 0; i < job->tag_count; i++) {
        if (state_of(&job->tags[i]) == state)
            (void)buffer_format(&names, "%s'%s'", count++ > 0 ? ", " : "", job->tags[i].name);
    }
    if (count > 0) {
        (void)buffer_format(out, "%s%s %s%s", out->length > 0 ? ", " : "", what,
                            buffer_string(&names), buffer_ok(&names) ? "" : ", ...");
    }
    buffer_release(&names);
}

static void write_tags(const struct push_job *job, struct buffer *out)
{
    write_names(job, "tagged", TAG_SET, out);
    write_names(job, "perhaps", TAG_PERHAPS_SET, out);
    write_names(job, "but not", TAG_NOT_SET, out);
}

static size_t children_there(const struct push_job *job)
{
    size_t count = 0;

    for (size_t i = 0; i < job->child_count; i++)
        count += job->children[i]->is_there;
    return count;
}

/* False: nothing. */
static bool write_untagged(const struct push_job *job, struct buffer *out)
{
    const struct push_result *result = job->out;
    const struct reference *target = job->push->spec->target;
    size_t blobs = result->copied + result->mounted + result->existed;

    if (result->children > 0)
        (void)buffer_format(out, "%zu of %zu children are", children_there(job), job->child_count);
    else if (blobs > result->existed)
        (void)buffer_format(out, "%zu %s", blobs, blobs == 1 ? "blob is" : "blobs are");
    else
        return false;
    (void)buffer_format(out, " in '%s/%.*s'", target->registry, (int)REPOSITORY_SHOWN,
                        target->repository);
    return true;
}

void push_tell_done(struct push_job *job)
{
    struct push_result *result = job->out;
    CLEANUP(buffer_release) struct buffer text = BUFFER_INIT(TEXT_MAX);

    if (result->tags_pushed > 0) {
        write_tags(job, &text);
    } else {
        bool is_unclear = state_of(&job->tags[0]) == TAG_PERHAPS_SET;
        bool has_any = write_untagged(job, &text);
        const char *tagged = is_unclear ? "whether it is tagged is not known" : "nothing is tagged";
        if (is_unclear || has_any)
            (void)buffer_format(&text, "%s%s", has_any ? ", " : "", tagged);
    }
    (void)snprintf(result->done, sizeof(result->done), "%s", buffer_string(&text));
}
