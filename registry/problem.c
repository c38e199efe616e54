/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/problem.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include <curl/curl.h>

#include "base/escape.h"
#include "data/json.h"

enum {
    ENTRIES_MAX = 10,  /* of `errors`; further ones are not read (H18) */
    NOTICE_MAX = 1024, /* bytes of a page that are looked through */
    WHAT_SIZE = 128,
    CODE_SIZE = 40,
    MESSAGE_SIZE = 80,
    RETRY_AFTER_SIZE = 64 /* longer ones are nonsense */
};

/* -- what the body says --------------------------------------------------------------------- */

/* Borrowed from the document; empty where the body does not say. */
struct complaint {
    struct slice code;
    struct slice message;
};

static struct complaint complaint_of(const struct json *object)
{
    return (struct complaint){json_get_string(object, "code"), json_get_string(object, "message")};
}

/* The first entry of `errors` that says something. Some say it at the top level, each by a key of
 * their own: Quay, Docker Hub's token server, OAuth2 servers. */
static struct complaint find_complaint(const struct json *document)
{
    static const char *const message_keys[] = {"message", "details", "detail", "error_description",
                                               "error"};
    const struct json *errors = json_get(document, "errors");
    struct complaint complaint = complaint_of(json_kind(errors) == JSON_OBJECT ? errors : NULL);

    for (size_t i = 0; i < ENTRIES_MAX && !complaint.code.length && !complaint.message.length; i++)
        complaint = complaint_of(json_at(errors, i));
    for (size_t i = 0; i < sizeof(message_keys) / sizeof(message_keys[0]); i++) {
        if (complaint.code.length == 0 && complaint.message.length == 0)
            complaint.message = json_get_string(document, message_keys[i]);
    }
    return complaint;
}

static bool contains(struct slice text, struct slice part)
{
    for (; text.length >= part.length; text = slice_from(text, 1)) {
        if (slice_equal_ignoring_case(slice_until(text, part.length), part))
            return true;
        if (text.length == part.length)
            break;
    }
    return false;
}

/* What Go's and nginx's servers say, as text and as HTML, to http where TLS is spoken. */
static bool speaks_tls(long status, struct slice body)
{
    return status == 400 && (contains(body, SLICE("HTTP request to an HTTPS server")) ||
                             contains(body, SLICE("HTTP request was sent to HTTPS port")));
}

/* -- what it means -------------------------------------------------------------------------- */

/* H18: the status decides. Public ECR alone says 400 for a refusal. */
static enum error_code classify(long status, struct complaint complaint)
{
    switch (status) {
    case 401:
    case 403:
        return ERROR_DENIED;
    case 404:
        return ERROR_NOT_FOUND;
    case 429:
        return ERROR_RATE_LIMITED;
    case 400:
        return slice_equal_string(complaint.code, "DENIED") ? ERROR_DENIED : ERROR_UPSTREAM;
    default:
        return ERROR_UPSTREAM;
    }
}

static const char *verdict(enum error_code code)
{
    if (code == ERROR_DENIED)
        return "the registry denies access";
    if (code == ERROR_NOT_FOUND)
        return "not found";
    if (code == ERROR_RATE_LIMITED)
        return "the registry's rate limit is reached";
    return "unexpected answer from the registry";
}

/* T23: who may not see an image is not told whether it is there, whatever the registry (Harbor,
 * Quay) says besides. */
static bool claims_absence(struct complaint complaint)
{
    static const char *const claims[] = {"not found", "not exist", "unknown", "no such"};

    for (size_t i = 0; i < sizeof(claims) / sizeof(claims[0]); i++) {
        struct slice claim = slice_from_string(claims[i]);
        if (contains(complaint.code, claim) || contains(complaint.message, claim))
            return true;
    }
    return false;
}

