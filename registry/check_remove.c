/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A check leaves nothing behind, or says what.
 */
#include "base/clock.h"
#include "registry/check_run.h"
#include "registry/client.h"

enum {
    CLEAN_UP_TIME = 30 * 1000 /* ms, past the deadline if need be: nothing is left for want of it */
};

static void note_left(struct check_run *run, const char *repository, const char *mark,
                      const char *what)
{
    struct check_report *report = run->report;
    struct buffer text = BUFFER_INIT(2 * (size_t)REFERENCE_MAX);

    (void)buffer_format(&text, "%s/%s%s%s", run->session.endpoint.registry, repository, mark, what);
    if (report->left_count < CHECK_LEFT_MAX) {
        report->left[report->left_count] = buffer_take(&text);
        report->left_count += report->left[report->left_count] != NULL;
    }
    buffer_release(&text);
}

/* True where an earlier deletion of the same manifest took this one's tag with it. */
static bool is_removed_already(const struct check_run *run, size_t place, const bool *is_removed)
{
    for (size_t i = place + 1; i < run->made_count; i++) {
        if (run->made[i].document == run->made[place].document)
            return is_removed[i];
    }
    return false;
}

/* The newest first: what refers to others goes before them. */
static void remove_manifests(struct check_run *run, struct session *session, struct check_row *row)
{
    bool is_removed[CHECK_MADE_MAX] = {false};

    for (size_t i = run->made_count; i-- > 0;) {
        const struct check_made *made = &run->made[i];
        is_removed[i] = is_removed_already(run, i, is_removed);
        if (is_removed[i])
            continue;
        struct call call = call_delete_manifest(made->document->digest.text);
        client_call(session, &call, 1);
        is_removed[i] = call.error.code == ERROR_NONE || call.error.code == ERROR_NOT_FOUND;
        if (!is_removed[i]) {
            check_set_detail(row, CHECK_REFUSED, call.error.message);
            note_left(run, session->wish.repository, made->tag[0] ? ":" : "@",
                      made->tag[0] ? made->tag : made->document->digest.text);
        }
        call_release(&call);
    }
}

/* Nothing refers to them by now, so most registries collect them anyway. */
static void remove_blob(struct check_run *run, struct session *session,
                        const struct check_document *blob)
{
    struct call call = call_delete_blob(&blob->digest);

    client_call(session, &call, 1);
    if (call.error.code != ERROR_NONE && call.error.code != ERROR_NOT_FOUND)
        note_left(run, session->wish.repository, " blob ", blob->digest.text);
    call_release(&call);
}

static void remove_blobs(struct check_run *run, struct session *session, struct session *other)
{
    for (size_t i = 0; i < run->blob_count; i++) {
        const struct check_blob *blob = &run->blobs[i];
        remove_blob(run, blob->is_in_other ? other : session, blob->document);
    }
}

void check_remove(struct check_run *run)
{
    struct check_row *row = check_add_row(run->report, "delete", "deleting what was pushed");
    const int64_t deadline = clock_monotonic_ms() + CLEAN_UP_TIME;
    static const char actions[] = "pull,push,delete";
    struct session session = {0};
    struct session other = {0};
    struct error error;

    if (check_open_session(run, run->session.wish.repository, actions, deadline, &session,
                           &error) &&
        check_open_session(run, run->other.wish.repository, actions, deadline, &other, &error)) {
        remove_manifests(run, &session, row);
        remove_blobs(run, &session, &other);
    } else {
        check_set_detail(row, CHECK_UNTRIED, error.message);
    }
    session_close(&session);
    session_close(&other);
}
