/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an image is: references, digests, media types, platforms, the documents of the OCI image
 * specification and Docker's twins of them, and the report that answers "where does it run?".
 *
 * Pure functions over bytes: no I/O, no threads, no clock. Everything returned is immutable and may
 * be read by many threads; whoever gets a `T *` frees it with the type's own end. Bytes from a
 * registry that make no sense are ERROR_UPSTREAM here; text from a caller is ERROR_INVALID.
 */
#ifndef MANIFEST_MANIFEST_H
#define MANIFEST_MANIFEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"
#include "data/json.h"

/* -- references (reference.c; rules R1-R12) ------------------------------------------------- */

enum {
    REFERENCE_MAX = 1024 /* bytes of a reference as written */
};

/* One allocation; the strings live inside it. */
struct reference {
    const char *registry;   /* lower case; "docker.io", "localhost:5000", "[fc00::1]:5000" */
    const char *repository; /* "library/debian" */
    const char *tag;        /* NULL when none was given; never filled in with "latest" */
    const char *digest;     /* NULL when none was given */
};

/* Parses by the grammar of rules R1-R12. The caller frees. Errors: invalid, the
 * message saying what is wrong and where. */
struct reference *reference_parse(struct slice text, struct error *error) MUST_USE;
void reference_free(struct reference *reference);
CLEANUP_DEFINE(struct reference, reference_free)

/* What is asked of the registry: the digest, else the tag, else "latest" (R9). Borrowed. */
const char *reference_target(const struct reference *reference);
/* "registry/repository[:tag][@digest]"; without tag and digest, ":latest". */
bool reference_write(const struct reference *reference, struct buffer *out);
/* The grammar of a tag (R5), for tags received. */
bool reference_tag_is_valid(struct slice tag);
/* R10: true for docker.io, index.docker.io and registry-1.docker.io, whole-host equality. */
bool reference_is_docker_hub(struct slice registry);

/* -- digests (digest.c; R6, H9) ------------------------------------------------------------- */

enum digest_algorithm {
    DIGEST_SHA256,
    DIGEST_SHA512
};

enum {
    DIGEST_TEXT_SIZE = 7 + 128 + 1 /* "sha512:" + hex + NUL */
};

struct digest {
    enum digest_algorithm algorithm;
    char text[DIGEST_TEXT_SIZE]; /* "sha256:<64 lower-case hex>" */
};

/* Errors: invalid; an unknown algorithm, a wrong length and bad hex are told apart (R6). */
bool digest_parse(struct slice text, struct digest *out, struct error *error) MUST_USE;
/* The digest of `bytes`. False only where OpenSSL has no memory. */
bool digest_compute(enum digest_algorithm algorithm, struct slice bytes,
                    struct digest *out) MUST_USE;
bool digest_equal(const struct digest *a, const struct digest *b);

/* -- media types (media_type.c) ------------------------------------------------------------- */

enum media_type {
    MEDIA_TYPE_OTHER, /* anything the table does not know; also absent */
    MEDIA_TYPE_OCI_INDEX,
    MEDIA_TYPE_OCI_MANIFEST,
    MEDIA_TYPE_DOCKER_LIST,
    MEDIA_TYPE_DOCKER_MANIFEST,
    MEDIA_TYPE_SCHEMA1,
    MEDIA_TYPE_SCHEMA1_SIGNED,
    MEDIA_TYPE_OCI_CONFIG,
    MEDIA_TYPE_DOCKER_CONFIG
};

/* Case-insensitive; parameters ("; charset=utf-8") are ignored (H4). */
enum media_type media_type_parse(struct slice text);
/* The type as written on the wire; "" for MEDIA_TYPE_OTHER. Static storage. */
const char *media_type_name(enum media_type type);
bool media_type_is_index(enum media_type type);    /* OCI index or Docker list */
bool media_type_is_manifest(enum media_type type); /* OCI or Docker manifest */
bool media_type_is_schema1(enum media_type type);
bool media_type_is_image_config(enum media_type type);
/* Of a layer: one that registries do not keep ("foreign", "nondistributable"); that it has urls
 * means nothing (P9). */
