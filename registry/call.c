/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What each kind of call asks of a registry: its method, its place, its headers, its words in
 * messages. One row a kind.
 */
#include "registry/call.h"

#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "registry/authorize.h"
#include "registry/relay.h"
#include "registry/secret.h"
#include "registry/session.h"
#include "registry/transfer.h"
#include "registry/turn.h"

enum {
    URL_MAX = 8192,
    WHAT_MAX = 2048,
    SHOWN_SIZE = 144,                /* leaves room for the verdict */
    ANSWER_MAX = 64 * 1024,          /* H13: of what has no content */
    TAGS_PAGE_MAX = 4 * 1024 * 1024, /* H13 */
    TAGS_A_PAGE = 1000,              /* H24: ECR refuses to give more */
    SHORT_DIGEST = 19 /* "sha256:" and twelve digits name a thing well enough in a message */
};

enum place {
    PLACE_MANIFEST,
    PLACE_BLOB,
    PLACE_TAGS,
    PLACE_REFERRERS,
    PLACE_UPLOADS,
    PLACE_UPLOAD /* wherever the registry said */
};

struct request {
    enum transfer_method method;
    enum place place;
    size_t body_limit;
    const char *doing; /* "cannot DOING 'x' INTO 'registry/repository'"; NULL: it only reads */
    const char *into;
};

static const struct request requests[] = {
    [CALL_HEAD_MANIFEST] = {TRANSFER_HEAD, PLACE_MANIFEST, ANSWER_MAX, NULL, NULL},
    [CALL_GET_MANIFEST] = {TRANSFER_GET, PLACE_MANIFEST, MANIFEST_SIZE_MAX, NULL, NULL},
    [CALL_GET_BLOB] = {TRANSFER_GET, PLACE_BLOB, CONFIG_SIZE_MAX, NULL, NULL},
    [CALL_LIST_TAGS] = {TRANSFER_GET, PLACE_TAGS, TAGS_PAGE_MAX, NULL, NULL},
    [CALL_GET_REFERRERS] = {TRANSFER_GET, PLACE_REFERRERS, MANIFEST_SIZE_MAX, NULL, NULL},
    [CALL_STREAM_BLOB] = {TRANSFER_GET, PLACE_BLOB, ANSWER_MAX, NULL, NULL},
    [CALL_HEAD_BLOB] = {TRANSFER_HEAD, PLACE_BLOB, ANSWER_MAX, NULL, NULL},
    [CALL_MOUNT_BLOB] = {TRANSFER_POST, PLACE_UPLOADS, ANSWER_MAX, "mount blob", "into"},
    [CALL_OPEN_UPLOAD] = {TRANSFER_POST, PLACE_UPLOADS, ANSWER_MAX, "begin to upload blob", "into"},
    [CALL_PUT_BLOB] = {TRANSFER_PUT, PLACE_UPLOAD, ANSWER_MAX, "put blob", "into"},
    [CALL_PUT_PIECE] = {TRANSFER_PATCH, PLACE_UPLOAD, ANSWER_MAX, "put a piece of blob", "into"},
    [CALL_CANCEL_UPLOAD] = {TRANSFER_DELETE, PLACE_UPLOAD, ANSWER_MAX, "cancel upload", "into"},
    [CALL_PUT_MANIFEST] = {TRANSFER_PUT, PLACE_MANIFEST, ANSWER_MAX, "put manifest", "into"},
    [CALL_DELETE_MANIFEST] = {TRANSFER_DELETE, PLACE_MANIFEST, ANSWER_MAX, "delete manifest",
                              "from"},
    [CALL_DELETE_BLOB] = {TRANSFER_DELETE, PLACE_BLOB, ANSWER_MAX, "delete blob", "from"},
};

/* -- constructors --------------------------------------------------------------------------- */

static struct call call_of_manifest(enum call_kind kind, const char *target)
{
    return (struct call){.kind = kind, .target = target, .size = -1};
}

static struct call call_of_blob(enum call_kind kind, const struct digest *wanted, int64_t size)
{
    return (struct call){.kind = kind, .target = wanted->text, .wanted = wanted, .size = size};
}

struct call call_head_manifest(const char *target)
{
    return call_of_manifest(CALL_HEAD_MANIFEST, target);
}

struct call call_get_manifest(const char *target, const struct digest *wanted, int64_t size)
{
    struct call call = call_of_manifest(CALL_GET_MANIFEST, target);

    call.wanted = wanted;
    call.size = size;
    return call;
}

struct call call_get_blob(const struct digest *wanted, int64_t size)
{
    return call_of_blob(CALL_GET_BLOB, wanted, size);
}

struct call call_list_tags(const char *page)
{
    return (struct call){.kind = CALL_LIST_TAGS, .target = page, .size = -1};
}

