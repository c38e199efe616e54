/* SPDX-License-Identifier: Apache-2.0 */
#include "server/access.h"

#include "base/clock.h"
#include "registry/push.h"
#include "server/request.h"

struct outcome_form {
    const char *name;
    bool is_hit; /* a hundred thousand a second are counted, not written */
};

static const struct outcome_form outcome_forms[] = {
    [OUTCOME_REFUSED] = {"none", false},   [OUTCOME_HIT] = {"hit", true},
    [OUTCOME_STALE_HIT] = {"stale", true}, [OUTCOME_MISS] = {"miss", false},
    [OUTCOME_JOINED] = {"joined", false},  [OUTCOME_STOOD_IN] = {"stale", false},
};

static bool is_wanted(enum access_log wanted, enum outcome outcome)
{
    switch (wanted) {
    case ACCESS_LOG_NONE:
        return false;
    case ACCESS_LOG_MISSES:
        return !outcome_forms[outcome].is_hit;
    case ACCESS_LOG_ALL:
        break;
    }
    return true;
}

/* `fields` has room for one more. */
static void write_line(const char *message, struct log_field *fields, size_t count,
                       const struct error *error)
{
    bool is_fault = error && error->code == ERROR_INTERNAL; /* ours, so it is said louder */

    if (error)
        fields[count++] = LOG_STRING("error", error->message);
    log_write(is_fault ? LOG_LEVEL_ERROR : LOG_LEVEL_INFO, message, fields, count);
}

/* By which the client finds its request again. */
static size_t list_names(const struct request *request, struct log_field *fields)
{
    const struct preferences *preferences = &request->preferences;
    size_t count = 0;

    if (preferences->request_id[0] != '\0')
        fields[count++] = LOG_STRING("request_id", preferences->request_id);
    if (preferences->trace_id[0] != '\0')
        fields[count++] = LOG_STRING("trace_id", preferences->trace_id);
    return count;
}

void access_log_lookup(const struct config_log *settings, const struct request *request,
                       const struct access_lookup *lookup, unsigned status,
                       const struct error *error)
{
    struct log_field fields[7];
    size_t count = 0;

    if (!is_wanted(settings->access, lookup->outcome))
        return;
    fields[count++] = LOG_TEXT("image", lookup->image);
    fields[count++] = LOG_STRING("cache", outcome_forms[lookup->outcome].name);
    fields[count++] = LOG_NUMBER("ms", clock_monotonic_ms() - request->started);
    fields[count++] = LOG_NUMBER("status", (int64_t)status);
    count += list_names(request, fields + count);
    write_line(lookup->action, fields, count, error);
}

enum {
    WHO_MAX = 32
};

/* What is in the registry now that was not, or need not have been, before. */
static size_t list_doings(const struct push_result *result, struct log_field *fields)
{
    size_t count = 0;

    if (result->digest.text[0] != '\0')
        fields[count++] = LOG_STRING("digest", result->digest.text);
    fields[count++] = LOG_NUMBER("tags", (int64_t)result->tags_pushed);
    fields[count++] = LOG_NUMBER("children", (int64_t)result->children);
    fields[count++] = LOG_NUMBER("copied", (int64_t)result->copied);
    fields[count++] = LOG_NUMBER("mounted", (int64_t)result->mounted);
    fields[count++] = LOG_NUMBER("existed", (int64_t)result->existed);
    return count;
}

void access_log_push(const struct config_log *settings, const struct request *request,
                     const struct access_push *push, unsigned status, const struct error *error)
{
    CLEANUP(buffer_release) struct buffer who = BUFFER_INIT(WHO_MAX);
    struct log_field fields[14];
    size_t count = 0;

    if (!is_wanted(settings->access, OUTCOME_MISS))
        return;
    if (request->client.push_token > 0)
        (void)buffer_format(&who, "token %u", request->client.push_token);
    else
        (void)buffer_append_string(&who, "nobody known");
    fields[count++] = LOG_TEXT("target", push->target);
    fields[count++] = LOG_TEXT("who", buffer_slice(&who));
    if (push->is_dry_run)
        fields[count++] = LOG_STRING("dry_run", "true");
    if (push->result)
        count += list_doings(push->result, fields + count);
    fields[count++] = LOG_NUMBER("ms", clock_monotonic_ms() - request->started);
    fields[count++] = LOG_NUMBER("status", (int64_t)status);
    count += list_names(request, fields + count);
    write_line(push->action, fields, count, error);
}
