/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A push whose sources have been fetched, without a registry: what test_push_*.c share. Include it
 * after <cmocka.h>.
 */
#ifndef TESTS_PUSH_FIXTURE_H
#define TESTS_PUSH_FIXTURE_H

#include <stdlib.h>
#include <string.h>

#include "registry/push_job.h"

#define OCI_INDEX      "application/vnd.oci.image.index.v1+json"
#define OCI_MANIFEST   "application/vnd.oci.image.manifest.v1+json"
#define OCI_CONFIG     "application/vnd.oci.image.config.v1+json"
#define OCI_LAYER      "application/vnd.oci.image.layer.v1.tar+gzip"
#define FOREIGN_LAYER  "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"
#define DIGEST(number) "sha256:" DIGITS(number)
#define DIGITS(number)                                                                             \
    number number number number number number number number number number number number number     \
        number number number number number number number number number number number number number \
            number number number number number number
/* A descriptor; `number` is two hex digits. */
#define DESCRIPTOR(type, number, more) \
    "{\"mediaType\":\"" type "\",\"digest\":\"" DIGEST(number) "\",\"size\":7" more "}"
#define ON(platform) ",\"platform\":{" platform "}"
#define LINUX(name)  ON("\"os\":\"linux\",\"architecture\":\"" name "\"")
#define ATTESTS(number)                                                                \
    ",\"annotations\":{\"vnd.docker.reference.type\":\"attestation-manifest\","        \
    "\"vnd.docker.reference.digest\":\"" DIGEST(number) "\"}" ON("\"os\":\"unknown\"," \
                                                                 "\"architecture\":\"unknown\"")
#define INDEX_OF(entries) \
    "{\"schemaVersion\":2,\"mediaType\":\"" OCI_INDEX "\",\"manifests\":[" entries "]}"
#define IMAGE_OF(config, layers)                               \
    "{\"schemaVersion\":2,\"mediaType\":\"" OCI_MANIFEST "\"," \
    "\"config\":" DESCRIPTOR(OCI_CONFIG, config, "") ",\"layers\":[" layers "]}"

enum {
    FIXTURE_SOURCES = 8
};

struct fixture {
    struct spec spec;
    struct spec_entry entries[FIXTURE_SOURCES];
    struct reference *references[FIXTURE_SOURCES]; /* the entries' own */
    struct reference *target;
    struct registry_push push;
    struct push_result result;
    struct push_job job;
    struct error error;
};

static inline struct fixture *fixture_new(void)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));

    assert_non_null(fixture);
    fixture->spec.entries = fixture->entries;
    fixture->target = reference_parse(SLICE("reg.test/lab/app:v1"), &fixture->error);
    assert_non_null(fixture->target);
    fixture->spec.target = fixture->target;
    fixture->push.spec = &fixture->spec;
    fixture->job.push = &fixture->push;
    fixture->job.out = &fixture->result;
    return fixture;
}

static inline void fixture_free(struct fixture *fixture)
{
    push_release_children(&fixture->job);
    push_release_entries(&fixture->job);
    push_release_sources(&fixture->job);
    push_result_release(&fixture->result);
    for (size_t i = 0; i < fixture->spec.entry_count; i++)
        reference_free(fixture->references[i]);
    reference_free(fixture->target);
    free(fixture);
}

static inline void fixture_free_p(struct fixture **slot)
{
    fixture_free(*slot);
}

static const struct platform no_platform = {
    .os = "", .architecture = "", .variant = "", .os_version = ""};

/* One more of the spec's entries. */
static inline struct spec_entry *add_to_spec(struct fixture *fixture, const char *image)
{
    size_t number = fixture->spec.entry_count++;
    struct spec_entry *entry = &fixture->entries[number];

    fixture->references[number] = reference_parse(slice_from_string(image), &fixture->error);
    assert_non_null(fixture->references[number]);
    *entry = (struct spec_entry){
        .image = image, .reference = fixture->references[number], .platform = no_platform};
    return entry;
}

static inline void list_sources(struct fixture *fixture)
{
    if (!push_list_sources(&fixture->job, &fixture->error))
        fail_msg("%s", fixture->error.message);
}

/* Gives a member its manifest, as a fetch would. False: it was not judged well. */
static inline bool give_manifest(struct fixture *fixture, struct push_member *member,
                                 const char *number, const char *body)
{
    struct push_document *document = calloc(1, sizeof(*document));

    assert_non_null(document);
    document->bytes = slice_copy(slice_from_string(body));
    document->length = strlen(body);
    document->next = fixture->job.documents;
    fixture->job.documents = document;
    document->digest.algorithm = DIGEST_SHA256;
    struct buffer text = BUFFER_INIT(DIGEST_TEXT_SIZE);
    (void)buffer_append_string(&text, "sha256:");
    for (size_t i = 0; i < 32; i++)
        (void)buffer_append_string(&text, number);
    memcpy(document->digest.text, buffer_string(&text), text.length + 1);
    buffer_release(&text);
    document->manifest =
        manifest_parse(slice_from_string(body), SLICE(""), SLICE(""), &fixture->error);
    if (!document->manifest)
        fail_msg("%s", fixture->error.message);
    member->document = document;
    return push_member_judge(member, &fixture->error);
}

/* And its config's platform. */
static inline void give_config(struct push_member *member, struct platform platform)
{
    assert_int_equal(member->state, MEMBER_CONFIG);
    member->platform = platform;
    member->state = MEMBER_READY;
}

static inline struct push_member *member_at(struct fixture *fixture, size_t source, size_t number)
{
    struct push_member *member = fixture->job.sources[source].members;

    for (; number; number--)
        member = member->next;
    return member;
}

#endif
