/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Digests: "sha256:" or "sha512:" and lower-case hex of the exact length (rule R6).
 *
 * A digest goes into URLs and decides what content is believed, so nothing but this form gets past
 * digest_parse() (S15).
 */
#include <openssl/evp.h>

#include "base/escape.h"
#include "manifest/ascii.h"
#include "manifest/manifest.h"

static const struct algorithm {
    const char *name;
    size_t hex_length;
    const EVP_MD *(*function)(void);
} algorithms[] = {
    [DIGEST_SHA256] = {"sha256", 64, EVP_sha256},
    [DIGEST_SHA512] = {"sha512", 128, EVP_sha512},
};

enum {
    ALGORITHM_COUNT = sizeof(algorithms) / sizeof(algorithms[0])
};

static bool find_algorithm(struct slice name, enum digest_algorithm *out, struct error *error)
{
    for (size_t i = 0; i < ALGORITHM_COUNT; i++) {
        struct slice known = slice_from_string(algorithms[i].name);
        if (slice_equal(name, known)) {
            *out = (enum digest_algorithm)i;
            return true;
        }
        if (slice_equal_ignoring_case(name, known))
            return error_set(error, ERROR_INVALID, "digest algorithm '%s' must be in lower case",
                             ESCAPED(name));
    }
    return error_set(error, ERROR_INVALID,
                     "digest algorithm '%s' is not supported, sha256 and sha512 are",
                     ESCAPED(name));
}

static bool check_hex(struct slice hex, const struct algorithm *algorithm, struct error *error)
{
    size_t good = 0;

    while (good < hex.length && ascii_is_lower_hex(hex.data[good]))
        good++;
    if (good < hex.length) {
        return error_set(error, ERROR_INVALID,
                         "byte %zu of the %s digest is no lower-case hex digit", good + 1,
                         algorithm->name);
    }
    if (hex.length != algorithm->hex_length)
        return error_set(error, ERROR_INVALID, "a %s digest has %zu hex digits, not %zu",
                         algorithm->name, algorithm->hex_length, hex.length);
    return true;
}

bool digest_parse(struct slice text, struct digest *out, struct error *error)
{
    enum digest_algorithm algorithm = DIGEST_SHA256;
    ptrdiff_t colon = slice_find(text, ':');

    if (colon <= 0)
        return error_set(error, ERROR_INVALID, "digest '%s' is not of the form 'sha256:...'",
                         ESCAPED(text));
    if (!find_algorithm(slice_until(text, (size_t)colon), &algorithm, error))
        return false;
    if (!check_hex(slice_from(text, (size_t)colon + 1), &algorithms[algorithm], error))
        return false;
    *out = (struct digest){.algorithm = algorithm};
    memcpy(out->text, text.data, text.length);
    return true;
}

bool digest_compute(enum digest_algorithm algorithm, struct slice bytes, struct digest *out)
{
    static const char hex[] = "0123456789abcdef";
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned hash_length = 0;
    const struct algorithm *row = &algorithms[algorithm];

    if (EVP_Digest(bytes.data, bytes.length, hash, &hash_length, row->function(), NULL) != 1)
        return false;
    *out = (struct digest){.algorithm = algorithm};
    char *cursor = stpcpy(out->text, row->name);
    *cursor++ = ':';
    for (unsigned i = 0; i < hash_length; i++) {
        *cursor++ = hex[hash[i] >> 4];
        *cursor++ = hex[hash[i] & 15];
    }
    return true;
}

bool digest_equal(const struct digest *a, const struct digest *b)
{
    return strcmp(a->text, b->text) == 0;
}
