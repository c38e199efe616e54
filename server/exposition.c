/* SPDX-License-Identifier: Apache-2.0 */
#include "server/exposition.h"

#include <stdio.h>

enum {
    BOUND_SIZE = 24
};

static const char *const kind_names[] = {
    [METRIC_COUNTER] = "counter",
    [METRIC_GAUGE] = "gauge",
    [METRIC_HISTOGRAM] = "histogram",
};

const char *exposition_type(bool is_open)
{
    return is_open ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                   : "text/plain; version=0.0.4; charset=utf-8";
}

/* OpenMetrics calls a counter's family by the name without "_total". */
static const char *family_suffix(const struct exposition *exposition)
{
    return exposition->kind == METRIC_COUNTER && !exposition->is_open ? "_total" : "";
}

/* NULL: it has none. */
static const char *unit_of(const char *name)
{
    static const char *const units[] = {"seconds", "bytes"};
    const char *end = strrchr(name, '_');

    for (size_t i = 0; end && i < sizeof(units) / sizeof(units[0]); i++) {
        if (strcmp(end + 1, units[i]) == 0)
            return units[i];
    }
    return NULL;
}

void exposition_begin(struct exposition *exposition, enum metric_kind kind, const char *name,
                      const char *help)
{
    struct buffer *out = exposition->out;
    const char *unit = exposition->is_open ? unit_of(name) : NULL;

    exposition->kind = kind;
    exposition->name = name;
    const char *suffix = family_suffix(exposition);
    (void)buffer_format(out, "# TYPE %s%s %s\n", name, suffix, kind_names[kind]);
    if (unit)
        (void)buffer_format(out, "# UNIT %s %s\n", name, unit);
    (void)buffer_format(out, "# HELP %s%s %s\n", name, suffix, help);
}

/* -- samples -------------------------------------------------------------------------------- */

static void append_value(struct buffer *out, const char *value)
{
    for (; *value; value++) {
        if (*value == '\n') {
            (void)buffer_append_string(out, "\\n");
            continue;
        }
        if (*value == '"' || *value == '\\')
            (void)buffer_append_char(out, '\\');
        (void)buffer_append_char(out, *value);
    }
}

static void append_label(struct buffer *out, const struct metric_label *label, bool is_first)
{
    (void)buffer_format(out, "%s%s=\"", is_first ? "{" : ",", label->name);
    append_value(out, label->value);
    (void)buffer_append_char(out, '"');
}

/* "name_suffix{a="b",le="0.1"} ". `bound`: NULL, or what `le` says. */
static void append_series(struct exposition *exposition, const char *suffix,
                          const struct metric_label *labels, const char *bound)
{
    struct buffer *out = exposition->out;
    bool is_first = true;

    (void)buffer_format(out, "%s%s", exposition->name, suffix);
    for (; labels && labels->name; labels++) {
        append_label(out, labels, is_first);
        is_first = false;
    }
    if (bound) {
        append_label(out, &(struct metric_label){"le", bound}, is_first);
        is_first = false;
    }
    (void)buffer_append_string(out, is_first ? " " : "} ");
}

static const char *sample_suffix(const struct exposition *exposition)
{
    return exposition->kind == METRIC_COUNTER ? "_total" : "";
}

void exposition_sample(struct exposition *exposition, const struct metric_label *labels,
                       int64_t value)
{
    append_series(exposition, sample_suffix(exposition), labels, NULL);
    (void)buffer_append_integer(exposition->out, value);
    (void)buffer_append_char(exposition->out, '\n');
}

static void append_thousandths(struct buffer *out, int64_t value)
{
    (void)buffer_format(out, "%lld.%03lld\n", (long long)(value / 1000), (long long)(value % 1000));
}

void exposition_sample_thousandths(struct exposition *exposition, const struct metric_label *labels,
                                   int64_t value)
{
    append_series(exposition, sample_suffix(exposition), labels, NULL);
    append_thousandths(exposition->out, value);
}

/* Milliseconds as the shortest number of seconds with a point in it: "0.005", "1.0". The same in
 * both formats, or a series would change its name with the format that is asked for. */
static const char *write_bound(uint32_t bound, char out[BOUND_SIZE])
{
    (void)snprintf(out, BOUND_SIZE, "%u.%03u", (unsigned)bound / 1000, (unsigned)bound % 1000);
    size_t length = strlen(out);
    while (out[length - 1] == '0' && out[length - 2] != '.')
        length--;
    out[length] = '\0';
    return out;
}

static void append_count(struct exposition *exposition, const char *suffix,
                         const struct metric_label *labels, const char *bound, uint64_t count)
{
    append_series(exposition, suffix, labels, bound);
    (void)buffer_format(exposition->out, "%llu\n", (unsigned long long)count);
}

void exposition_histogram(struct exposition *exposition, const struct metric_label *labels,
                          const struct metric_distribution *distribution)
{
    char bound[BOUND_SIZE];
    uint64_t count = 0;

    for (size_t i = 0; i < distribution->bound_count; i++) {
        count += distribution->counts[i];
        append_count(exposition, "_bucket", labels, write_bound(distribution->bounds[i], bound),
                     count);
    }
    count += distribution->counts[distribution->bound_count];
    append_count(exposition, "_bucket", labels, "+Inf", count);
    append_series(exposition, "_sum", labels, NULL);
    append_thousandths(exposition->out, (int64_t)distribution->sum);
    append_count(exposition, "_count", labels, NULL, count);
}

void exposition_end(struct exposition *exposition)
{
    if (exposition->is_open)
        (void)buffer_append_string(exposition->out, "# EOF\n");
}
