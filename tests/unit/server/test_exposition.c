/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/exposition.h"

enum {
    TEXT_MAX = 4096
};

#define LABELS(...) ((const struct metric_label[]){__VA_ARGS__, {NULL, NULL}})

struct family {
    enum metric_kind kind;
    const char *name;
    const char *help;
};

static const struct family counter = {METRIC_COUNTER, "asked", "Asked."};
static const struct family gauge = {METRIC_GAUGE, "used_bytes", "Used."};
static const struct family histogram = {METRIC_HISTOGRAM, "took_seconds", "Took."};

static void assert_written(const struct family *family, bool is_open,
                           void (*write)(struct exposition *out), const char *expected)
{
    CLEANUP(buffer_release) struct buffer text = BUFFER_INIT(TEXT_MAX);
    struct exposition out = {.out = &text, .is_open = is_open};

    exposition_begin(&out, family->kind, family->name, family->help);
    write(&out);
    exposition_end(&out);
    assert_string_equal(buffer_string(&text), expected);
}

static void write_three(struct exposition *out)
{
    exposition_sample(out, LABELS({"by", "you"}, {"how", "often"}), 3);
}

static void test_a_counter_is_named_by_its_format(void **state)
{
    (void)state;
    assert_written(&counter, false, write_three,
                   "# TYPE asked_total counter\n# HELP asked_total Asked.\n"
                   "asked_total{by=\"you\",how=\"often\"} 3\n");
    assert_written(&counter, true, write_three,
                   "# TYPE asked counter\n# HELP asked Asked.\n"
                   "asked_total{by=\"you\",how=\"often\"} 3\n# EOF\n");
}

static void write_bare(struct exposition *out)
{
    exposition_sample(out, NULL, -12);
}

static void test_a_unit_is_told_in_open_metrics_alone(void **state)
{
    (void)state;
    assert_written(&gauge, false, write_bare,
                   "# TYPE used_bytes gauge\n# HELP used_bytes Used.\nused_bytes -12\n");
    assert_written(&gauge, true, write_bare,
                   "# TYPE used_bytes gauge\n# UNIT used_bytes bytes\n# HELP used_bytes Used.\n"
                   "used_bytes -12\n# EOF\n");
}

static void write_strange(struct exposition *out)
{
    exposition_sample(out, LABELS({"name", "a\\b\"c\nd"}), 1);
}

static void test_a_labels_value_is_escaped(void **state)
{
    (void)state;
    assert_written(&counter, false, write_strange,
                   "# TYPE asked_total counter\n# HELP asked_total Asked.\n"
                   "asked_total{name=\"a\\\\b\\\"c\\nd\"} 1\n");
}

static void write_parts(struct exposition *out)
{
    exposition_sample_thousandths(out, NULL, 1500);
    exposition_sample_thousandths(out, NULL, 7);
    exposition_sample_thousandths(out, NULL, 1795456332746);
}

static void test_thousandths_have_three_decimals(void **state)
{
    (void)state;
    assert_written(&gauge, false, write_parts,
                   "# TYPE used_bytes gauge\n# HELP used_bytes Used.\nused_bytes 1.500\n"
                   "used_bytes 0.007\nused_bytes 1795456332.746\n");
}

static void write_times(struct exposition *out)
{
    static const uint32_t bounds[] = {5, 250, 1000, 25000};
    static const uint64_t counts[] = {1, 0, 2, 0, 4};
    const struct metric_distribution distribution = {
        .bounds = bounds, .counts = counts, .bound_count = 4, .sum = 123456};

    exposition_histogram(out, LABELS({"to", "me"}), &distribution);
    exposition_histogram(out, NULL, &distribution);
}

static void test_a_histogram_adds_up_and_ends_with_all(void **state)
{
    (void)state;
    assert_written(&histogram, false, write_times,
                   "# TYPE took_seconds histogram\n# HELP took_seconds Took.\n"
                   "took_seconds_bucket{to=\"me\",le=\"0.005\"} 1\n"
                   "took_seconds_bucket{to=\"me\",le=\"0.25\"} 1\n"
                   "took_seconds_bucket{to=\"me\",le=\"1.0\"} 3\n"
                   "took_seconds_bucket{to=\"me\",le=\"25.0\"} 3\n"
                   "took_seconds_bucket{to=\"me\",le=\"+Inf\"} 7\n"
                   "took_seconds_sum{to=\"me\"} 123.456\n"
                   "took_seconds_count{to=\"me\"} 7\n"
                   "took_seconds_bucket{le=\"0.005\"} 1\n"
                   "took_seconds_bucket{le=\"0.25\"} 1\n"
                   "took_seconds_bucket{le=\"1.0\"} 3\n"
                   "took_seconds_bucket{le=\"25.0\"} 3\n"
                   "took_seconds_bucket{le=\"+Inf\"} 7\n"
                   "took_seconds_sum 123.456\n"
                   "took_seconds_count 7\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_counter_is_named_by_its_format),
        cmocka_unit_test(test_a_unit_is_told_in_open_metrics_alone),
        cmocka_unit_test(test_a_labels_value_is_escaped),
        cmocka_unit_test(test_thousandths_have_three_decimals),
        cmocka_unit_test(test_a_histogram_adds_up_and_ends_with_all),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
