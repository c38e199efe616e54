/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A Content-Type in the first line, a document in the others, as a registry may send them: what is
 * accepted as a manifest or a configuration must make a report whose JSON is valid JSON and whose
 * text is plain lines.
 */
#include "manifest/manifest.h"
#include "tests/fuzz/fuzz.h"

enum {
    OUTPUT_MAX = 64 * 1024 * 1024
};

static void check_json(const struct report *report, const struct report_view *view)
{
    struct error error;
    struct buffer out = BUFFER_INIT(OUTPUT_MAX);

    must(report_write_json(report, view, &out));
    struct json *answer = json_parse(buffer_slice(&out), &error);
    must(answer || error.code == ERROR_TOO_LARGE);
    must(!answer || json_count(json_get(answer, "archlist")) == report->platform_count);
    json_free(answer);
    buffer_release(&out);
}

static void check_text(const struct report *report, const struct report_view *view)
{
    struct buffer out = BUFFER_INIT(OUTPUT_MAX);

    must(report_write_text(report, view, &out));
    for (size_t i = 0; i < out.length; i++)
        must((unsigned char)out.data[i] >= ' ' || out.data[i] == '\n');
    buffer_release(&out);
}

static void check_report(struct report_builder *builder, const char *media_type, bool is_list)
{
    struct error error;
    struct digest digest;
    struct platform *asked = platform_parse(SLICE("linux/arm64/v9"), &error);

    must(asked && digest_compute(DIGEST_SHA256, SLICE("abc"), &digest));
    struct report *report = report_builder_finish(builder, &digest, media_type, is_list, &error);
    must(report);
    struct report_view view = {.image = SLICE("a"), .asked = asked, .is_stale = true};
    check_json(report, &view);
    check_text(report, &view);
    report_unref(report);
    platform_free(asked);
}

static void check_manifest(const struct manifest *manifest)
{
    struct report_builder *builder = report_builder_new();

    must(builder && manifest->media_type[0]);
    must((manifest->kind == MANIFEST_ARTIFACT) == (manifest->artifact != NULL));
    for (size_t i = 0; i < manifest->entry_count; i++) {
        report_add_platform(builder, &manifest->entries[i].platform);
        if (manifest->entries[i].is_attestation)
            report_add_attestation(builder);
    }
    check_report(builder, manifest->media_type, manifest->kind == MANIFEST_INDEX);
    report_builder_free(builder);
}

static void check_image(const struct image *image)
{
    struct report_builder *builder = report_builder_new();

    must(builder);
    report_add_platform(builder, &image->platform);
    check_report(builder, "application/vnd.example", false);
    report_builder_free(builder);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error error;
    struct slice body = fuzz_input(data, size);
    struct slice content_type = fuzz_take_until(&body, '\n');
    struct manifest *manifest = manifest_parse(body, content_type, (struct slice){0}, &error);
    struct image *image = image_parse(body, &error);

    if (manifest)
        check_manifest(manifest);
    if (image)
        check_image(image);
    manifest_free(manifest);
    image_free(image);
    return 0;
}
