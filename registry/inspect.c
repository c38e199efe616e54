/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Everything about an image, in as few rounds as may be.
 *
 * A round asks for all that is known to be wanted, side by side: after the image itself its
 * children, then the configurations and what nested indexes list. What the registry does not have,
 * and what is there but cannot be read, is a fact about the image: it is marked and the rest is
 * shown. Any other failure leaves open what there is, and fails the whole.
 */
#include "registry/inspect.h"

#include <stdio.h>
#include <stdlib.h>

#include "registry/client.h"
#include "registry/mirrors.h"
#include "registry/reading.h"
#include "registry/session.h"

enum {
    DOCUMENTS_MAX = 256,        /* L9: what one inspection may cost, besides the first GET */
    BYTES_MAX = 8 * 1024 * 1024 /* of all of them: they are held until the answer is written */
};

/* One inspection under way. */
struct survey {
    struct session *session;
    enum inspect_depth depth;
    struct inspected *pending[DOCUMENTS_MAX]; /* the next round: each lacks its manifest, or its
                                                 configuration */
    size_t pending_count;
    size_t documents; /* asked for, in all rounds */
    int64_t bytes;
};

static void mark(struct inspected *node, const char *what, const char *why)
{
    (void)snprintf(node->problem, sizeof(node->problem), "%.40s%.200s", what, why);
}

/* -- what is wanted ------------------------------------------------------------------------- */

static bool survey_wants_config(const struct survey *survey, const struct inspected *node)
{
    if (node->manifest->kind != MANIFEST_IMAGE)
        return false;
    if (!node->entry)
        return true;
    return !node->entry->is_attestation &&
           (survey->depth == INSPECT_CONFIGS || !node->entry->has_platform);
}

/* The manifest, by its index's word, or the configuration, by the manifest's; NULL where the
 * document lacks nothing, or nothing that could be had. */
static const struct descriptor *survey_wish(const struct survey *survey,
                                            const struct inspected *node)
{
    if (*node->problem || node->image)
        return NULL;
    if (node->manifest)
        return survey_wants_config(survey, node) ? &node->manifest->config : NULL;
    return media_type_is_manifest(node->entry->type) || media_type_is_index(node->entry->type)
               ? node->entry
               : NULL;
}

/* What is known not to be read without asking for it. */
static void survey_refuse(struct inspected *child)
{
    if (media_type_is_schema1(child->entry->type))
        mark(child, "not read: ", "a schema 1 image");
    else if (media_type_is_index(child->entry->type) && child->depth == INSPECTION_DEPTH_MAX)
        mark(child, "not read: ", "indexes are nested too deep");
}

static bool survey_add(struct survey *survey, struct inspected *node, struct error *error)
{
    const struct descriptor *wish = survey_wish(survey, node);

    if (!wish)
        return true;
    if (survey->documents == DOCUMENTS_MAX)
        return error_set(error, ERROR_TOO_LARGE, "the image has more than %d documents",
                         (int)DOCUMENTS_MAX);
    if (wish->size > BYTES_MAX - survey->bytes)
        return error_set(error, ERROR_TOO_LARGE, "the image's documents are larger than %d bytes",
                         (int)BYTES_MAX);
    survey->documents++;
    survey->bytes += wish->size;
    survey->pending[survey->pending_count++] = node;
    return true;
}

static bool survey_add_children(struct survey *survey, struct inspected *index, struct error *error)
{
    if (!inspected_expand(index, error))
        return false;
    for (size_t i = 0; i < index->child_count; i++) {
        survey_refuse(&index->children[i]);
        if (!survey_add(survey, &index->children[i], error))
            return false;
    }
    return true;
}

/* What a manifest that was read leads to. Attestations are looked at, not into. */
static bool survey_follow(struct survey *survey, struct inspected *node, struct error *error)
{
    bool is_attestation = node->entry && node->entry->is_attestation;

    if (media_type_is_index(node->manifest->type) && !is_attestation)
        return survey_add_children(survey, node, error);
    return survey_add(survey, node, error);
}

/* -- a round -------------------------------------------------------------------------------- */

/* Whether what could not be read is the document's own fault; else it is ours or the moment's. */
static bool is_of_content(const struct error *error)
{
    return error->code == ERROR_UPSTREAM || error->code == ERROR_UNSUPPORTED ||
           error->code == ERROR_TOO_LARGE;
}

static bool survey_read_manifest(struct survey *survey, struct inspected *node,
                                 const struct call *call, struct error *error)
{
    node->manifest = reading_manifest(call, node->media_type, error);
    if (node->manifest)
        return survey_follow(survey, node, error);
    if (is_of_content(error))
        mark(node, "not read: ", error->message);
    return is_of_content(error);
}

static bool survey_read_image(struct inspected *node, const struct call *call, struct error *error)
{
    node->image = reading_image(call, error);
    if (node->image)
        return true;
    if (is_of_content(error))
        mark(node, "", error->message);
    return is_of_content(error);
}

