/* SPDX-License-Identifier: Apache-2.0 */
#include "server/question.h"

#include "base/escape.h"
#include "server/accept.h"
#include "server/lookup_kind.h"
#include "server/registry_auth.h"
#include "server/request.h"
#include "server/snapshot.h"

enum {
    FORMAT_MAX = 16,
    SPELLING_MAX = sizeof(uint64_t) + REFERENCE_MAX + PLATFORM_MAX + CREDENTIAL_IDENTITY_SIZE + 5
};

static bool read_image(struct question *question, const struct request *request,
                       struct error *error)
{
    if (!request_parameter(request, "image", &question->image, error) && error->code != ERROR_NONE)
        return false;
    if (question->image.length == 0) /* the reference service's own words */
        return error_set(error, ERROR_INVALID, "No image name provided");
    return true;
}

static bool client_prefers_text(const struct request *request)
{
    CLEANUP(buffer_release) struct buffer lines = BUFFER_INIT(HEADER_LIST_MAX);
    struct slice accept = request_header_list(request, "accept", &lines);

    return accept_quality(accept, SLICE("text/plain")) >
           accept_quality(accept, SLICE("application/json"));
}

static bool read_format(struct question *question, const struct request *request,
                        struct error *error)
{
    CLEANUP(buffer_release) struct buffer format = BUFFER_INIT(FORMAT_MAX);

    if (!request_optional(request, "format", &format, error))
        return false;
    if (format.length == 0) {
        question->is_text = client_prefers_text(request);
        return true;
    }
    question->is_text = slice_equal(buffer_slice(&format), SLICE("text"));
    if (question->is_text || slice_equal(buffer_slice(&format), SLICE("json")))
        return true;
    return error_set(error, ERROR_INVALID, "format '%s' is neither 'json' nor 'text'",
                     ESCAPED(buffer_slice(&format)));
}

/* RFC 9111, section 5.2.1. What a client takes besides (max-stale) changes nothing: how old an
 * answer may be is the operator's to say. */
static void read_cache_control(struct question *question, const struct request *request)
{
    CLEANUP(buffer_release) struct buffer lines = BUFFER_INIT(HEADER_LIST_MAX);
    struct slice directives = request_header_list(request, "cache-control", &lines);

    if (directives.length == 0)
        return;
    question->no_cache = accept_names(directives, SLICE("no-cache"));
    question->only_if_cached = accept_names(directives, SLICE("only-if-cached"));
}

static bool read_credential(struct question *question, const struct request *request,
                            struct error *error)
{
    if (!registry_auth_read(request, &question->credential, error))
        return false;
    if (!question->credential)
        return true;
    credential_identity(question->credential, question->partition);
    if (!question_is_private(question)) /* never into everyone's partition */
        return error_set(error, ERROR_INTERNAL, "no identity for the credentials");
    return true;
}

/* Which settings answer comes first, since headers depend on them. A NUL stands in none of the
 * other parts: parameters with one are refused. */
static bool write_spelling(struct question *question, const struct snapshot *settings,
                           struct error *error)
{
    struct buffer *spelling = &question->spelling;

    (void)buffer_append(spelling, &settings->number, sizeof(settings->number));
    (void)buffer_append_string(spelling, question->kind->mark);
    (void)buffer_append_char(spelling, question->is_text ? 't' : 'j');
    (void)buffer_append_char(spelling, question->takes_gzip ? 'g' : '-');
    (void)buffer_append_slice(spelling, buffer_slice(&question->platform));
    (void)buffer_append_char(spelling, '\0');
    (void)buffer_append_string(spelling, question->partition);
    (void)buffer_append_char(spelling, '\0');
    (void)buffer_append_slice(spelling, buffer_slice(&question->image));
    return buffer_check(spelling, "question", error);
}

bool question_read(struct question *question, const struct request *request, struct error *error)
{
    *question = (struct question){.kind = question->kind,
                                  .image = BUFFER_INIT(REFERENCE_MAX),
                                  .platform = BUFFER_INIT(PLATFORM_MAX),
                                  .spelling = BUFFER_INIT(SPELLING_MAX)};
    question->takes_gzip = request->preferences.takes_gzip;
    question->is_guarded = request->snapshot->gate.tokens != NULL;
    read_cache_control(question, request);
    return read_image(question, request, error) &&
           request_optional(request, "platform", &question->platform, error) &&
           read_format(question, request, error) && read_credential(question, request, error) &&
           write_spelling(question, request->snapshot, error);
}

static bool judge_credential(const struct question *question, struct error *error)
{
    const char *registry = question->reference->registry;

    if (!question->credential || credential_is_for(question->credential, registry))
        return true;
    return error_set(error, ERROR_INVALID,
                     "the serveraddress in X-Registry-Auth is another registry than %s", registry);
}

bool question_judge(struct question *question, struct error *error)
{
    question->reference = reference_parse(buffer_slice(&question->image), error);
    if (!question->reference)
        return false;
    if (question->platform.length) {
        question->asked = platform_parse(buffer_slice(&question->platform), error);
        if (!question->asked)
            return false;
    }
    return judge_credential(question, error);
}

void question_release(struct question *question)
{
    buffer_release(&question->image);
    buffer_release(&question->platform);
    buffer_release(&question->spelling);
    credential_free(TAKE(question->credential));
    reference_free(TAKE(question->reference));
    platform_free(TAKE(question->asked));
}