struct call call_get_referrers(const struct digest *subject)
{
    return call_of_manifest(CALL_GET_REFERRERS, subject->text);
}

struct call call_stream_blob(const struct digest *wanted, int64_t size, struct relay *relay)
{
    struct call call = call_of_blob(CALL_STREAM_BLOB, wanted, size);

    call.relay = relay;
    return call;
}

struct call call_head_blob(const struct digest *wanted, int64_t size)
{
    return call_of_blob(CALL_HEAD_BLOB, wanted, size);
}

struct call call_mount_blob(const struct digest *wanted, const char *from)
{
    struct call call = call_of_blob(CALL_MOUNT_BLOB, wanted, -1);

    call.mount_from = from;
    return call;
}

struct call call_open_upload(const struct digest *wanted)
{
    return call_of_blob(CALL_OPEN_UPLOAD, wanted, -1);
}

struct call call_put_blob(const char *location, const struct digest *wanted, struct slice content)
{
    struct call call = call_of_blob(CALL_PUT_BLOB, wanted, (int64_t)content.length);

    call.target = location;
    call.content = content;
    call.media_type = "application/octet-stream";
    return call;
}

struct call call_put_stream(const char *location, const struct digest *wanted, int64_t size,
                            struct relay *relay)
{
    struct call call = call_put_blob(location, wanted, slice_of(NULL, 0));

    call.size = call.relayed = size;
    call.relay = relay;
    return call;
}

struct call call_put_piece(const char *location, const struct digest *wanted, int64_t offset,
                           int64_t size, struct relay *relay)
{
    struct call call = call_put_stream(location, wanted, size, relay);

    call.kind = CALL_PUT_PIECE;
    call.offset = offset;
    return call;
}

struct call call_cancel_upload(const char *location)
{
    return (struct call){.kind = CALL_CANCEL_UPLOAD, .target = location, .size = -1};
}

struct call call_put_manifest(const char *target, const char *media_type,
                              const struct digest *wanted, struct slice content)
{
    struct call call = call_of_manifest(CALL_PUT_MANIFEST, target);

    call.wanted = wanted;
    call.media_type = media_type;
    call.content = content;
    return call;
}

struct call call_delete_manifest(const char *target)
{
    return call_of_manifest(CALL_DELETE_MANIFEST, target);
}

struct call call_delete_blob(const struct digest *wanted)
{
    return call_of_blob(CALL_DELETE_BLOB, wanted, -1);
}

void call_release(struct call *call)
{
    transfer_free(call->transfer);
    url_release(&call->url);
    free(call->scope);
    secret_free(call->token);
    free(call->hop_digest);
    *call = (struct call){0};
}

/* -- what it is ----------------------------------------------------------------------------- */

/* What was put is looked for by HEAD, in the same place. */
static const struct request *call_request(const struct call *call)
{
    if (!call->is_confirming)
        return &requests[call->kind];
    return &requests[call->kind == CALL_PUT_MANIFEST ? CALL_HEAD_MANIFEST : CALL_HEAD_BLOB];
}

bool call_writes(const struct call *call)
{
    return requests[call->kind].doing != NULL;
}

/* A blob is called by its digest, wherever it is sent to. */
static const char *call_name(const struct call *call)
{
    bool is_blob = requests[call->kind].place != PLACE_MANIFEST;
    return is_blob && call->wanted ? call->wanted->text : call->target;
}

/* What is read there is called so. */
static const char *place_noun(enum place place)
{
    if (place == PLACE_REFERRERS)
        return "the referrers of";
    return place == PLACE_BLOB ? "blob" : "manifest";
}

void call_describe(const struct call *call, struct buffer *out)
{
    const struct request *request = &requests[call->kind];
    const char *name = call_name(call);
    const char *registry = call->session->endpoint.registry;
    const char *repository = call->session->wish.repository;

    if (request->place == PLACE_TAGS) {
        buffer_format(out, "the tags of '%s/%s'", registry, repository);
        return;
    }
    bool is_long = strlen(name) > SHORT_DIGEST && strchr(name, ':');
    if (request->doing) {
        buffer_format(out, "cannot %s '%.*s%s' %s '%s/%s'", request->doing,
                      is_long ? (int)SHORT_DIGEST : (int)strlen(name), name, is_long ? "..." : "",
                      request->into, registry, repository);
    } else {
        buffer_format(out, "%s '%s' of '%s/%s'", place_noun(request->place), name, registry,
                      repository);
    }
}

/* -- the URL -------------------------------------------------------------------------------- */

/* P2, P6: a mount names what and from where; a digest of another kind than the usual is announced.
 */