static bool survey_settle(struct survey *survey, struct inspected *node, const struct call *call,
                          struct error *error)
{
    if (call->error.code == ERROR_NOT_FOUND && !call->session->wish.mirrored) { /* H28 */
        mark(node, node->manifest ? "its configuration is " : "",
             "missing: the registry does not have it");
        return true;
    }
    if (call->error.code != ERROR_NONE) {
        *error = call->error;
        return false;
    }
    return node->manifest ? survey_read_image(node, call, error)
                          : survey_read_manifest(survey, node, call, error);
}

/* One round under way: which call serves which document. What stands in an index twice is asked for
 * once. */
struct round {
    struct inspected *nodes[DOCUMENTS_MAX];
    struct call *call_of[DOCUMENTS_MAX];
    size_t node_count;
    struct call *calls;
    size_t call_count;
};

static struct call *round_call(struct round *round, const struct inspected *node,
                               const struct descriptor *wish)
{
    for (size_t i = 0; i < round->call_count; i++)
        if (digest_equal(round->calls[i].wanted, &wish->digest))
            return &round->calls[i];
    struct call *call = &round->calls[round->call_count++];
    *call = node->manifest ? call_get_blob(&wish->digest, wish->size)
                           : call_get_manifest(wish->digest.text, &wish->digest, wish->size);
    return call;
}

static bool round_settle(struct round *round, struct survey *survey, struct error *error)
{
    for (size_t i = 0; i < round->node_count; i++) {
        struct inspected *node = round->nodes[i];
        if (survey_settle(survey, node, round->call_of[i], error))
            continue;
        error_prefix(error, node->entry ? "a child of the index: " : "the image's configuration: ");
        return false;
    }
    return true;
}

static bool survey_round(struct survey *survey, struct error *error)
{
    struct round round = {.calls = calloc(survey->pending_count, sizeof(struct call))};

    if (!round.calls)
        return error_no_memory(error);
    for (; round.node_count < survey->pending_count; round.node_count++) {
        struct inspected *node = survey->pending[round.node_count];
        round.nodes[round.node_count] = node;
        round.call_of[round.node_count] = round_call(&round, node, survey_wish(survey, node));
    }
    survey->pending_count = 0;
    client_call(survey->session, round.calls, round.call_count);
    bool is_settled = round_settle(&round, survey, error);
    for (size_t i = 0; i < round.call_count; i++)
        call_release(&round.calls[i]);
    free(round.calls);
    return is_settled;
}

/* -- the whole ------------------------------------------------------------------------------ */

static bool survey_run(struct survey *survey, struct inspected *root, const struct call *call,
                       struct error *error)
{
    root->digest = call->found;
    root->size = (int64_t)call->body.length;
    root->manifest = reading_manifest(call, "", error);
    if (!root->manifest)
        return false;
    root->media_type = root->manifest->media_type;
    if (!survey_follow(survey, root, error))
        return false;
    while (survey->pending_count)
        if (!survey_round(survey, error))
            return false;
    return true;
}

static struct inspection *survey_make(struct survey *survey, const struct call *call,
                                      struct error *error)
{
    struct inspection *inspection = calloc(1, sizeof(*inspection));

    if (!inspection) {
        (void)error_no_memory(error);
        return NULL;
    }
    if (survey_run(survey, &inspection->root, call, error))
        return inspection;
    inspection_free(inspection);
    return NULL;
}

/* What is asked, and what comes of it in the session of a mirror or of the registry. */
struct asking {
    const char *target;
    const struct digest *wanted; /* NULL: by tag */
    enum inspect_depth depth;
    struct inspection *inspection;
};

static bool ask_for_inspection(struct session *session, void *context, struct error *error)
{
    struct asking *asking = context;
    struct call call = call_get_manifest(asking->target, asking->wanted, -1);
    struct survey survey = {.session = session, .depth = asking->depth};

    client_call(session, &call, 1);
    if (call.error.code == ERROR_NONE)
        asking->inspection = survey_make(&survey, &call, error);
    else
        *error = call.error;
    call_release(&call);
    return asking->inspection != NULL;
}

struct inspection *registry_inspect(struct registry *registry,
                                    const struct registry_question *question,
                                    enum inspect_depth depth, struct error *error)
{
    const struct reference *reference = question->reference;
    const struct session_wish wish = session_wish_to_read(question);
    struct asking asking = {.target = reference_target(reference), .depth = depth};
    struct digest wanted;

    if (reference->digest && !digest_parse(slice_from_string(reference->digest), &wanted, error))
        return NULL;
    asking.wanted = reference->digest ? &wanted : NULL;
    return mirrors_ask(registry, &wish, asking.wanted != NULL, ask_for_inspection, &asking, error)
               ? asking.inspection
               : NULL;
}
