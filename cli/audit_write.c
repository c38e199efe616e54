/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/audit_write.h"

#include "base/escape.h"
#include "cli/requirement.h"
#include "data/json.h"
#include "manifest/manifest.h"

enum {
    NAME_SIZE = 4 * REFERENCE_MAX + 4, /* escaped */
    CELL_MAX = 256 * 1024,             /* every platform there can be */
    GAP = 2
};

static const char name_heading[] = "IMAGE";

/* What a column shows of an image that could not be asked. */
static const char unknown[] = "?";

/* -- what an image offers ------------------------------------------------------------------- */

static size_t required_count(const struct audit_view *view)
{
    return view->requirement ? requirement_count(view->requirement) : 0;
}

bool audit_is_met(const struct audit_view *view, const struct fleet_image *image)
{
    for (size_t i = 0; i < required_count(view); i++) {
        if (!report_supports(image->answer.report, requirement_platform(view->requirement, i)))
            return false;
    }
    return true;
}

typedef void (*platform_function)(void *context, const struct platform *platform);

static void each_offered(const struct fleet_image *image, platform_function visit, void *context)
{
    const struct report *report = image->answer.report;

    for (uint32_t i = 0; i < report->platform_count; i++)
        visit(context, &report->platforms[i]);
}

static void each_missing(const struct audit_view *view, const struct fleet_image *image,
                         platform_function visit, void *context)
{
    for (size_t i = 0; i < required_count(view); i++) {
        const struct platform *platform = requirement_platform(view->requirement, i);
        if (!report_supports(image->answer.report, platform))
            visit(context, platform);
    }
}

/* A platform in a cell, behind a blank where it is not the first. */
static void list_platform(void *context, const struct platform *platform)
{
    struct buffer *cell = context;

    if (cell->length > 0)
        (void)buffer_append_char(cell, ' ');
    (void)platform_write_version(platform, cell);
}

/* -- the table ------------------------------------------------------------------------------ */

static const char *shown_name(const struct fleet_image *image, char out[NAME_SIZE])
{
    return escape_text(out, NAME_SIZE, slice_from_string(image->name));
}

/* An empty operand has a name too, in a table. */
static const char *name_in_table(const struct fleet_image *image, char out[NAME_SIZE])
{
    return image->name[0] ? shown_name(image, out) : "''";
}

size_t audit_name_width(const struct fleet *fleet)
{
    size_t width = sizeof(name_heading) - 1;
    char name[NAME_SIZE];

    for (size_t i = 0; i < fleet->count; i++) {
        size_t length = strlen(name_in_table(fleet->images[i], name));
        width = length > width ? length : width;
    }
    return width;
}

static void append_column(struct buffer *out, const char *text, size_t width)
{
    (void)buffer_format(out, "%-*s", (int)(width + GAP), text);
}

/* `verdict` is what stands below the platform's name; NULL: the name itself. */
static void append_required(struct buffer *out, const struct platform *platform,
                            const char *verdict)
{
    CLEANUP(buffer_release) struct buffer name = BUFFER_INIT(CELL_MAX);

    (void)platform_write_version(platform, &name);
    append_column(out, verdict ? verdict : buffer_string(&name), name.length);
}

static const char *verdict_on(const struct fleet_image *image, const struct platform *platform)
{
    if (!image->answer.report)
        return unknown;
    return report_supports(image->answer.report, platform) ? "yes" : "no";
}

static void write_table_head(const struct audit_view *view, struct buffer *out)
{
    append_column(out, name_heading, view->name_width);
    for (size_t i = 0; i < required_count(view); i++)
        append_required(out, requirement_platform(view->requirement, i), NULL);
    (void)buffer_append_string(out, "OFFERS\n");
}

/* Without the blanks behind its last word. */
static void append_line(struct buffer *out, struct slice row)
{
    while (row.length > 0 && row.data[row.length - 1] == ' ')
        row.length--;
    (void)buffer_append_slice(out, row);
    (void)buffer_append_char(out, '\n');
}

static void write_table_row(const struct audit_view *view, const struct fleet_image *image,
                            struct buffer *out)
{
    CLEANUP(buffer_release) struct buffer row = BUFFER_INIT(out->ceiling);
    CLEANUP(buffer_release) struct buffer offered = BUFFER_INIT(CELL_MAX);
    char name[NAME_SIZE];

    append_column(&row, name_in_table(image, name), view->name_width);
    for (size_t i = 0; i < required_count(view); i++) {
        const struct platform *platform = requirement_platform(view->requirement, i);
        append_required(&row, platform, verdict_on(image, platform));
    }
    if (image->answer.report)
        each_offered(image, list_platform, &offered);
    else
        (void)buffer_format(&offered, "%s %s", unknown, image->error.message);
    (void)buffer_append_slice(&row, buffer_slice(&offered));
    append_line(out, buffer_slice(&row));
    if (!buffer_ok(&row))
        out->state = row.state;
}

