/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A report as bytes for a file of our own, and back (base/record.h): digest, media type, flags and
 * counts, then each platform, then the warnings. What is read may be anything: it is believed about
 * images, and never about lengths.
 */
#include <stdlib.h>

#include "base/record.h"
#include "manifest/manifest.h"
#include "manifest/report.h"

enum {
    FLAG_LIST = 1,
    FLAG_PARTIAL = 2,
    FLAG_LOCAL = 4,
    PLATFORM_SIZE_MIN = 5 /* four empty texts and a count */
};

/* -- writing -------------------------------------------------------------------------------- */

static void put_texts(struct buffer *out, const char *const *texts, size_t count)
{
    record_put_number(out, count);
    for (size_t i = 0; i < count; i++)
        record_put_text(out, texts[i]);
}

static void put_platform(struct buffer *out, const struct platform *platform)
{
    record_put_text(out, platform->os);
    record_put_text(out, platform->architecture);
    record_put_text(out, platform->variant);
    record_put_text(out, platform->os_version);
    put_texts(out, platform->os_features, platform->os_feature_count);
}

static size_t count_texts(const struct report *report)
{
    size_t count = report->warning_count;

    for (uint32_t i = 0; i < report->platform_count; i++)
        count += report->platforms[i].os_feature_count;
    return count;
}

bool report_write_record(const struct report *report, struct buffer *out)
{
    record_put_text(out, report->digest.text);
    record_put_text(out, report->media_type);
    record_put_number(out, (report->is_list ? FLAG_LIST : 0U) |
                               (report->is_partial ? FLAG_PARTIAL : 0U) |
                               (report->is_local ? FLAG_LOCAL : 0U));
    record_put_number(out, report->attestations);
    record_put_number(out, count_texts(report));
    record_put_number(out, report->platform_count);
    for (uint32_t i = 0; i < report->platform_count; i++)
        put_platform(out, &report->platforms[i]);
    put_texts(out, report->warnings, report->warning_count);
    return buffer_ok(out);
}

/* -- reading -------------------------------------------------------------------------------- */

/* A report whose parts lie where they were read from, until it is packed. */
struct draft {
    struct report loose;
    struct record_reader reader;
    struct platform *platforms;
    const char **texts; /* of features and warnings */
    size_t text_count;
    size_t texts_used;
};

static void draft_release(struct draft *draft)
{
    free(draft->platforms);
    free(draft->texts);
}

static bool refuse(struct error *error)
{
    return error_set(error, ERROR_INVALID, "a report in it is damaged");
}

static bool take_head(struct draft *draft, struct error *error)
{
    struct record_reader *reader = &draft->reader;
    struct report *loose = &draft->loose;

    if (!digest_parse(slice_from_string(record_take_text(reader)), &loose->digest, error))
        return false;
    loose->media_type = record_take_text(reader);
    uint64_t flags = record_take_number(reader);
    loose->is_list = flags & FLAG_LIST;
    loose->is_partial = flags & FLAG_PARTIAL;
    loose->is_local = flags & FLAG_LOCAL;
    loose->attestations = (uint32_t)record_take_number(reader);
    uint64_t texts = record_take_number(reader);
    uint64_t platforms = record_take_number(reader);
    if (platforms > reader->rest.length / PLATFORM_SIZE_MIN || texts > reader->rest.length)
        return refuse(error);
    draft->text_count = (size_t)texts;
    loose->platform_count = (uint32_t)platforms;
    draft->platforms = calloc(loose->platform_count + 1, sizeof(*draft->platforms));
    draft->texts = calloc(draft->text_count + 1, sizeof(*draft->texts));
    return (draft->platforms && draft->texts) || error_no_memory(error);
}

/* How many; 0 where so many were not announced. */
static size_t take_texts(struct draft *draft, const char *const **out)
{
    uint64_t count = record_take_number(&draft->reader);

    if (count > draft->text_count - draft->texts_used) {
        draft->reader.is_broken = true;
        count = 0;
    }
    *out = draft->texts + draft->texts_used;
    for (uint64_t i = 0; i < count; i++)
        draft->texts[draft->texts_used++] = record_take_text(&draft->reader);
    return (size_t)count;
}

static void take_platform(struct draft *draft, struct platform *out)
{
    out->os = record_take_text(&draft->reader);
    out->architecture = record_take_text(&draft->reader);
    out->variant = record_take_text(&draft->reader);
    out->os_version = record_take_text(&draft->reader);
    out->os_feature_count = take_texts(draft, &out->os_features);
}

static bool take_parts(struct draft *draft, struct error *error)
{
    struct report *loose = &draft->loose;

    for (uint32_t i = 0; i < loose->platform_count; i++)
        take_platform(draft, &draft->platforms[i]);
    loose->platforms = draft->platforms;
    loose->warning_count = (uint32_t)take_texts(draft, &loose->warnings);
    return (!draft->reader.is_broken && draft->reader.rest.length == 0) || refuse(error);
}

struct report *report_read_record(struct slice bytes, struct error *error)
{
    struct draft draft = {.reader = {.rest = bytes}};
    struct report *report = NULL;

    if (take_head(&draft, error) && take_parts(&draft, error)) {
        report = report_pack(&draft.loose);
        if (!report)
            (void)error_no_memory(error);
    }
    draft_release(&draft);
    return report;
}
