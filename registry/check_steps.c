/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What each step of a check does.
 */
#include <stdio.h>

#include "registry/check_run.h"
#include "registry/client.h"

/* -- pushing and reading back --------------------------------------------------------------- */

static bool fail(struct error *error, const struct call *call)
{
    *error = call->error;
    return false;
}

static void note_blob(struct check_run *run, const struct check_document *blob, bool is_in_other)
{
    run->blobs[run->blob_count++] =
        (struct check_blob){.document = blob, .is_in_other = is_in_other};
}

static bool upload(struct check_run *run, bool into_other, const struct check_document *blob,
                   struct error *error)
{
    struct session *session = into_other ? &run->other : &run->session;
    struct call open = call_open_upload(&blob->digest);

    client_call(session, &open, 1);
    struct call put = call_put_blob(open.location, &blob->digest, buffer_slice(&blob->bytes));
    if (open.error.code == ERROR_NONE)
        client_call(session, &put, 1);
    bool is_done = (open.error.code == ERROR_NONE || fail(error, &open)) &&
                   (put.error.code == ERROR_NONE || fail(error, &put));
    call_release(&put);
    call_release(&open);
    if (is_done)
        note_blob(run, blob, into_other);
    return is_done;
}

static void note_made(struct check_run *run, const struct check_document *document, const char *tag)
{
    struct check_made *made = &run->made[run->made_count++];

    made->document = document;
    (void)snprintf(made->tag, sizeof(made->tag), "%s", tag);
}

/* `suffix` of the tag; "": by digest alone. */
static bool put(struct check_run *run, const struct check_document *document, const char *suffix,
                struct error *error)
{
    char tag[CHECK_TAG_SIZE] = "";

    if (*suffix)
        (void)snprintf(tag, sizeof(tag), "%s-%s", run->name, suffix);
    struct call call = call_put_manifest(*tag ? tag : document->digest.text, document->media_type,
                                         &document->digest, buffer_slice(&document->bytes));
    client_call(&run->session, &call, 1);
    bool is_done = call.error.code == ERROR_NONE || fail(error, &call);
    /* Refused for what it answered, it may be there all the same. */
    if (is_done || call.status / 100 == 2)
        note_made(run, document, tag);
    call_release(&call);
    return is_done;
}

static bool has_come_back(const struct call *call, const struct check_document *document,
                          const char *how, struct error *error)
{
    struct slice type = slice_from_string(document->media_type);

    if (call->error.code != ERROR_NONE) {
        *error = call->error;
        error_prefix(error, "%s: ", how);
        return false;
    }
    if (!call->has_found)
        return error_set(error, ERROR_UPSTREAM, "%s does not tell the digest", how);
    if (!digest_equal(&call->found, &document->digest))
        return error_set(error, ERROR_UPSTREAM, "%s tells another digest", how);
    if (call->kind == CALL_GET_MANIFEST && !slice_equal_ignoring_case(call->content_type, type))
        return error_set(error, ERROR_UPSTREAM, "%s tells another media type", how);
    return true;
}

static bool read_back(struct check_run *run, const struct check_document *document,
                      const char *suffix, struct error *error)
{
    static const char *const how[] = {"GET by tag", "HEAD by tag", "GET by digest",
                                      "HEAD by digest"};
    enum {
        WAYS = sizeof(how) / sizeof(how[0])
    };
    char tag[CHECK_TAG_SIZE];
    bool is_back = true;

    (void)snprintf(tag, sizeof(tag), "%s-%s", run->name, suffix);
    struct call calls[WAYS] = {
        call_get_manifest(tag, NULL, -1),
        call_head_manifest(tag),
        call_get_manifest(document->digest.text, &document->digest, -1),
        call_head_manifest(document->digest.text),
    };
    client_call(&run->session, calls, WAYS);
    for (size_t i = 0; i < WAYS && is_back; i++)
        is_back = has_come_back(&calls[i], document, how[i], error);
    for (size_t i = 0; i < WAYS; i++)
        call_release(&calls[i]);
    return is_back;
}

static bool put_and_read_back(struct check_run *run, const struct check_document *document,
                              const char *suffix, struct error *error)
{
    return put(run, document, suffix, error) && read_back(run, document, suffix, error);
}

/* -- the steps ------------------------------------------------------------------------------ */

