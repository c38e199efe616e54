/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One push under way, and the parts of its straight line; private to push*.c.
 *
 * A spec's entry names a source; a source consists of members: itself, and where it is an index,
 * what the index lists. Members that the spec chooses become the list's entries. Entries whose
 * manifest is not in the target's repository yet are the children to be brought there.
 *
 * All of it belongs to the pushing thread. What the parts make lives as long as the job.
 */
#ifndef REGISTRY_PUSH_JOB_H
#define REGISTRY_PUSH_JOB_H

#include <stdbool.h>
#include <stddef.h>

#include "registry/client.h"
#include "registry/push.h"

struct push_job;
struct push_session;
struct session;

/* A manifest, with the bytes it came in. */
struct push_document {
    struct push_document *next;
    struct digest digest;
    char *bytes;
    size_t length;
    struct manifest *manifest;
    struct image *image; /* its config; NULL: not read */
};

enum push_member_state {
    MEMBER_MANIFEST, /* its manifest is to be fetched */
    MEMBER_CONFIG,   /* its config is to be fetched */
    MEMBER_READY,    /* an image or attestation; its platform is as complete as it will be */
    MEMBER_INDEX,    /* its entries are members after it */
    MEMBER_ARTIFACT, /* there, but no image */
    MEMBER_DENIED,   /* the registry would not tell whether it is there */
    MEMBER_MISSING
};

struct push_member {
    struct push_member *next;
    struct push_source *source;
    const struct descriptor *descriptor; /* in its index; NULL: the source itself */
    struct push_document *document;      /* NULL: not fetched, or not yet */
    struct platform platform;
    enum push_member_state state;
    unsigned depth; /* indexes it stands in */
    char *refusal;  /* what the target said where it lacked blobs it had taken (P13); owned */
    unsigned refusals;
    bool was_sought;  /* by digest, in the target's repository */
    bool is_there;    /* in that repository */
    bool was_put;     /* there by this push */
    bool is_referrer; /* and the registry has said that it lists it as its subject's (P14) */
};

struct push_source {
    const struct reference *reference;
    const char *image; /* as written */
    struct session *session;
    struct digest wanted;        /* where the reference has a digest */
    struct push_member *members; /* itself first */
    unsigned fetches;            /* besides its own manifest */
    struct error denial;         /* of MEMBER_DENIED */
};

/* A name that the list is to have. */
struct push_tag {
    const char *name;
    bool had_digest; /* it pointed to `before` when the push began */
    struct digest before;
    bool is_set;
    bool is_refused;    /* by the registry: it is not set. Else a failure may have come too late */
    struct error error; /* why it is not known to be set */
};

/* Judges what a call brought; `subject` is what it was about. */
typedef bool (*push_settle_function)(struct push_job *job, void *subject, const struct call *call,
                                     struct error *error);

struct push_ask {
    push_settle_function settle;
    void *subject;
};

/* Calls that are made side by side. */
struct push_round {
    struct call *calls;
    struct push_ask *asks; /* of each call */
    size_t count;
    size_t capacity;
};

struct push_job {
    struct registry *registry;
    const struct registry_push *push;
    struct push_result *out;

    struct push_session *sessions;
    struct session *target;
    const char **mount_sources;
    struct push_round round;

    struct push_source *sources; /* each once */
    size_t source_count;
    struct push_source **source_of; /* of each of the spec's entries */
    struct push_document *documents;
    size_t document_bytes;

    struct list_entry *entries;
    struct push_member **origins; /* of each entry */
    size_t entry_count;

    struct push_member **children; /* what the target's repository needs, each digest once */
    size_t child_count;
    struct push_tag *tags; /* the target's own first */
    size_t tag_count;
    bool is_past_return; /* the blobs are in: whether the push is wanted is not asked any more */
};

/* -- rounds (push_round.c) ------------------------------------------------------------------ */

/* Adds a call to the next round. What it borrows must live until then. Errors: internal. */
bool push_ask(struct push_job *job, struct session *session, struct call call,
              push_settle_function settle, void *subject, struct error *error) MUST_USE;
/* Makes all calls that were added, and has each settled. The first failure in the order they were
 * added is told; what was asked together with it is settled all the same. */
bool push_run(struct push_job *job, struct error *error) MUST_USE;
void push_round_release(struct push_round *round);

