/* SPDX-License-Identifier: Apache-2.0 */
/*
 * "json" or "yaml" in the first line, a spec in the others: what is accepted is whole, and either
 * makes lists that are valid, or is refused for its platforms; what is refused names the place.
 */
#include "manifest/assemble.h"
#include "tests/fuzz/fuzz.h"

enum {
    OUTPUT_MAX = 64 * 1024 * 1024
};

static void check_spec(const struct spec *spec)
{
    must(spec->image && spec->target && spec->entry_count > 0);
    must(spec->warnings.count <= WARNINGS_MAX);
    for (size_t i = 0; i < spec->tag_count; i++) {
        must(reference_tag_is_valid(slice_from_string(spec->tags[i])));
        must(strcmp(spec->tags[i], reference_target(spec->target)) != 0);
    }
    for (size_t i = 1; i < spec->annotation_count; i++)
        must(strcmp(spec->annotations[i - 1].key, spec->annotations[i].key) < 0);
    for (size_t i = 0; i < spec->entry_count; i++) {
        const struct platform *platform = &spec->entries[i].platform;
        must(spec->entries[i].image && spec->entries[i].reference);
        must((platform->os[0] == '\0') == (platform->architecture[0] == '\0'));
    }
}

/* The entry as a push would fill it. */
static struct list_entry entry_of(const struct spec_entry *source, const struct digest *digest)
{
    struct list_entry entry = {
        .source = source->image,
        .media_type = "application/vnd.oci.image.manifest.v1+json",
        .digest = digest,
        .size = 3,
        .platform = source->platform,
        .features = source->features,
        .feature_count = source->feature_count,
    };

    if (entry.platform.os[0] == '\0') {
        entry.platform.os = "linux";
        entry.platform.architecture = "arm";
    }
    return entry;
}

static void check_list(const struct list_plan *plan)
{
    struct error error;
    struct warnings warnings = {0};
    struct buffer out = BUFFER_INIT(OUTPUT_MAX);

    if (list_assemble(plan, &out, &warnings, &error)) {
        struct json *list = json_parse(buffer_slice(&out), &error);
        must(list || error.code == ERROR_TOO_LARGE);
        must(!list || json_count(json_get(list, "manifests")) == plan->count);
        must(!list || json_count(json_get(list, "annotations")) == plan->annotation_count);
        json_free(list);
    } else {
        must(error.code == ERROR_INVALID);
    }
    warnings_release(&warnings);
    buffer_release(&out);
}

static void check_lists(const struct spec *spec)
{
    struct digest digest;
    struct list_entry *entries = calloc(spec->entry_count, sizeof(*entries));
    struct list_plan plan = {
        .entries = entries,
        .count = spec->entry_count,
        .annotations = spec->annotations,
        .annotation_count = spec->annotation_count,
    };

    must(entries && digest_compute(DIGEST_SHA256, SLICE("abc"), &digest));
    for (size_t i = 0; i < spec->entry_count; i++)
        entries[i] = entry_of(&spec->entries[i], &digest);
    for (int type = LIST_DOCKER; type <= LIST_OCI; type++) {
        plan.type = (enum list_type)type;
        check_list(&plan);
    }
    free(entries);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error error;
    struct slice text = fuzz_input(data, size);
    struct slice syntax = fuzz_take_until(&text, '\n');
    struct spec *spec =
        spec_parse(text, "name", slice_equal_string(syntax, "json") ? SPEC_JSON : SPEC_YAML,
                   size % 2 ? SPEC_REFUSE_UNKNOWN : SPEC_WARN_UNKNOWN, &error);

    if (!spec) {
        must(strncmp(error.message, "name:", 5) == 0);
        return 0;
    }
    check_spec(spec);
    check_lists(spec);
    spec_free(spec);
    return 0;
}
