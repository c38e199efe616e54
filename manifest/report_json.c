/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A report as the answer of /query: the reference service's keys in its order, then ours, each
 * only when there is something to say.
 */
#include "data/json.h"
#include "manifest/manifest.h"
#include "manifest/platform.h"
#include "manifest/report.h"

static void write_platform(struct json_writer *writer, const struct platform *platform)
{
    json_write_object_begin(writer);
    platform_write_members(platform, writer);
    json_write_object_end(writer);
}

static void write_platform_text(struct json_writer *writer, const char *key,
                                const struct platform *platform)
{
    struct buffer text = BUFFER_INIT(PLATFORM_TEXT_MAX);

    if (platform_write_version(platform, &text))
        json_write_member_slice(writer, key, buffer_slice(&text));
    else
        writer->out->state = text.state;
    buffer_release(&text);
}

static void write_asked(struct json_writer *writer, const struct report *report,
                        const struct platform *asked)
{
    bool is_supported = report_supports(report, asked);
    const struct platform *substitute = is_supported ? NULL : report_runs(report, asked);

    write_platform_text(writer, "platform", asked);
    json_write_key(writer, "supported");
    json_write_boolean(writer, is_supported);
    if (substitute)
        write_platform_text(writer, "runs", substitute);
}

static void write_reference_keys(struct json_writer *writer, const struct report *report,
                                 const struct report_view *view)
{
    json_write_key(writer, "cachets");
    json_write_integer(writer, view->confirmed);
    json_write_key(writer, "islist");
    json_write_boolean(writer, report->is_list);
    json_write_member_slice(writer, "imagename", view->image);
    json_write_member(writer, "digest", report->digest.text);
    json_write_member(writer, "mediatype", report->media_type);
    json_write_key(writer, "archlist");
    json_write_array_begin(writer);
    for (uint32_t i = 0; i < report->platform_count; i++)
        write_platform(writer, &report->platforms[i]);
    json_write_array_end(writer);
}

bool report_write_json(const struct report *report, const struct report_view *view,
                       struct buffer *out)
{
    struct json_writer writer = json_writer_begin(out, JSON_COMPACT);

    json_write_object_begin(&writer);
    write_reference_keys(&writer, report, view);
    if (view->asked)
        write_asked(&writer, report, view->asked);
    if (view->is_stale) {
        json_write_key(&writer, "stale");
        json_write_boolean(&writer, true);
    }
    if (report->attestations) {
        json_write_key(&writer, "attestations");
        json_write_integer(&writer, report->attestations);
    }
    if (report->warning_count > 0) {
        json_write_key(&writer, "warnings");
        json_write_strings(&writer, report->warnings, report->warning_count);
    }
    json_write_object_end(&writer);
    return buffer_ok(out);
}