/* " MANIFEST_UNKNOWN: manifest unknown", as far as it is known. */
static const char *describe_complaint(char *out, size_t size, struct complaint complaint)
{
    char code[CODE_SIZE];
    char message[MESSAGE_SIZE];
    bool has_any = complaint.code.length || complaint.message.length;
    bool has_both = complaint.code.length && complaint.message.length;

    (void)snprintf(out, size, "%s%s%s%s", has_any ? " " : "",
                   escape_text(code, sizeof(code), complaint.code), has_both ? ": " : "",
                   escape_text(message, sizeof(message), complaint.message));
    return out;
}

void problem_describe(long status, struct slice body, const char *what, struct error *error)
{
    struct error unread;
    CLEANUP(json_free_p) struct json *document = json_parse(body, &unread);
    struct complaint complaint = find_complaint(document);
    enum error_code code = classify(status, complaint);
    char shown_what[WHAT_SIZE];
    char shown[CODE_SIZE + MESSAGE_SIZE + 4];

    (void)escape_text(shown_what, sizeof(shown_what), slice_from_string(what));
    if (!document && speaks_tls(status, slice_until(body, NOTICE_MAX))) {
        (void)error_set(error, code,
                        "%s%sasked by http, the registry wants https (see plain_http and ca_file "
                        "of registry.hosts, or mquery's --insecure)",
                        shown_what, what ? ": " : "");
        return;
    }
    if (code == ERROR_DENIED && claims_absence(complaint))
        complaint = (struct complaint){0};
    (void)error_set(error, code, "%s%s%s (%ld%s)", shown_what, what ? ": " : "", verdict(code),
                    status, describe_complaint(shown, sizeof(shown), complaint));
}

/* Registries that do not know a type say 400, 404, 405 or 415. The first two may mean a name, a
 * digest or a missing child instead, and their code says so; and 400 for the older type, which all
 * know, what is in it. */
static bool is_type_refusal(long status, struct complaint complaint, bool is_oci)
{
    static const char *const others[] = {
        "BLOB_UNKNOWN", "DENIED",       "DIGEST_INVALID", "MANIFEST_BLOB_UNKNOWN",
        "NAME_INVALID", "NAME_UNKNOWN", "SIZE_INVALID",   "TAG_INVALID",
    };

    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        if (slice_equal_string(complaint.code, others[i]))
            return false;
    }
    return (status == 400 && is_oci) || status == 404 || status == 405 || status == 415;
}

bool problem_describe_push(long status, struct slice body, enum media_type type,
                           struct error *error)
{
    bool is_oci = type == MEDIA_TYPE_OCI_INDEX;
    bool is_list = is_oci || type == MEDIA_TYPE_DOCKER_LIST;
    struct error unread;
    CLEANUP(json_free_p) struct json *document = json_parse(body, &unread);
    struct complaint complaint = find_complaint(document);
    char shown[CODE_SIZE + MESSAGE_SIZE + 4];

    (void)describe_complaint(shown, sizeof(shown), complaint);
    if (is_list && is_type_refusal(status, complaint, is_oci)) {
        error_set(error, ERROR_UNSUPPORTED, "the registry takes no %s; use --type %s (%ld%s)",
                  is_oci ? "OCI index" : "Docker manifest list", is_oci ? "docker" : "oci", status,
                  shown);
        return true;
    }
    if (status == 404 && slice_equal_string(complaint.code, "NAME_UNKNOWN")) {
        error_set(error, ERROR_NOT_FOUND,
                  "the repository does not exist, and the registry does not create it (%ld%s)",
                  status, shown);
        return true;
    }
    if (status != 413)
        return false;
    error_set(error, ERROR_TOO_LARGE, "it is larger than the registry takes (%ld%s)", status,
              shown);
    return true;
}

bool problem_is_missing_blob(long status, struct slice body)
{
    struct error unread;

    if (status != 400 && status != 404)
        return false;
    CLEANUP(json_free_p) struct json *document = json_parse(body, &unread);
    return slice_equal_string(find_complaint(document).code, "MANIFEST_BLOB_UNKNOWN");
}

