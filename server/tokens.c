/* SPDX-License-Identifier: Apache-2.0 */
#include "server/tokens.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "base/escape.h"
#include "manifest/manifest.h"
#include "server/request.h"
#include "server/secret_file.h"

enum {
    FILE_SIZE_MAX = 1024 * 1024,
    HASH_LENGTH = 7 + 64 /* "sha256:" and hex digits: never cut short */
};

struct token {
    struct digest digest;
    unsigned line;
};

struct tokens_file {
    bool is_open_to_others;
    size_t count;
    struct token items[TOKENS_MAX];
};

/* -- the file ------------------------------------------------------------------------------- */

static bool refuse_line(const char *path, unsigned line, const char *reason, struct error *error)
{
    return error_set(error, ERROR_INVALID, "%s:%u: %s", ESCAPED(slice_from_string(path)), line,
                     reason);
}

static const char *find_fault(struct slice token)
{
    for (size_t i = 0; i < token.length; i++) {
        if (token.data[i] <= ' ' || token.data[i] > '~')
            return "a token is visible ASCII without blanks";
    }
    if (token.length < TOKEN_SIZE_MIN)
        return "a token has at least 16 bytes";
    return token.length > TOKEN_SIZE_MAX ? "a token has at most 512 bytes" : NULL;
}

static bool add_line(struct tokens_file *tokens, struct slice text, const char *path, unsigned line,
                     struct error *error)
{
    struct slice token = slice_trim(text);

    if (token.length == 0 || token.data[0] == '#')
        return true;
    const char *fault = find_fault(token);
    if (fault)
        return refuse_line(path, line, fault, error);
    if (tokens->count == TOKENS_MAX)
        return refuse_line(path, line, "these are more than 1000 tokens", error);
    struct token *item = &tokens->items[tokens->count++];
    item->line = line;
    return digest_compute(DIGEST_SHA256, token, &item->digest) || error_no_memory(error);
}

static bool add_lines(struct tokens_file *tokens, struct slice rest, const char *path,
                      struct error *error)
{
    for (unsigned line = 1; rest.length > 0; line++) {
        if (!add_line(tokens, slice_take_part(&rest, '\n'), path, line, error))
            return false;
    }
    return tokens->count > 0 || error_set(error, ERROR_INVALID, "%s: there is no token in it",
                                          ESCAPED(slice_from_string(path)));
}

static bool fill(struct tokens_file *tokens, const char *path, struct error *error)
{
    CLEANUP(buffer_release) struct buffer text = BUFFER_INIT(FILE_SIZE_MAX);
    bool is_filled = secret_file_read(path, &text, &tokens->is_open_to_others, error) &&
                     add_lines(tokens, buffer_slice(&text), path, error);

    if (text.data)
        OPENSSL_cleanse(text.data, text.capacity);
    return is_filled;
}

struct tokens_file *tokens_file_read(const char *path, struct error *error)
{
    struct tokens_file *tokens = calloc(1, sizeof(*tokens));
    if (!tokens) {
        (void)error_no_memory(error);
        return NULL;
    }
    if (fill(tokens, path, error))
        return tokens;
    tokens_file_free(tokens);
    return NULL;
}

void tokens_file_free(struct tokens_file *tokens)
{
    free(tokens);
}

/* -- requests ------------------------------------------------------------------------------- */

/* All are looked at, whichever it is: nothing depends on the token but which line is remembered. */
unsigned tokens_file_find(const struct tokens_file *tokens, struct slice token)
{
    struct digest digest;
    unsigned line = 0;

    if (token.length > TOKEN_SIZE_MAX || !digest_compute(DIGEST_SHA256, token, &digest))
        return 0;
    for (size_t i = 0; i < tokens->count; i++) {
        const struct token *item = &tokens->items[i];
        if (CRYPTO_memcmp(item->digest.text, digest.text, HASH_LENGTH) == 0)
            line = item->line;
    }
    return line;
}

static bool is_bearer(struct slice header, struct slice *token)
{
    ptrdiff_t blank = slice_find(header, ' ');

    if (blank < 0 ||
        !slice_equal_ignoring_case(slice_until(header, (size_t)blank), SLICE("bearer")))
        return false;
    *token = slice_trim(slice_from(header, (size_t)blank));
    return token->length > 0;
}

bool tokens_file_identify(const struct tokens_file *tokens, const struct request *request,
                          unsigned *line, struct error *error)
{
    size_t count = 0;
    struct slice header = request->door->header(request, "authorization", &count);
    struct slice token = {0};

    if (count != 1 || !is_bearer(header, &token))
        return error_set(error, ERROR_UNAUTHORIZED,
                         "this needs one header Authorization: Bearer TOKEN");
    unsigned found = tokens ? tokens_file_find(tokens, token) : 0;
    if (found == 0)
        return error_set(error, ERROR_UNAUTHORIZED, "this service does not know that token");
    *line = found;
    return true;
}

bool tokens_file_is_open_to_others(const struct tokens_file *tokens)
{
    return tokens->is_open_to_others;
}