bool check_blobs(struct check_run *run, struct error *error)
{
    if (!upload(run, false, &run->images.layer, error))
        return false;
    for (size_t place = 0; place < CHECK_PLATFORMS; place++) {
        if (!upload(run, false, &run->images.configs[place], error))
            return false;
    }
    return true;
}

/* An upload that was opened instead is closed again. */
static void end_upload(struct check_run *run, const struct call *mount)
{
    if (!mount->location)
        return;
    struct call cancel = call_cancel_upload(mount->location);
    client_call(&run->session, &cancel, 1);
    call_release(&cancel);
}

bool check_mount(struct check_run *run, struct error *error)
{
    const struct check_document *blob = &run->images.mounted;

    if (!upload(run, true, blob, error)) {
        error_prefix(error, "a blob to mount cannot be put into '%s': ",
                     buffer_string(&run->other_repository));
        return false;
    }
    struct call mount = call_mount_blob(&blob->digest, buffer_string(&run->other_repository));
    client_call(&run->session, &mount, 1);
    bool is_mounted = mount.is_mounted;
    if (is_mounted)
        note_blob(run, blob, false);
    if (mount.error.code != ERROR_NONE)
        *error = mount.error;
    else if (!is_mounted)
        error_set(error, ERROR_UPSTREAM, "the answer to a mount is %ld: blobs are copied instead",
                  mount.status);
    end_upload(run, &mount);
    call_release(&mount);
    return is_mounted;
}

static bool try_images(struct check_run *run, enum list_type family, struct error *error)
{
    for (size_t place = 0; place < CHECK_PLATFORMS; place++) {
        if (!put(run, &run->images.images[family][place], "", error))
            return false;
    }
    return true;
}

bool check_docker_images(struct check_run *run, struct error *error)
{
    return try_images(run, LIST_DOCKER, error);
}

bool check_oci_images(struct check_run *run, struct error *error)
{
    return try_images(run, LIST_OCI, error);
}

bool check_docker_list(struct check_run *run, struct error *error)
{
    struct check_document *list = &run->lists[STEP_DOCKER_LIST];

    run->report->takes_docker_lists =
        check_list_make(&run->images, LIST_DOCKER, CHECK_LIST_PLAIN, list, error) &&
        put_and_read_back(run, list, "docker", error);
    return run->report->takes_docker_lists;
}

bool check_oci_index(struct check_run *run, struct error *error)
{
    struct check_document *list = &run->lists[STEP_OCI_INDEX];

    run->report->takes_oci_indexes =
        check_list_make(&run->images, LIST_OCI, CHECK_LIST_PLAIN, list, error) &&
        put_and_read_back(run, list, "oci", error);
    return run->report->takes_oci_indexes;
}

bool check_annotated(struct check_run *run, struct error *error)
{
    struct check_document *list = &run->lists[STEP_ANNOTATED];

    return check_list_make(&run->images, LIST_OCI, CHECK_LIST_ANNOTATED, list, error) &&
           put_and_read_back(run, list, "annotated", error);
}

bool check_nested(struct check_run *run, struct error *error)
{
    struct check_document *list = &run->lists[STEP_NESTED];

    return check_nested_make(&run->lists[STEP_OCI_INDEX], list, error) &&
           put_and_read_back(run, list, "nested", error);
}

bool check_mixed(struct check_run *run, struct error *error)
{
    struct check_document *list = &run->lists[STEP_MIXED];

    return check_list_make(&run->images, LIST_OCI, CHECK_LIST_MIXED, list, error) &&
           put_and_read_back(run, list, "mixed", error);
}

static enum list_type taken_type(const struct check_run *run)
{
    return run->report->takes_docker_lists ? LIST_DOCKER : LIST_OCI;
}

bool check_by_digest(struct check_run *run, struct error *error)
{
    struct check_document *list = &run->lists[STEP_BY_DIGEST];

    return check_list_make(&run->images, taken_type(run), CHECK_LIST_SINGLE, list, error) &&
           put(run, list, "", error);
}

bool check_retag(struct check_run *run, struct error *error)
{
    enum check_step known = taken_type(run) == LIST_DOCKER ? STEP_DOCKER_LIST : STEP_OCI_INDEX;

    return put_and_read_back(run, &run->lists[known], "again", error);
}
