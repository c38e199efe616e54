/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A report as the reference command line prints it, with one line more
 * where a platform was asked for.
 */
#include <string.h>

#include "base/escape.h"
#include "manifest/manifest.h"
#include "manifest/report.h"

/* The reference shows a version for Windows only, where it decides what runs. */
static void write_listed(const struct platform *platform, struct buffer *out)
{
    (void)buffer_append_string(out, "   - ");
    (void)platform_write(platform, out);
    if (strcmp(platform->os, "windows") == 0 && platform->os_version[0]) {
        (void)buffer_append_char(out, ':');
        (void)buffer_append_string(out, ESCAPED(slice_from_string(platform->os_version)));
    }
    (void)buffer_append_char(out, '\n');
}

static void write_platforms(const struct report *report, struct buffer *out)
{
    if (report->is_list) {
        (void)buffer_append_string(out, " * Supported platforms:\n");
        for (uint32_t i = 0; i < report->platform_count; i++)
            write_listed(&report->platforms[i], out);
        return;
    }
    for (uint32_t i = 0; i < report->platform_count; i++) {
        (void)buffer_append_string(out, " * Supports: ");
        (void)platform_write(&report->platforms[i], out);
        (void)buffer_append_char(out, '\n');
    }
}

static void write_asked(const struct report *report, const struct platform *asked,
                        struct buffer *out)
{
    bool is_supported = report_supports(report, asked);
    const struct platform *substitute = is_supported ? NULL : report_runs(report, asked);

    (void)buffer_append_string(out, " * ");
    (void)platform_write_version(asked, out);
    (void)buffer_append_string(out, is_supported ? ": supported" : ": not supported");
    if (substitute) {
        (void)buffer_append_string(out, ", but ");
        (void)platform_write_version(substitute, out);
        (void)buffer_append_string(out, " runs on it");
    }
    (void)buffer_append_char(out, '\n');
}

bool report_write_text(const struct report *report, const struct report_view *view,
                       struct buffer *out)
{
    (void)buffer_append_string(out, "Image: ");
    (void)buffer_append_slice(out, view->image);
    (void)buffer_format(out, " (digest: %s)\n * Manifest List: %s (Image type: %s)\n",
                        report->digest.text, report->is_list ? "Yes" : "No", report->media_type);
    write_platforms(report, out);
    if (view->asked)
        write_asked(report, view->asked, out);
    (void)buffer_append_char(out, '\n');
    return buffer_ok(out);
}