static void append_wish(const struct call *call, struct buffer *out)
{
    if (call->kind == CALL_MOUNT_BLOB) {
        buffer_append_string(out, "?mount=");
        escape_percent_encode(out, slice_from_string(call->wanted->text));
        buffer_append_string(out, "&from=");
        escape_percent_encode(out, slice_from_string(call->mount_from));
    }
    if (call->wanted->algorithm == DIGEST_SHA512)
        buffer_append_string(out, call->kind == CALL_MOUNT_BLOB ? "&digest-algorithm=sha512"
                                                                : "?digest-algorithm=sha512");
}

static void append_place(const struct call *call, struct buffer *out)
{
    buffer_append_string(out, "v2/");
    buffer_append_string(out, call->session->wish.repository);
    switch (call_request(call)->place) {
    case PLACE_MANIFEST:
        buffer_append_string(out, "/manifests/");
        buffer_append_string(out, call->target);
        break;
    case PLACE_BLOB:
        buffer_append_string(out, "/blobs/");
        buffer_append_string(out, call->wanted->text);
        break;
    case PLACE_TAGS:
        buffer_format(out, "/tags/list?n=%d", TAGS_A_PAGE);
        break;
    case PLACE_REFERRERS:
        buffer_append_string(out, "/referrers/");
        buffer_append_string(out, call->target);
        break;
    case PLACE_UPLOADS:
    case PLACE_UPLOAD:
        buffer_append_string(out, "/blobs/uploads/");
        if (call_request(call)->place == PLACE_UPLOADS)
            append_wish(call, out);
        break;
    }
}

/* Where the call goes as long as the registry has not said otherwise. */
static bool find_own_url(const struct call *call, struct url *out, struct error *error)
{
    const char *mirrored = call->session->wish.mirrored;
    struct buffer path = BUFFER_INIT(URL_MAX);

    append_place(call, &path);
    if (mirrored) { /* H28: one mirror may be many registries' */
        buffer_append_string(&path, call_request(call)->place == PLACE_TAGS ? "&ns=" : "?ns=");
        escape_percent_encode(&path, slice_from_string(mirrored));
    }
    bool done = buffer_check(&path, "the registry's URL", error) &&
                url_below(&call->session->origin, buffer_slice(&path), out, error);
    buffer_release(&path);
    return done;
}

/* P6, A16: an upload stays where it was asked for; the credentials go along. */
static bool check_upload_origin(const struct session *session, const struct url *upload,
                                struct error *error)
{
    if (url_same_origin(upload, &session->origin))
        return true;
    return error_set(error, ERROR_UPSTREAM,
                     "the registry wants it sent to '%s://%s:%u' instead of '%s', which is not "
                     "done (a proxy may hide the registry's own name from it)",
                     upload->scheme, ESCAPED(slice_from_string(upload->host)),
                     (unsigned)upload->port, session->endpoint.base);
}

/* P5, P6: what the registry said, relative to where it said it, its query untouched. */
static bool resolve_upload(struct call *call, const char *uploads)
{
    struct buffer text = BUFFER_INIT(URL_MAX + DIGEST_TEXT_SIZE * 3);
    struct url upload = {0};
    bool done = false;

    if (url_parse(slice_from_string(call->target), uploads, "upload's location", &upload,
                  &call->error) &&
        check_upload_origin(call->session, &upload, &call->error)) {
        buffer_append_string(&text, upload.text);
        if (call->kind == CALL_PUT_BLOB) {
            buffer_append_string(&text, strchr(upload.text, '?') ? "&digest=" : "?digest=");
            escape_percent_encode(&text, slice_from_string(call->wanted->text));
        }
        done = buffer_check(&text, "the upload's location", &call->error) &&
               url_parse(buffer_slice(&text), NULL, "upload's location", &call->url, &call->error);
    }
    buffer_release(&text);
    url_release(&upload);
    return done;
}

static bool call_find_url(struct call *call)
{
    struct url own = {0};

    if (call->kind == CALL_LIST_TAGS && call->target)
        return url_parse(slice_from_string(call->target), NULL, "page", &call->url, &call->error);
    if (!find_own_url(call, &own, &call->error))
        return false;
    if (call_request(call)->place == PLACE_UPLOAD) {
        bool done = resolve_upload(call, own.text);
        url_release(&own);
        return done;
    }
    call->url = own;
    return true;
}

/* -- beginning ------------------------------------------------------------------------------ */

void call_open(struct call *call, struct session *session)
{
    call->session = session;
    call->retry = retry_begin(call->relay ? 0 : session->wish.retries, session->wish.deadline);
}

/* H31: without "Expect", for which curl would wait a second where a registry does not heed it. A
 * request without content has no type; curl would call it a form. */