bool problem_is_lost_upload(long status)
{
    return status == 404 || status == 416;
}

bool problem_is_retryable(long status)
{
    static const long statuses[] = {408, 429, 499, 500, 502, 503, 504, 522};

    for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
        if (statuses[i] == status)
            return true;
    }
    return false;
}

bool problem_is_expiry(long status, struct slice body)
{
    struct slice words = status == 403   ? SLICE("authorization token has expired")
                         : status == 400 ? SLICE("authorization token is invalid")
                                         : SLICE("");
    struct error unread;

    if (words.length == 0)
        return false;
    CLEANUP(json_free_p) struct json *document = json_parse(body, &unread);
    struct complaint complaint = find_complaint(document);
    return slice_equal_string(complaint.code, "DENIED") && contains(complaint.message, words);
}

/* -- Retry-After ---------------------------------------------------------------------------- */

/* Go's time.Duration as it prints itself; GHCR sends that. Longer names before their beginnings. */
static const struct {
    const char *name;
    double milliseconds;
} units[] = {
    {"ns", 1e-6}, {"us", 1e-3}, {"\xc2\xb5s", 1e-3}, {"ms", 1},
    {"s", 1e3},   {"m", 60e3},  {"h", 3600e3},
};

/* Further off is nonsense, and ignored as such. */
static const double wait_max_ms = 365.0 * 24 * 3600 * 1000;

/* Digits with at most one point among them; not strtod(), which takes "inf", "0x1" and "1e9". */
static bool take_number(struct slice *rest, double *out)
{
    double digits = 0;
    double divisor = 1;
    bool has_point = false;
    size_t length = 0;

    for (; length < rest->length; length++) {
        char byte = rest->data[length];
        if (byte == '.' && !has_point && length > 0) {
            has_point = true;
            continue;
        }
        if (byte < '0' || byte > '9')
            break;
        digits = digits * 10 + (byte - '0');
        divisor *= has_point ? 10 : 1;
    }
    *rest = slice_from(*rest, length);
    *out = digits / divisor;
    return length > 0;
}

static bool take_unit(struct slice *rest, double *milliseconds)
{
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        struct slice name = slice_from_string(units[i].name);
        if (slice_starts_with(*rest, name)) {
            *rest = slice_from(*rest, name.length);
            *milliseconds = units[i].milliseconds;
            return true;
        }
    }
    return false;
}

/* "3", "1.2", "1.2ms", "1m30s": a number alone is seconds. -1 for anything else. */
static double read_duration(struct slice text)
{
    double total = 0;
    double number = 0;
    double unit = 0;

    if (take_number(&text, &number) && text.length == 0)
        return number * 1000;
    while (take_unit(&text, &unit)) {
        total += number * unit;
        if (text.length == 0)
            return total;
        if (!take_number(&text, &number))
            return -1;
    }
    return -1;
}

/* curl reads RFC 9110's three forms of a date. `text` is shorter than RETRY_AFTER_SIZE. */
static double read_date(struct slice text, int64_t now_ms)
{
    char date[RETRY_AFTER_SIZE];

    memcpy(date, text.data, text.length);
    date[text.length] = '\0';
    time_t when = curl_getdate(date, NULL);
    return when < 0 ? -1 : (double)when * 1000 - (double)now_ms;
}

int64_t problem_retry_after(struct slice value, int64_t now_ms)
{
    struct slice text = slice_trim(value);

    if (text.length == 0 || text.length >= RETRY_AFTER_SIZE)
        return -1;
    bool is_number = text.data[0] >= '0' && text.data[0] <= '9';
    double wait = is_number ? read_duration(text) : read_date(text, now_ms);
    if (!(wait >= 0 && wait <= wait_max_ms))
        return -1;
    int64_t whole = (int64_t)wait;
    return (double)whole < wait ? whole + 1 : whole;
}
