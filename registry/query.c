/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which platforms does the image run on?
 *
 * The index alone answers: one GET. More is asked only where it does not say: a lone image's
 * config, the children without a platform (side by side), and what nested indexes hold. The answer
 * grows as a list of offers in the index's order; an offer that is not known yet is replaced by
 * what its fetch finds, a nested index by its own entries, until nothing is left to ask
 * (rules L7-L11, S30; docs/architecture.md's decision 4).
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "registry/client.h"
#include "registry/mirrors.h"
#include "registry/reading.h"
#include "registry/registry.h"
#include "registry/session.h"
#include "registry/turn.h"

enum {
    DEPTH_MAX = 3,    /* L9: indexes within indexes */
    FETCHES_MAX = 64, /* L9: what one question may cost, besides the first GET */
    SIDE_BY_SIDE = 16,
    QUOTA_WAIT_S = 60 /* then a HEAD tells how much is left by now */
};

enum offer_state {
    OFFER_KNOWN,    /* `platform` is the answer */
    OFFER_MANIFEST, /* a child to be fetched: no platform stands beside it */
    OFFER_CONFIG,   /* a child's config to be fetched */
    OFFER_NOTHING   /* an artifact, an attestation, or an index whose entries stand here now */
};

struct offer {
    struct offer *next;
    enum offer_state state;
    const struct descriptor *descriptor; /* what to fetch; in some document of the inquiry */
    struct platform platform;
    unsigned depth;
};

/* Documents whose strings the offers borrow. */
struct document {
    struct document *next;
    struct manifest *manifest;
    struct image *image;
};

/* One question under way. */
struct inquiry {
    struct session *session;
    struct document *documents;
    struct offer *offers;
    struct report_builder *builder;
    struct digest followed[FETCHES_MAX]; /* children asked for: each is followed once (S30) */
    size_t followed_count;
    unsigned fetches;
    unsigned unknown; /* entries whose platform could not be found */
};

/* -- documents and offers * ----------------------------------------------------------------- */

/* Takes ownership of both, also on failure. */
static bool inquiry_keep(struct inquiry *inquiry, struct manifest *manifest, struct image *image,
                         struct error *error)
{
    struct document *document = calloc(1, sizeof(*document));
    if (!document) {
        manifest_free(manifest);
        image_free(image);
        return error_no_memory(error);
    }
    *document = (struct document){inquiry->documents, manifest, image};
    inquiry->documents = document;
    return true;
}

static void inquiry_release(struct inquiry *inquiry)
{
    while (inquiry->documents) {
        struct document *document = inquiry->documents;
        inquiry->documents = document->next;
        manifest_free(document->manifest);
        image_free(document->image);
        free(document);
    }
    while (inquiry->offers) {
        struct offer *offer = inquiry->offers;
        inquiry->offers = offer->next;
        free(offer);
    }
    report_builder_free(inquiry->builder);
}

/* Artifacts among the children are told by their descriptor alone: never fetched, never judged by
 * their config (A2 of the users' list). */
static enum offer_state offer_judge(const struct descriptor *entry)
{
    if (entry->has_platform)
        return OFFER_KNOWN;
    if (entry->artifact_type && *entry->artifact_type)
        return OFFER_NOTHING;
    if (media_type_is_manifest(entry->type) || media_type_is_index(entry->type))
        return OFFER_MANIFEST;
    return OFFER_NOTHING;
}

/* Puts an index's entries where `*place` points, in their order. */
static bool inquiry_splice(struct inquiry *inquiry, const struct manifest *index, unsigned depth,
                           struct offer **place, struct error *error)
{
    for (size_t i = 0; i < index->entry_count; i++) {
        const struct descriptor *entry = &index->entries[i];
        if (entry->is_attestation) {
            report_add_attestation(inquiry->builder);
            continue;
        }
        struct offer *offer = calloc(1, sizeof(*offer));
        if (!offer)
            return error_no_memory(error);
        *offer = (struct offer){
            .next = *place,
            .state = offer_judge(entry),
            .descriptor = entry,
            .platform = entry->platform,
            .depth = depth,
        };
        inquiry->unknown += offer->state == OFFER_NOTHING && media_type_is_schema1(entry->type);
        *place = offer;
        place = &offer->next;
    }
    return true;
}

/* -- children * ----------------------------------------------------------------------------- */

/* A nested index: its entries take the place of the offer. */
static bool offer_settle_index(struct inquiry *inquiry, struct offer *offer,
                               const struct manifest *index, struct error *error)
{
    offer->state = OFFER_NOTHING;
    if (offer->depth + 1 > DEPTH_MAX)
        return error_set(error, ERROR_TOO_LARGE, "indexes are nested more than %d deep",
                         (int)DEPTH_MAX);
    return inquiry_splice(inquiry, index, offer->depth + 1, &offer->next, error);
}

static bool offer_settle_manifest(struct inquiry *inquiry, struct offer *offer,
                                  const struct call *call, struct error *error)
{
    struct manifest *manifest = reading_manifest(call, offer->descriptor->media_type, error);
    if (!manifest)
        return false;
    if (!inquiry_keep(inquiry, manifest, NULL, error))
        return false;
    switch (manifest->kind) {
    case MANIFEST_INDEX:
        return offer_settle_index(inquiry, offer, manifest, error);
    case MANIFEST_IMAGE:
        offer->state = OFFER_CONFIG;
        offer->descriptor = &manifest->config;
        return true;
    case MANIFEST_ARTIFACT:
        break;
    }
    offer->state = OFFER_NOTHING;
    return true;
}

static bool offer_settle_config(struct inquiry *inquiry, struct offer *offer,
                                const struct call *call, struct error *error)
{
    struct image *image = reading_image(call, error);
    if (!image)
        return false;
    if (!inquiry_keep(inquiry, NULL, image, error))
        return false;
    bool is_known = *image->platform.os && *image->platform.architecture;
    offer->platform = image->platform;
    offer->state = is_known ? OFFER_KNOWN : OFFER_NOTHING;
    inquiry->unknown += !is_known;
    return true;
}

/* A child that is not there leaves the rest as it is, but at a mirror, which may lack what the
 * registry has (H28). Any other failure is no answer at all, since what it hides might be a
 * platform. */
static bool offer_settle(struct inquiry *inquiry, struct offer *offer, const struct call *call,
                         struct error *error)
{
    if (call->error.code == ERROR_NOT_FOUND && !inquiry->session->wish.mirrored) {
        offer->state = OFFER_NOTHING;
        inquiry->unknown++;
        report_mark_partial(inquiry->builder);
        return true;
    }
    bool is_settled = false;
    if (call->error.code != ERROR_NONE)
        *error = call->error;
    else if (offer->state == OFFER_MANIFEST)
        is_settled = offer_settle_manifest(inquiry, offer, call, error);
    else
        is_settled = offer_settle_config(inquiry, offer, call, error);
    if (!is_settled)
        error_prefix(error, "a child of the index: ");
    return is_settled;
}

static bool inquiry_has_followed(struct inquiry *inquiry, const struct digest *digest)
{
    for (size_t i = 0; i < inquiry->followed_count; i++)
        if (digest_equal(&inquiry->followed[i], digest))
            return true;
    if (inquiry->followed_count < FETCHES_MAX)
        inquiry->followed[inquiry->followed_count++] = *digest;
    return false;
}

/* What is to be asked next. A child that stands in the index twice adds nothing the second time. */
static size_t inquiry_collect(struct inquiry *inquiry, struct offer *out[SIDE_BY_SIDE])
{
    size_t count = 0;

    for (struct offer *offer = inquiry->offers; offer && count < SIDE_BY_SIDE;
         offer = offer->next) {
        if (offer->state == OFFER_MANIFEST &&
            inquiry_has_followed(inquiry, &offer->descriptor->digest))
            offer->state = OFFER_NOTHING;
        if (offer->state == OFFER_MANIFEST || offer->state == OFFER_CONFIG)
            out[count++] = offer;
    }
    return count;
}

static bool inquiry_resolve_some(struct inquiry *inquiry, struct offer *offers[], size_t count,
                                 struct error *error)
{
    struct call calls[SIDE_BY_SIDE];
    bool is_settled = true;

    inquiry->fetches += (unsigned)count;
    if (inquiry->fetches > FETCHES_MAX) {
        return error_set(error, ERROR_TOO_LARGE,
                         "more than %d requests are needed to find the platforms",
                         (int)FETCHES_MAX);
    }
    for (size_t i = 0; i < count; i++) {
        const struct descriptor *child = offers[i]->descriptor;
        calls[i] = offers[i]->state == OFFER_MANIFEST
                       ? call_get_manifest(child->digest.text, &child->digest, child->size)
                       : call_get_blob(&child->digest, child->size);
    }
    client_call(inquiry->session, calls, count);
    for (size_t i = 0; i < count && is_settled; i++)
        is_settled = offer_settle(inquiry, offers[i], &calls[i], error);
    for (size_t i = 0; i < count; i++)
        call_release(&calls[i]);
    return is_settled;
}

static bool inquiry_resolve_all(struct inquiry *inquiry, struct error *error)
{
    struct offer *offers[SIDE_BY_SIDE];

    for (size_t count; (count = inquiry_collect(inquiry, offers)) > 0;)
        if (!inquiry_resolve_some(inquiry, offers, count, error))
            return false;
    return true;
}

/* -- the two shapes of an image * ----------------------------------------------------------- */

static bool inquiry_answer_index(struct inquiry *inquiry, const struct manifest *index,
                                 struct error *error)
{
    if (!inquiry_splice(inquiry, index, 0, &inquiry->offers, error) ||
        !inquiry_resolve_all(inquiry, error))
        return false;
    for (const struct offer *offer = inquiry->offers; offer; offer = offer->next)
        if (offer->state == OFFER_KNOWN)
            report_add_platform(inquiry->builder, &offer->platform);
    if (inquiry->unknown)
        report_add_warning(inquiry->builder, "%u %s left out: no platform could be found",
                           inquiry->unknown, inquiry->unknown == 1 ? "entry was" : "entries were");
    return true;
}

/* A lone image's platform is in its config; where it is not, the answer says so and never guesses
 * (L10). */
static bool inquiry_answer_image(struct inquiry *inquiry, const struct manifest *manifest,
                                 struct error *error)
{
    struct call config = call_get_blob(&manifest->config.digest, manifest->config.size);
    struct image *image = NULL;

    client_call(inquiry->session, &config, 1);
    if (config.error.code == ERROR_NONE) {
        image = reading_image(&config, error);
    } else {
        *error = config.error;
        error_prefix(error, "the image's configuration: ");
    }
    call_release(&config);
    if (!image)
        return false;
    report_add_platform(inquiry->builder, &image->platform);
    if (!*image->platform.os || !*image->platform.architecture)
        report_add_warning(inquiry->builder, "the image's configuration names no platform");
    return inquiry_keep(inquiry, NULL, image, error);
}

static bool inquiry_answer(struct inquiry *inquiry, const struct manifest *manifest,
                           struct error *error)
{
    switch (manifest->kind) {
    case MANIFEST_INDEX:
        return inquiry_answer_index(inquiry, manifest, error);
    case MANIFEST_IMAGE:
        return inquiry_answer_image(inquiry, manifest, error);
    case MANIFEST_ARTIFACT:
        break;
    }
    return error_set(error, ERROR_UNSUPPORTED, "not an image but %s: it runs on no platform",
                     manifest->artifact);
}

static struct report *inquiry_report(struct inquiry *inquiry, const struct call *call,
                                     struct error *error)
{
    struct manifest *manifest = reading_manifest(call, "", error);

    inquiry->builder = report_builder_new();
    if (!manifest || !inquiry->builder) {
        if (manifest)
            error_no_memory(error);
        manifest_free(manifest);
        return NULL;
    }
    if (manifest->is_typed_by_header)
        report_mark_local(inquiry->builder);
    if (!inquiry_keep(inquiry, manifest, NULL, error) || !inquiry_answer(inquiry, manifest, error))
        return NULL;
    return report_builder_finish(inquiry->builder, &call->found, manifest->media_type,
                                 manifest->kind == MANIFEST_INDEX, error);
}

/* -- the question * ------------------------------------------------------------------------- */

/* What lacked a child is not confirmed by its digest: the child may have come. */
static bool may_confirm(const struct registry_question *question)
{
    return question->held && !question->held->is_partial;
}

/* What a HEAD showed of what is held (H8). */
enum confirmation {
    CONFIRMED,
    CHANGED,  /* the tag means something else now, or the HEAD could not tell */
    REFUSED,  /* 401, 403 or 404, whose reason a GET tells; that costs no quota */
    NOT_ASKED /* the error says why */
};

static enum confirmation question_confirm(struct session *session,
                                          const struct registry_question *question,
                                          struct error *error)
{
    struct call head = call_head_manifest(reference_target(question->reference));
    enum confirmation outcome = CHANGED;

    client_call(session, &head, 1);
    if (head.error.code != ERROR_NONE)
        outcome = NOT_ASKED;
    else if (head.has_found && digest_equal(&head.found, &question->held->digest))
        outcome = CONFIRMED;
    else if (head.status == 403 || head.status == 404)
        outcome = REFUSED;
    *error = head.error;
    call_release(&head);
    return outcome;
}

/* H22: whoever has a stale answer leaves the rest of the quota to those who have none. */
static bool question_saves_quota(const struct session *session,
                                 const struct registry_question *question, struct error *error)
{
    if (!question->has_stand_in || !turn_is_precious(session))
        return false;
    error_set(
        error, ERROR_RATE_LIMITED,
        "less than %u requests are left of the quota at '%s', and saved for what is not known",
        (unsigned)session->registry->settings->quota_floor, session->endpoint.registry);
    error->retry_after = QUOTA_WAIT_S;
    return true;
}

static struct report *question_ask(struct session *session,
                                   const struct registry_question *question,
                                   const struct digest *wanted, struct error *error)
{
    struct call call = call_get_manifest(reference_target(question->reference), wanted, -1);
    struct inquiry inquiry = {.session = session};
    struct report *report = NULL;

    client_call(session, &call, 1);
    if (call.error.code != ERROR_NONE)
        *error = call.error;
    else if (question->known)
        report = question->known(question->known_context, &call.found);
    if (!report && call.error.code == ERROR_NONE)
        report = inquiry_report(&inquiry, &call, error);
    inquiry_release(&inquiry);
    call_release(&call);
    return report;
}

static struct report *question_ask_again(struct session *session,
                                         const struct registry_question *question,
                                         const struct digest *wanted, struct error *error)
{
    struct error reason = {.code = ERROR_NONE};

    switch (question_confirm(session, question, &reason)) {
    case CONFIRMED:
        return report_ref(question->held);
    case CHANGED:
        if (question_saves_quota(session, question, error))
            return NULL;
        break;
    case REFUSED:
        break;
    case NOT_ASKED:
        *error = reason;
        return NULL;
    }
    return question_ask(session, question, wanted, error);
}

static struct report *question_answer(struct session *session,
                                      const struct registry_question *question,
                                      const struct digest *wanted, struct error *error)
{
    if (may_confirm(question))
        return question_ask_again(session, question, wanted, error);
    if (question->held && question_saves_quota(session, question, error))
        return NULL;
    return question_ask(session, question, wanted, error);
}

/* A question, and what comes of it in the session of a mirror or of the registry. */
struct asking {
    const struct registry_question *question;
    const struct digest *wanted; /* NULL: by tag */
    struct report *report;
    enum confirmation confirmation;
};

static bool ask_for_report(struct session *session, void *context, struct error *error)
{
    struct asking *asking = context;

    asking->report = question_answer(session, asking->question, asking->wanted, error);
    return asking->report != NULL;
}

static bool ask_for_confirmation(struct session *session, void *context, struct error *error)
{
    struct asking *asking = context;

    asking->confirmation = question_confirm(session, asking->question, error);
    return asking->confirmation == CONFIRMED || asking->confirmation == CHANGED;
}

struct report *registry_query(struct registry *registry, const struct registry_question *question,
                              struct error *error)
{
    const struct session_wish wish = session_wish_to_read(question);
    const char *digest_text = question->reference->digest;
    struct asking asking = {.question = question};
    struct digest wanted;

    if (digest_text && !digest_parse(slice_from_string(digest_text), &wanted, error))
        return NULL;
    asking.wanted = digest_text ? &wanted : NULL;
    return mirrors_ask(registry, &wish, digest_text != NULL, ask_for_report, &asking, error)
               ? asking.report
               : NULL;
}

bool registry_confirms(struct registry *registry, const struct registry_question *question,
                       struct error *error)
{
    const struct session_wish wish = session_wish_to_read(question);
    struct asking asking = {.question = question};

    error->code = ERROR_NONE;
    return may_confirm(question) &&
           mirrors_ask(registry, &wish, question->reference->digest != NULL, ask_for_confirmation,
                       &asking, error) &&
           asking.confirmation == CONFIRMED;
}
