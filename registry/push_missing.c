/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sources that are not there, and may be left out (rules P20, T35).
 *
 * A registry that says "not found" is believed. Docker Hub, Quay and GHCR deny what does not exist,
 * as they deny a wrong password: that counts as missing only where the same registry accepts the
 * same credentials for the target. Quotas, outages and timeouts never mean that something is
 * missing.
 */
#include <string.h>

#include "registry/push_job.h"
#include "registry/session.h"

bool push_may_be_missing(struct push_job *job, struct push_member *member, const struct call *call)
{
    /* A source may be missing, a part of one may not. */
    if (!job->push->ignore_missing || member->descriptor)
        return false;
    if (call->error.code == ERROR_DENIED) {
        member->state = MEMBER_DENIED;
        member->source->denial = call->error;
        return true;
    }
    if (call->error.code != ERROR_NOT_FOUND)
        return false;
    member->state = MEMBER_MISSING;
    warnings_add(&job->out->warnings, "'%s' is left out: the registry says it does not exist",
                 member->source->image);
    return true;
}

/* -- denied, or missing? -------------------------------------------------------------------- */

static bool settle_probe(struct push_job *job, void *subject, const struct call *call,
                         struct error *error)
{
    bool *is_welcome = subject;

    (void)job;
    (void)error;
    *is_welcome = call->error.code == ERROR_NONE && (call->status == 200 || call->status == 404);
    return true;
}

/* Whether the target's repository answers to our credentials, with the scope for pushing. */
static bool probe_target(struct push_job *job, bool *is_welcome, struct error *error)
{
    struct call call = call_head_manifest(reference_target(job->push->spec->target));

    *is_welcome = false;
    if (!job->target->credential)
        return true;
    return push_ask(job, job->target, call, settle_probe, is_welcome, error) &&
           push_run(job, error);
}

static bool is_in_same_name(const struct session *a, const struct session *b)
{
    char identity[CREDENTIAL_IDENTITY_SIZE];
    char other[CREDENTIAL_IDENTITY_SIZE];

    credential_identity(a->credential, identity);
    credential_identity(b->credential, other);
    return strcmp(identity, other) == 0;
}

static bool judge(struct push_job *job, struct push_source *source, bool is_welcome,
                  struct error *error)
{
    if (is_welcome && push_is_same_registry(job, source->reference) &&
        is_in_same_name(source->session, job->target)) {
        source->members->state = MEMBER_MISSING;
        warnings_add(&job->out->warnings,
                     "'%s' is left out: denied, and what the registry denies to credentials that "
                     "it accepts for the target is taken for missing",
                     source->image);
        return true;
    }
    *error = source->denial;
    push_blame(source->members, error);
    return false;
}

bool push_judge_denied(struct push_job *job, struct error *error)
{
    bool has_probed = false;
    bool is_welcome = false;

    for (size_t i = 0; i < job->source_count; i++) {
        struct push_source *source = &job->sources[i];
        if (source->members->state != MEMBER_DENIED)
            continue;
        if (!has_probed && !probe_target(job, &is_welcome, error))
            return false;
        has_probed = true;
        if (!judge(job, source, is_welcome, error))
            return false;
    }
    return true;
}
