/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a check found out, for people and for programs.
 */
#include <stdio.h>

#include "data/json.h"
#include "registry/check.h"

static const char *const verdict_words[] = {
    [CHECK_SUPPORTED] = "yes",
    [CHECK_REFUSED] = "no",
    [CHECK_UNTRIED] = "-",
};

static const char *yes_or_no(bool is_supported)
{
    return is_supported ? "yes" : "no";
}

/* -- text ----------------------------------------------------------------------------------- */

static void write_row(const struct check_row *row, struct buffer *out)
{
    (void)buffer_format(out, "  %-4s %s\n", verdict_words[row->verdict], row->title);
    if (row->detail[0])
        (void)buffer_format(out, "         %s\n", row->detail);
}

bool check_write_text(const struct check_report *report, const struct reference *repository,
                      struct buffer *out)
{
    (void)buffer_format(out, "%s/%s\n", repository->registry, repository->repository);
    for (size_t i = 0; i < report->count; i++)
        write_row(&report->rows[i], out);
    (void)buffer_format(out, "Docker manifest lists: %s. OCI indexes: %s.\n",
                        yes_or_no(report->takes_docker_lists),
                        yes_or_no(report->takes_oci_indexes));
    if (report->left_count > 0)
        (void)buffer_append_string(out, "Left behind, since the registry did not delete it:\n");
    for (size_t i = 0; i < report->left_count; i++)
        (void)buffer_format(out, "  %s\n", report->left[i]);
    return buffer_ok(out);
}

/* -- JSON ----------------------------------------------------------------------------------- */

static void write_verdict(struct json_writer *writer, enum check_verdict verdict)
{
    json_write_key(writer, "supported");
    if (verdict == CHECK_UNTRIED)
        json_write_null(writer);
    else
        json_write_boolean(writer, verdict == CHECK_SUPPORTED);
}

static void write_row_json(struct json_writer *writer, const struct check_row *row)
{
    json_write_object_begin(writer);
    json_write_member(writer, "name", row->name);
    json_write_member(writer, "title", row->title);
    write_verdict(writer, row->verdict);
    if (row->detail[0])
        json_write_member(writer, "detail", row->detail);
    json_write_object_end(writer);
}

static void write_repository(struct json_writer *writer, const struct reference *repository)
{
    struct buffer name = BUFFER_INIT(REFERENCE_MAX + 1);

    (void)buffer_format(&name, "%s/%s", repository->registry, repository->repository);
    json_write_member_slice(writer, "repository", buffer_slice(&name));
    buffer_release(&name);
}

bool check_write_json(const struct check_report *report, const struct reference *repository,
                      struct buffer *out)
{
    struct json_writer writer = json_writer_begin(out, JSON_COMPACT);

    json_write_object_begin(&writer);
    write_repository(&writer, repository);
    json_write_key(&writer, "docker_lists");
    json_write_boolean(&writer, report->takes_docker_lists);
    json_write_key(&writer, "oci_indexes");
    json_write_boolean(&writer, report->takes_oci_indexes);
    json_write_key(&writer, "checks");
    json_write_array_begin(&writer);
    for (size_t i = 0; i < report->count; i++)
        write_row_json(&writer, &report->rows[i]);
    json_write_array_end(&writer);
    json_write_key(&writer, "left");
    json_write_strings(&writer, (const char *const *)report->left, report->left_count);
    json_write_object_end(&writer);
    return buffer_ok(out);
}
