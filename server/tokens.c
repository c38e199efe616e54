/* SPDX-License-Identifier: Apache-2.0 */
#include "server/tokens.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "base/escape.h"
#include "manifest/manifest.h"

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

static bool refuse(const char *path, const char *reason, struct error *error)
{
    return error_set(error, ERROR_INVALID, "%s: %s", ESCAPED(slice_from_string(path)), reason);
}

static bool refuse_line(const char *path, unsigned line, const char *reason, struct error *error)
{
    return error_set(error, ERROR_INVALID, "%s:%u: %s", ESCAPED(slice_from_string(path)), line,
                     reason);
}

static bool read_descriptor(int fd, const char *path, struct buffer *out, struct error *error)
{
    char part[4096];
    bool goes_on = true;
    int code = 0;

    while (goes_on) {
        ssize_t length = read(fd, part, sizeof(part));
        code = length < 0 ? errno : 0;
        goes_on = length > 0 && buffer_append(out, part, (size_t)length);
    }
    OPENSSL_cleanse(part, sizeof(part));
    if (code)
        return refuse(path, strerrordesc_np(code), error);
    return buffer_check(out, path, error);
}

static bool read_file(const char *path, struct buffer *out, bool *is_open_to_others,
                      struct error *error)
{
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return refuse(path, strerrordesc_np(errno), error);
    *is_open_to_others = fstat(fd, &status) == 0 && status.st_mode & S_IROTH;
    bool is_read = read_descriptor(fd, path, out, error);
    (void)close(fd);
    return is_read;
}

/* -- lines ---------------------------------------------------------------------------------- */

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
        ptrdiff_t end = slice_find(rest, '\n');
        struct slice text = end < 0 ? rest : slice_until(rest, (size_t)end);
        if (!add_line(tokens, text, path, line, error))
            return false;
        rest = slice_from(rest, text.length + 1);
    }
    return tokens->count > 0 || refuse(path, "there is no token in it", error);
}

static bool fill(struct tokens_file *tokens, const char *path, struct error *error)
{
    CLEANUP(buffer_release) struct buffer text = BUFFER_INIT(FILE_SIZE_MAX);
    bool is_filled = read_file(path, &text, &tokens->is_open_to_others, error) &&
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

bool tokens_file_is_open_to_others(const struct tokens_file *tokens)
{
    return tokens->is_open_to_others;
}
