/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a list may say of a platform (rule P19). Reading forgives unknown words, since somebody may
 * know them; writing one is a typing error that all clients of the list would meet.
 */
#include "manifest/platform_words.h"

#include "base/escape.h"
#include "manifest/assemble.h"

const char *const known_systems[] = {
    "aix",   "android", "darwin",  "dragonfly", "freebsd", "illumos", "ios",     "js",
    "linux", "netbsd",  "openbsd", "plan9",     "solaris", "wasip1",  "windows", NULL,
};

const char *const known_architectures[] = {
    "386",    "amd64", "arm",     "arm64",   "loong64", "mips", "mips64", "mips64le",
    "mipsle", "ppc64", "ppc64le", "riscv64", "s390x",   "wasm", NULL,
};

static const char *const variants_of_amd64[] = {"v1", "v2", "v3", "v4", NULL};
static const char *const variants_of_arm[] = {"v5", "v6", "v7", "v8", NULL};
static const char *const variants_of_arm64[] = {
    "v8", "v8.0", "v8.1", "v8.2", "v8.3", "v8.4", "v8.5", "v8.6", "v8.7", "v8.8", "v8.9",
    "v9", "v9.0", "v9.1", "v9.2", "v9.3", "v9.4", "v9.5", "v9.6", "v9.7", NULL,
};

static const struct {
    const char *architecture;
    const char *const *variants;
} known_variants[] = {
    {"amd64", variants_of_amd64},
    {"arm", variants_of_arm},
    {"arm64", variants_of_arm64},
};

enum {
    LIST_MAX = 256 /* of an error's message */
};

static bool is_one_of(const char *word, const char *const *known)
{
    for (; *known; known++) {
        if (strcmp(word, *known) == 0)
            return true;
    }
    return false;
}

/* `source` names the image, and `what` the kind of word. */
static bool check_word(const char *source, const char *what, const char *word,
                       const char *const *known, struct error *error)
{
    CLEANUP(buffer_release) struct buffer list = BUFFER_INIT(LIST_MAX);

    if (is_one_of(word, known))
        return true;
    for (const char *const *each = known; *each; each++)
        (void)buffer_format(&list, "%s%s", each == known ? "" : ", ", *each);
    return error_set(error, ERROR_INVALID, "the %s '%.40s' of '%.80s' is none of %s", what,
                     ESCAPED(slice_from_string(word)), ESCAPED(slice_from_string(source)),
                     buffer_string(&list));
}

static bool check_variant(const struct platform *platform, const char *source, struct error *error)
{
    for (size_t i = 0; i < sizeof(known_variants) / sizeof(known_variants[0]); i++) {
        if (strcmp(platform->architecture, known_variants[i].architecture) == 0)
            return check_word(source, "variant", platform->variant, known_variants[i].variants,
                              error);
    }
    return error_set(error, ERROR_INVALID, "'%.80s' has the variant '%.40s', but %s has none",
                     ESCAPED(slice_from_string(source)),
                     ESCAPED(slice_from_string(platform->variant)), platform->architecture);
}

bool list_check_platform(const struct platform *platform, const char *source, struct error *error)
{
    if (platform->os[0] == '\0' && platform->architecture[0] == '\0')
        return error_set(error, ERROR_INVALID, "nothing says which platform '%.80s' is for",
                         ESCAPED(slice_from_string(source)));
    return check_word(source, "os", platform->os, known_systems, error) &&
           check_word(source, "architecture", platform->architecture, known_architectures, error) &&
           (platform->variant[0] == '\0' || check_variant(platform, source, error));
}