/* -- CSV ------------------------------------------------------------------------------------ */

/* RFC 4180 quotes what holds a quote, a comma or a line break. What begins like a formula would be
 * run by a spreadsheet: an apostrophe makes it a text. */
static void append_cell(struct buffer *out, const char *text)
{
    struct slice rest = slice_from_string(text);
    bool is_formula = rest.length > 0 && strchr("=+-@\t\r", text[0]);

    (void)buffer_append_string(out, is_formula ? "\"'" : "\"");
    for (size_t i = 0; i < rest.length; i++) {
        if (rest.data[i] == '"')
            (void)buffer_append_char(out, '"');
        (void)buffer_append_char(out, rest.data[i]);
    }
    (void)buffer_append_char(out, '"');
}

static void append_cells(struct buffer *out, const char *const *cells, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        (void)buffer_append_string(out, i ? "," : "");
        append_cell(out, cells[i]);
    }
    (void)buffer_append_string(out, "\r\n");
}

static void write_csv_head(struct buffer *out)
{
    static const char *const names[] = {"image",  "offered", "missing", "platforms",
                                        "digest", "code",    "error"};

    append_cells(out, names, sizeof(names) / sizeof(names[0]));
}

/* "yes", "no", or "" where it is not known or was not asked. */
static const char *csv_verdict(const struct audit_view *view, const struct fleet_image *image)
{
    if (!view->requirement || !image->answer.report)
        return "";
    return audit_is_met(view, image) ? "yes" : "no";
}

static void write_csv_row(const struct audit_view *view, const struct fleet_image *image,
                          struct buffer *out)
{
    CLEANUP(buffer_release) struct buffer missing = BUFFER_INIT(CELL_MAX);
    CLEANUP(buffer_release) struct buffer offered = BUFFER_INIT(CELL_MAX);
    const struct report *report = image->answer.report;
    char name[NAME_SIZE];

    if (report) {
        each_missing(view, image, list_platform, &missing);
        each_offered(image, list_platform, &offered);
    }
    const char *const cells[] = {
        shown_name(image, name),
        csv_verdict(view, image),
        buffer_string(&missing),
        buffer_string(&offered),
        report ? report->digest.text : "",
        report ? "" : error_code_name(image->error.code),
        report ? "" : image->error.message,
    };
    append_cells(out, cells, sizeof(cells) / sizeof(cells[0]));
}

/* -- JSON ----------------------------------------------------------------------------------- */

static void write_json_platform(void *context, const struct platform *platform)
{
    CLEANUP(buffer_release) struct buffer text = BUFFER_INIT(CELL_MAX);

    (void)platform_write_version(platform, &text);
    json_write_string(context, buffer_slice(&text));
}

static void write_json_offer(const struct audit_view *view, const struct fleet_image *image,
                             struct json_writer *writer)
{
    json_write_member(writer, "digest", image->answer.report->digest.text);
    if (view->requirement) {
        json_write_key(writer, "offered");
        json_write_boolean(writer, audit_is_met(view, image));
        json_write_key(writer, "missing");
        json_write_array_begin(writer);
        each_missing(view, image, write_json_platform, writer);
        json_write_array_end(writer);
    }
    json_write_key(writer, "platforms");
    json_write_array_begin(writer);
    each_offered(image, write_json_platform, writer);
    json_write_array_end(writer);
}

static void write_json_row(const struct audit_view *view, const struct fleet_image *image,
                           struct buffer *out)
{
    struct json_writer writer = json_writer_begin(out, JSON_COMPACT);

    json_write_object_begin(&writer);
    json_write_member(&writer, "image", image->name);
    if (image->answer.report) {
        write_json_offer(view, image, &writer);
    } else {
        json_write_member(&writer, "error", image->error.message);
        json_write_member(&writer, "code", error_code_name(image->error.code));
    }
    json_write_object_end(&writer);
    (void)buffer_append_char(out, '\n');
}

/* -- any of them ---------------------------------------------------------------------------- */

void audit_write_head(const struct audit_view *view, struct buffer *out)
{
    if (view->format == AUDIT_TABLE)
        write_table_head(view, out);
    else if (view->format == AUDIT_CSV)
        write_csv_head(out);
}

void audit_write_row(const struct audit_view *view, const struct fleet_image *image,
                     struct buffer *out)
{
    switch (view->format) {
    case AUDIT_TABLE:
        write_table_row(view, image, out);
        break;
    case AUDIT_CSV:
        write_csv_row(view, image, out);
        break;
    case AUDIT_JSON:
        write_json_row(view, image, out);
        break;
    }
}
