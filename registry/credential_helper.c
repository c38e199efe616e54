/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a helper says is cleansed, but for what json-c held while it was read.
 */
#include "registry/credential_helper.h"

#include "base/buffer.h"
#include "base/escape.h"
#include "data/json.h"
#include "registry/credential.h"
#include "registry/credential_parts.h"
#include "registry/program.h"
#include "registry/secret.h"

enum {
    NAME_MAX_BYTES = 64,
    OUTPUT_MAX = 64 * 1024
};

static const char prefix[] = "docker-credential-";

static bool is_plain(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9');
}

/* C10: no '/', so that only PATH says which program it is. */
static bool is_name(struct slice name)
{
    if (name.length == 0 || name.length > NAME_MAX_BYTES || !is_plain(name.data[0]))
        return false;
    for (size_t i = 1; i < name.length; i++) {
        if (!is_plain(name.data[i]) && slice_find(SLICE("_.-"), name.data[i]) < 0)
            return false;
    }
    return true;
}

/* -- what it says --------------------------------------------------------------------------- */

/* The user "<token>" means that the secret is an identity token (C9). */
static struct credential_parts read_parts(const struct json *answer)
{
    struct slice username = json_get_string(answer, "Username");
    struct slice secret = json_get_string(answer, "Secret");

    if (slice_equal_string(username, "<token>"))
        return (struct credential_parts){.identity_token = secret};
    return (struct credential_parts){.username = username, .password = secret};
}

/* Some helpers say with two empty texts that they have none. */
static struct credential *read_answer(struct slice said, struct error *error)
{
    struct error reason;
    CLEANUP(json_free_p) struct json *answer = json_parse(said, &reason);
    struct credential_parts parts = read_parts(answer);

    if (json_kind(json_get(answer, "Username")) != JSON_STRING ||
        json_kind(json_get(answer, "Secret")) != JSON_STRING) {
        (void)error_set(error, ERROR_INVALID, "does not answer with a Username and a Secret");
        return NULL;
    }
    const char *fault = credential_parts_fault(&parts);
    if (fault) {
        (void)error_set(error, ERROR_INVALID, "answers with %s", fault);
        return NULL;
    }
    error->code = ERROR_NONE;
    struct credential *credential =
        credential_parts_are_useful(&parts) ? credential_make(&parts) : NULL;
    if (!credential && credential_parts_are_useful(&parts))
        (void)error_set(error, ERROR_INTERNAL, "answers, but there is no memory for it");
    return credential;
}

/* Helpers say on standard output why they failed. Its first line is told, unless it might be part
 * of an answer, which would be a secret. */
static void explain_failure(struct slice said, int status, struct error *error)
{
    said = slice_trim(said);
    if (slice_equal_string(said, "credentials not found in native keychain")) {
        error->code = ERROR_NONE;
        return;
    }
    if (said.length == 0 || slice_find(said, '{') >= 0 || slice_find(said, '"') >= 0)
        (void)error_set(error, ERROR_INVALID, "failed with status %d", status);
    else
        (void)error_set(error, ERROR_INVALID, "failed: %s", ESCAPED(slice_before(said, '\n')));
}

/* -- asking --------------------------------------------------------------------------------- */

static struct credential *ask(char *program, const char *server, const struct program_limit *limit,
                              struct error *error)
{
    char verb[] = "get";
    char *const words[] = {program, verb, NULL};
    CLEANUP(secret_release) struct buffer said = BUFFER_INIT(OUTPUT_MAX);
    int status = 0;

    (void)secret_reserve(&said, OUTPUT_MAX);
    if (!program_run(words, slice_from_string(server), limit, &said, &status, error)) {
        if (error->code == ERROR_TOO_LARGE)
            error->code = ERROR_INVALID;
        return NULL;
    }
    if (status == 0)
        return read_answer(buffer_slice(&said), error);
    explain_failure(buffer_slice(&said), status, error);
    return NULL;
}

struct credential *credential_helper_get(const char *name, const char *server,
                                         const struct program_limit *limit, struct error *error)
{
    CLEANUP(buffer_release) struct buffer program = BUFFER_INIT(sizeof(prefix) + NAME_MAX_BYTES);

    if (!is_name(slice_from_string(name))) {
        (void)error_set(error, ERROR_INVALID, "no credential helper can be called '%s'",
                        ESCAPED(slice_from_string(name)));
        return NULL;
    }
    if (!escape_is_header_safe(slice_from_string(server))) { /* S23: one line, one server */
        (void)error_set(error, ERROR_INVALID, "a control byte in the registry's name");
        return NULL;
    }
    if (!buffer_format(&program, "%s%s", prefix, name)) {
        (void)error_no_memory(error);
        return NULL;
    }
    struct credential *credential = ask(program.data, server, limit, error);
    if (!credential && error->code != ERROR_NONE)
        error_prefix(error, "the credential helper '%s' ", buffer_string(&program));
    return credential;
}