/* Errors: draining. */
bool push_check_wanted(const struct push_job *job, struct error *error) MUST_USE;
void push_tell(const struct push_job *job, const struct push_event *event);

/* -- whom to ask (push_sessions.c) ---------------------------------------------------------- */

/* One session a repository: the target's for writing, the sources' for reading (A18, A19). */
bool push_open_sessions(struct push_job *job, struct error *error) MUST_USE;
void push_close_sessions(struct push_job *job);
/* Whether a source is in the target's registry, and in its very repository. */
bool push_is_same_registry(const struct push_job *job, const struct reference *source);
bool push_is_home(const struct push_job *job, const struct reference *source);

/* -- sources (push_sources.c) --------------------------------------------------------------- */

/* Which sources the spec names: no I/O. Errors: invalid (a digest), internal. */
bool push_list_sources(struct push_job *job, struct error *error) MUST_USE;
/* Fetches them, all that their indexes hold (L9), and configs wherever they are needed (P19). A
 * source that is missing and may be has a warning. Errors: registry_push()'s. */
bool push_fetch_sources(struct push_job *job, struct error *error) MUST_USE;
/* Reads a call's body, which is kept. Errors: upstream, unsupported, too_large, internal. */
struct push_document *push_read_document(struct push_job *job, const struct call *call,
                                         const char *expected, struct error *error) MUST_USE;
void push_release_sources(struct push_job *job);

/* -- what they consist of (push_members.c; pure) -------------------------------------------- */

/* The source itself, until a descriptor is given. The caller frees. NULL: no memory. */
struct push_member *push_member_new(struct push_source *source) MUST_USE;
/* Its manifest has come: what is it? An index's entries become members after it. Errors: too_large
 * (L9), internal. */
bool push_member_judge(struct push_member *member, struct error *error) MUST_USE;
const struct digest *push_member_digest(const struct push_member *member);
const char *push_member_media_type(const struct push_member *member);
int64_t push_member_size(const struct push_member *member);
bool push_member_is_attestation(const struct push_member *member);
/* Says before an error what it is about: "'IMAGE': " or "a child of 'IMAGE': ". */
void push_blame(const struct push_member *member, struct error *error);

/* -- missing sources (push_missing.c) ------------------------------------------------------- */

/* Whether a failure may mean no more than that the source is missing, where that is allowed; the
 * member's state says so then. */
bool push_may_be_missing(struct push_job *job, struct push_member *member, const struct call *call);
/* Finds out which of the denied sources are missing. Errors: denied, those of a call. */
bool push_judge_denied(struct push_job *job, struct error *error) MUST_USE;

/* -- entries (push_entries.c; pure) --------------------------------------------------------- */

/* Chooses the members that become the list's entries, in the spec's order, and completes their
 * platforms (P18, P19). Errors: invalid, not_found (all sources are missing), unsupported,
 * too_large, internal. */
bool push_choose_entries(struct push_job *job, struct error *error) MUST_USE;
void push_release_entries(struct push_job *job);

/* -- children (push_children.c) ------------------------------------------------------------- */

/* Adds to the next round the question whether a member is in the target's repository. Errors:
 * internal. */
bool push_look_for(struct push_job *job, struct push_member *member, struct error *error) MUST_USE;
/* P10, P11: makes all entries' manifests known by digest in the target's repository. */
bool push_bring_children(struct push_job *job, struct error *error) MUST_USE;
void push_release_children(struct push_job *job);

/* -- referrers (push_referrers.c) ----------------------------------------------------------- */

/* P14: of the children that have a subject, those that the registry does not list as referrers are
 * listed under the subject's tag (H25). What goes wrong with that is a warning. Errors: internal.
 */
bool push_list_referrers(struct push_job *job, struct error *error) MUST_USE;

/* -- tags (push_tags.c) --------------------------------------------------------------------- */

/* What the names point to so far: adds to the next round. */
bool push_ask_tags(struct push_job *job, struct error *error) MUST_USE;
/* The list under its own name, then under the further ones (P10, P15). */
bool push_set_tags(struct push_job *job, struct error *error) MUST_USE;

/* -- failing (push_done.c) ------------------------------------------------------------------ */

/* Fills in the result's `done`. */
void push_tell_done(struct push_job *job);
void push_release_tags(struct push_job *job);

#endif