static bool add_content_headers(struct call *call, struct transfer *transfer)
{
    const char *type = call->media_type ? call->media_type : "";

    return transfer_add_header(transfer, "Content-Type", slice_from_string(type), &call->error) &&
           transfer_add_header(transfer, "Expect", SLICE(""), &call->error);
}

/* P7: the first and the last byte, both of them within the piece. */
static bool add_range(struct call *call, struct transfer *transfer)
{
    struct buffer range = BUFFER_INIT(64);

    buffer_format(&range, "%lld-%lld", (long long)call->offset,
                  (long long)(call->offset + call->size - 1));
    bool done = transfer_add_header(transfer, "Content-Range", buffer_slice(&range), &call->error);
    buffer_release(&range);
    return done;
}

static const char *accepted(enum place place)
{
    switch (place) {
    case PLACE_BLOB:
        return "application/octet-stream, */*";
    case PLACE_TAGS:
        return "application/json";
    case PLACE_MANIFEST:
    case PLACE_REFERRERS:
    case PLACE_UPLOADS:
    case PLACE_UPLOAD:
        break;
    }
    return media_type_accept();
}

static bool add_headers(struct call *call, struct transfer *transfer)
{
    const struct request *request = call_request(call);
    const char *accept = accepted(request->place);
    bool is_sent = request->method == TRANSFER_PUT || request->method == TRANSFER_POST ||
                   request->method == TRANSFER_PATCH;

    if (request->method == TRANSFER_GET || request->method == TRANSFER_HEAD) {
        if (!transfer_add_header(transfer, "Accept", slice_from_string(accept), &call->error))
            return false;
    } else if (is_sent && !add_content_headers(call, transfer)) {
        return false;
    }
    if (call->kind == CALL_PUT_PIECE && !add_range(call, transfer))
        return false;
    return call->has_left_origin || authorize(call, transfer, &call->error);
}

static enum registry_operation call_operation(const struct call *call)
{
    if (call_writes(call))
        return REGISTRY_PUSH;
    return call_request(call)->place == PLACE_BLOB ? REGISTRY_BLOB : REGISTRY_MANIFEST;
}

/* A transfer shaped as the call's next request, but for its headers. */
static struct transfer *call_transfer(struct call *call)
{
    const struct request *request = call_request(call);
    enum route route = call->has_left_origin ? ROUTE_REDIRECT : ROUTE_REGISTRY;
    struct transfer *transfer =
        session_transfer(call->session, &call->url, route, call->peer_was_private, &call->error);

    if (!transfer)
        return NULL;
    transfer->method = request->method;
    transfer->operation = call_operation(call);
    transfer->body_limit = request->body_limit;
    transfer->has_idle_body = call_writes(call);
    if (request->method == TRANSFER_PUT)
        transfer->content = call->content;
    if (call->relay && !call->is_confirming) {
        transfer->relay = call->relay;
        transfer->relayed = call->relayed;
        transfer->bell = call->relay->bell;
        transfer->deadline = call->session->wish.deadline; /* as long as it takes */
    }
    return transfer;
}

bool call_begin(struct call *call)
{
    if (call->kind == CALL_PUT_MANIFEST && call->content.length > MANIFEST_SIZE_MAX)
        return error_set(&call->error, ERROR_TOO_LARGE, "it has more than %d bytes",
                         (int)MANIFEST_SIZE_MAX);
    if (!call->url.text && !call_find_url(call))
        return false;
    CLEANUP(transfer_free_p) struct transfer *transfer = call_transfer(call);
    if (!transfer || !add_headers(call, transfer))
        return false;
    struct transfer_engine *engine = call->relay ? call->relay->engine : call->session->engine;
    if (!transfer_start(engine, transfer, &call->error))
        return false;
    transfer_free(call->transfer);
    call->transfer = TAKE(transfer);
    call->is_authorized = false;
    return true;
}

/* P2, P3: that a mount is refused, and that an upload nobody needs stays, are no errors. Of what
 * changes something every error says what it was. */
void call_finish(struct call *call)
{
    struct buffer what = BUFFER_INIT(WHAT_MAX);
    char shown[SHOWN_SIZE];
    bool is_tolerated = call->kind == CALL_CANCEL_UPLOAD ||
                        (call->kind == CALL_MOUNT_BLOB && call->error.code == ERROR_DENIED);

    call->is_done = true;
    turn_end(call);
    if (is_tolerated)
        call->error = (struct error){.code = ERROR_NONE};
    if (call->error.code == ERROR_NONE || !call_writes(call))
        return;
    call_describe(call, &what);
    error_prefix(&call->error, "%s: ", escape_text(shown, sizeof(shown), buffer_slice(&what)));
    buffer_release(&what);
}