bool media_type_is_foreign(struct slice text);
/* The Accept header's value for manifests: index, manifest, list, schema 2, and schema 1 so that
 * it can be refused by name (H2). */
const char *media_type_accept(void);

/* -- platforms (platform.c, platform_runs.c; L1-L6) ----------------------------------------- */

enum {
    PLATFORM_MAX = 256,     /* bytes of a platform as a client writes it */
    PLATFORM_TEXT_MAX = 640 /* what platform_write_version() appends at most */
};

/* Strings are never NULL ("" when absent) and live as long as what the platform came from. Kept as
 * found; comparisons normalise. */
struct platform {
    const char *os;
    const char *architecture;
    const char *variant;
    const char *os_version;
    const char *const *os_features;
    size_t os_feature_count;
};

/* "os/architecture[/variant][:os.version]", or a known architecture alone, which is on linux (L3):
 * "arm64", "aarch64", "armhf". One allocation, normalised (L2) but for the version; free it with
 * platform_free(). An OS alone, an unknown word alone, '*', empty or more parts are errors:
 * invalid. */
struct platform *platform_parse(struct slice text, struct error *error) MUST_USE;
void platform_free(struct platform *platform);
CLEANUP_DEFINE(struct platform, platform_free)

/* "os/architecture[/variant]", made safe by escape_text() as it may come from a registry. */
bool platform_write(const struct platform *platform, struct buffer *out);
/* The same, and behind a colon the os.version where there is one: what tells two entries for
 * Windows apart. "unknown" where neither os nor architecture is known. */
bool platform_write_version(const struct platform *platform, struct buffer *out);
/* Exact equality after normalising os, architecture and variant (L2, L4); `asked` without an
 * os.version is equal to any. */
bool platform_equal(const struct platform *asked, const struct platform *offered);
/* What would run on a machine of the asked platform, best first by L3's table, ties in the order
 * given (where a Windows version is asked for, the higher one first, L6): its index in `offered`,
 * or -1. */
ptrdiff_t platform_runs(const struct platform *asked, const struct platform *offered, size_t count);

/* -- documents (manifest.c, index.c, image.c; H4-H7, L7-L12, S8, S12) ----------------------- */

enum {
    MANIFEST_SIZE_MAX = 4 * 1024 * 1024, /* H13 */
    CONFIG_SIZE_MAX = 8 * 1024 * 1024,   /* H13 */
    INDEX_ENTRIES_MAX = 1000,
    LAYERS_MAX = 1000
};

struct descriptor {
    enum media_type type;
    const char *media_type; /* as written */
    const char *artifact_type;
    struct digest digest;
    int64_t size;             /* bytes, 0..2^53 */
    bool has_platform;        /* os and architecture are both given and not empty */
    bool is_attestation;      /* L7: annotated so, or unknown/unknown */
    struct platform platform; /* empty strings where absent */
    const struct json *json;  /* as it stands: annotations, urls, data */
};

enum manifest_kind {
    MANIFEST_INDEX,   /* an OCI index or a Docker list of images */
    MANIFEST_IMAGE,   /* a lone image: its platform is in the config */
    MANIFEST_ARTIFACT /* there, but not something that runs: chart, signature, SBOM, cache, ... */
};

struct manifest {
    enum manifest_kind kind;
    enum media_type type;
    const char *media_type;    /* the effective one, as on the wire */
    const char *artifact;      /* of an artifact: what it is, in words, e.g. "a Helm chart" */
    struct descriptor config;  /* of an image, or of an artifact that is a manifest */
    struct descriptor *layers; /* of the same, in their order */
    size_t layer_count;
    struct descriptor *entries; /* of an index, in its order */
    size_t entry_count;
    struct json *document;   /* owns the strings above */
    bool is_typed_by_header; /* the bytes alone would be taken for another type */
};

/*
 * Judges a manifest's bytes. `content_type` is the response's header (empty when absent; H4 says
 * which values mean nothing); `expected` the media type its parent's descriptor gave, or empty.
 * Rejects a Content-Type or descriptor that disagrees with the body (H5) and documents that are two
 * things at once (H6, S8). Errors: upstream (nonsense), unsupported (schema 1, a type of nothing we
 * know; the text names it), too_large (entries, layers, tokens), internal.
 */
struct manifest *manifest_parse(struct slice body, struct slice content_type, struct slice expected,
                                struct error *error) MUST_USE;
/* Always false: what manifest_parse() says of schema 1. Errors: unsupported. */
bool manifest_refuse_schema1(struct error *error);
void manifest_free(struct manifest *manifest);
CLEANUP_DEFINE(struct manifest, manifest_free)

/* An image's configuration, as far as its platform goes. */
struct image {
    struct platform platform; /* empty strings where the config names none: never a guess (L10) */
    struct json *document;
};

/* Errors: upstream, too_large, internal. */
struct image *image_parse(struct slice body, struct error *error) MUST_USE;
void image_free(struct image *image);
CLEANUP_DEFINE(struct image, image_free)

/* -- the report (report*.c) ----------------------------------------------------------------- */

enum {
    REPORT_PLATFORMS_MAX = 1000,
    REPORT_WARNINGS_MAX = 16 /* further ones are left out */
};

struct inspection;

/* Which platforms one digest offers. Immutable, shared by reference counts, one allocation. */
struct report {
    struct digest digest;
    struct inspection *inspection; /* owned; NULL but for report_of_inspection()'s */
    const char *media_type;        /* static storage or inside */
    const struct platform *platforms;
    const char *const *warnings;
    uint32_t platform_count;
    uint32_t warning_count;
    uint32_t attestations;
    bool is_list;
    bool is_partial; /* a child was not there when it was asked for; it may come yet */
    bool is_local;   /* says more than the digest's bytes do: good only where it was asked for */
    uint32_t size;   /* bytes of memory it takes, for the cache's account */
    _Atomic uint32_t references;
};

struct report *report_ref(struct report *report);
void report_unref(struct report *report);
CLEANUP_DEFINE(struct report, report_unref)

/* Collects what a report says, then makes it. Not shared. */
struct report_builder;
struct report_builder *report_builder_new(void) MUST_USE; /* NULL: no memory */
void report_builder_free(struct report_builder *builder);
CLEANUP_DEFINE(struct report_builder, report_builder_free)
/* Copies. Failures are remembered and told by report_builder_finish(). Strings longer than 128
 * bytes and more than 32 os.features are cut with a warning (L12). A warning is said once, however
 * often it is added. */
void report_add_platform(struct report_builder *builder, const struct platform *platform);
void report_add_attestation(struct report_builder *builder);
/* See struct report. */
void report_mark_partial(struct report_builder *builder);
void report_mark_local(struct report_builder *builder);
void report_add_warning(struct report_builder *builder, const char *format, ...) PRINTF(2, 3);
/* The finished report, with one reference; adds the warnings that the whole shows (equal platforms
 * in a list, a lone image without one). The builder is used up but still the caller's to free.
 * Errors: too_large, internal. */
struct report *report_builder_finish(struct report_builder *builder, const struct digest *digest,
                                     const char *media_type, bool is_list,
                                     struct error *error) MUST_USE;

/* How one answer presents a report. */
struct report_view {
    struct slice image;           /* as received */
    int64_t confirmed;            /* seconds since 1970: "cachets" */
    const struct platform *asked; /* NULL: not asked */
    bool is_stale;
};

/* Compact JSON, keys and order as docs/api.md's answers say; no final newline. */
bool report_write_json(const struct report *report, const struct report_view *view,
                       struct buffer *out);
/* The reference command line's text, final empty line included; where a
 * platform was asked, one further line before it: " * PLATFORM: supported" or
 * " * PLATFORM: not supported" (", but OFFERED runs on it" where something does). */
bool report_write_text(const struct report *report, const struct report_view *view,
                       struct buffer *out);
/* The report as bytes for a file of our own, and back: the bytes may be anything. Not of one with
 * an inspection. The caller owns the reference. Errors: invalid, internal. */
bool report_write_record(const struct report *report, struct buffer *out);
struct report *report_read_record(struct slice bytes, struct error *error) MUST_USE;
/* True when some platform of the report is equal to `asked`. */
bool report_supports(const struct report *report, const struct platform *asked);

#endif
