/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/log.h"
#include "data/json.h"

enum {
    READ_MAX = 4 * 1024 * 1024,
    TIME_LENGTH = 24 /* 2024-01-31T12:34:56.789Z */
};

/* A log that writes into a pipe. */
struct piped {
    int reading;
    int writing;
};

static struct piped start(enum log_level level, enum log_format format)
{
    struct piped piped;
    struct error error;
    int ends[2];

    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    piped = (struct piped){.reading = ends[0], .writing = ends[1]};
    assert_true(log_start(piped.writing, level, format, &error));
    return piped;
}

/* Ends the log and gives all it wrote, for the caller to release. */
static struct buffer stop(struct piped piped)
{
    struct buffer text = BUFFER_INIT(READ_MAX);
    char part[4096];
    ssize_t length;

    log_stop();
    (void)close(piped.writing);
    while ((length = read(piped.reading, part, sizeof(part))) > 0)
        assert_true(buffer_append(&text, part, (size_t)length));
    (void)close(piped.reading);
    return text;
}

static void test_a_logfmt_line_has_time_level_message_and_fields(void **state)
{
    struct piped piped = start(LOG_LEVEL_INFO, LOG_FORMAT_LOGFMT);

    (void)state;
    LOG_WARNING("query", LOG_STRING("image", "debian:12"), LOG_NUMBER("status", -200),
                LOG_STRING("error", "no such tag"), LOG_STRING("empty", ""),
                LOG_STRING("pair", "a=b"), LOG_STRING("quote", "say \"x\""));
    CLEANUP(buffer_release) struct buffer text = stop(piped);
    assert_memory_equal(text.data, "time=2", 6);
    assert_string_equal(text.data + strlen("time=") + TIME_LENGTH,
                        " level=warning message=\"query\" image=debian:12 status=-200"
                        " error=\"no such tag\" empty=\"\" pair=\"a=b\" quote=\"say \\\"x\\\"\"\n");
}

static void test_a_json_line_is_json_whatever_the_values_hold(void **state)
{
    struct piped piped = start(LOG_LEVEL_DEBUG, LOG_FORMAT_JSON);
    struct error error;
    int64_t number = 0;

    (void)state;
    LOG_DEBUG("query", LOG_STRING("quote", "say \"x\" \\"), LOG_TEXT("bytes", SLICE("\x1b\n\xff")),
              LOG_NUMBER("status", 200));
    CLEANUP(buffer_release) struct buffer text = stop(piped);
    assert_int_equal(text.data[text.length - 1], '\n');
    CLEANUP(json_free_p) struct json *line = json_parse(buffer_slice(&text), &error);
    assert_non_null(line);
    assert_int_equal(json_get_string(line, "time").length, TIME_LENGTH);
    assert_true(slice_equal_string(json_get_string(line, "level"), "debug"));
    assert_true(slice_equal_string(json_get_string(line, "message"), "query"));
    assert_true(slice_equal_string(json_get_string(line, "quote"), "say \"x\" \\x5c"));
    assert_true(slice_equal_string(json_get_string(line, "bytes"), "\\x1b\\x0a\\xff"));
    assert_true(json_integer(json_get(line, "status"), &number));
    assert_int_equal(number, 200);
}

static void test_S20_no_value_can_forge_a_line(void **state)
{
    struct piped piped = start(LOG_LEVEL_INFO, LOG_FORMAT_LOGFMT);

    (void)state;
    LOG_INFO("query", LOG_STRING("image", "x\ntime=now level=error message=\"forged\""));
    CLEANUP(buffer_release) struct buffer text = stop(piped);
    assert_int_equal(slice_find(buffer_slice(&text), '\n'), text.length - 1);
}

static void test_lines_below_the_level_are_left_out(void **state)
{
    struct piped piped = start(LOG_LEVEL_WARNING, LOG_FORMAT_LOGFMT);

    (void)state;
    assert_false(log_is_enabled(LOG_LEVEL_INFO));
    assert_true(log_is_enabled(LOG_LEVEL_WARNING));
    LOG_INFO("left out", LOG_NUMBER("n", 1));
    log_set_level(LOG_LEVEL_INFO);
    LOG_INFO("written", LOG_NUMBER("n", 2));
    CLEANUP(buffer_release) struct buffer text = stop(piped);
    assert_null(strstr(text.data, "left out"));
    assert_non_null(strstr(text.data, "written"));
}

static void test_lines_are_counted_by_level(void **state)
{
    uint64_t infos = log_count(LOG_LEVEL_INFO);
    uint64_t warnings = log_count(LOG_LEVEL_WARNING);
    struct piped piped = start(LOG_LEVEL_INFO, LOG_FORMAT_LOGFMT);

    (void)state;
    LOG_DEBUG("left out", LOG_NUMBER("n", 1));
    LOG_INFO("written", LOG_NUMBER("n", 2));
    LOG_INFO("written", LOG_NUMBER("n", 3));
    LOG_WARNING("written", LOG_NUMBER("n", 4));
    CLEANUP(buffer_release) struct buffer text = stop(piped);
    assert_true(text.length > 0);
    assert_int_equal(log_count(LOG_LEVEL_INFO) - infos, 2);
    assert_int_equal(log_count(LOG_LEVEL_WARNING) - warnings, 1);
    assert_int_equal(log_count(LOG_LEVEL_ERROR), 0);
}

static void test_a_line_too_long_loses_its_last_fields_but_not_its_end(void **state)
{
    struct piped piped = start(LOG_LEVEL_INFO, LOG_FORMAT_JSON);
    struct error error;
    char longest[5000];

    (void)state;
    memset(longest, 'x', sizeof(longest));
    struct slice text = slice_of(longest, sizeof(longest));
    LOG_INFO("long", LOG_TEXT("a", text), LOG_TEXT("b", text), LOG_TEXT("c", text),
             LOG_TEXT("d", text));
    CLEANUP(buffer_release) struct buffer line = stop(piped);
    assert_in_range(line.length, 1000, 4098);
    CLEANUP(json_free_p) struct json *parsed = json_parse(buffer_slice(&line), &error);
    assert_non_null(parsed);
    assert_int_equal(json_kind(json_get(parsed, "a")), JSON_STRING);
    assert_int_equal(json_kind(json_get(parsed, "d")), JSON_ABSENT);
}

/* Milliseconds until a line of the level has come out of the pipe. */
static int64_t time_line(struct piped piped, enum log_level level)
{
    int64_t begun = clock_monotonic_ms();
    char part[4096];

    LOG(level, "x", LOG_NUMBER("n", 1));
    assert_true(read(piped.reading, part, sizeof(part)) > 0);
    return clock_monotonic_ms() - begun;
}

static void test_lines_that_come_soon_after_one_another_are_written_together(void **state)
{
    int64_t begun = clock_monotonic_ms();
    struct piped piped = start(LOG_LEVEL_INFO, LOG_FORMAT_LOGFMT);

    (void)state;
    for (int i = 0; i < 5; i++)
        (void)time_line(piped, LOG_LEVEL_INFO);
    assert_true(clock_monotonic_ms() - begun >= 39); /* four times 10 ms between five writes */
    CLEANUP(buffer_release) struct buffer rest = stop(piped);
    assert_int_equal(rest.length, 0);
}

static void test_a_warning_does_not_wait_for_more(void **state)
{
    struct piped piped = start(LOG_LEVEL_INFO, LOG_FORMAT_LOGFMT);
    int64_t quickest = INT64_MAX;

    (void)state;
    (void)time_line(piped, LOG_LEVEL_INFO);
    for (int i = 0; i < 50; i++) {
        int64_t time = time_line(piped, LOG_LEVEL_WARNING);
        quickest = time < quickest ? time : quickest;
    }
    assert_in_range(quickest, 0, 4);
    CLEANUP(buffer_release) struct buffer rest = stop(piped);
    assert_int_equal(rest.length, 0);
}

static void test_callers_do_not_wait_for_a_full_pipe_and_the_loss_is_told(void **state)
{
    struct piped piped = start(LOG_LEVEL_INFO, LOG_FORMAT_LOGFMT);
    uint64_t before = log_dropped();
    char value[1000];

    (void)state;
    memset(value, 'x', sizeof(value));
    /* Nobody reads yet: the pipe holds 64 KiB, the two buffers 128 KiB each. */
    for (int i = 0; i < 1000; i++)
        LOG_INFO("flood", LOG_TEXT("value", slice_of(value, sizeof(value))));
    assert_true(log_dropped() > before);

    /* Room enough for all that was kept: the thread gets along again. */
    assert_int_equal(fcntl(piped.reading, F_SETPIPE_SZ, 1024 * 1024), 1024 * 1024);
    CLEANUP(buffer_release) struct buffer text = stop(piped);
    assert_non_null(strstr(text.data, "level=warning message=\"log lines dropped\" count="));
}

static void test_a_closed_pipe_does_not_stop_anybody(void **state)
{
    struct piped piped = start(LOG_LEVEL_INFO, LOG_FORMAT_LOGFMT);

    (void)state;
    (void)close(piped.writing);
    LOG_INFO("into the void", LOG_NUMBER("n", 1));
    log_stop();
    (void)close(piped.reading);
}

static void test_outside_start_and_stop_lines_go_nowhere(void **state)
{
    (void)state;
    LOG_ERROR("nobody listens", LOG_NUMBER("n", 1));
    log_stop(); /* a second time: nothing to do */
    struct piped piped = start(LOG_LEVEL_INFO, LOG_FORMAT_LOGFMT);
    CLEANUP(buffer_release) struct buffer text = stop(piped);
    assert_int_equal(text.length, 0);
}

static void test_levels_have_names(void **state)
{
    (void)state;
    assert_string_equal(log_level_name(LOG_LEVEL_DEBUG), "debug");
    assert_string_equal(log_level_name(LOG_LEVEL_INFO), "info");
    assert_string_equal(log_level_name(LOG_LEVEL_WARNING), "warning");
    assert_string_equal(log_level_name(LOG_LEVEL_ERROR), "error");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_logfmt_line_has_time_level_message_and_fields),
        cmocka_unit_test(test_a_json_line_is_json_whatever_the_values_hold),
        cmocka_unit_test(test_S20_no_value_can_forge_a_line),
        cmocka_unit_test(test_lines_below_the_level_are_left_out),
        cmocka_unit_test(test_lines_are_counted_by_level),
        cmocka_unit_test(test_a_line_too_long_loses_its_last_fields_but_not_its_end),
        cmocka_unit_test(test_lines_that_come_soon_after_one_another_are_written_together),
        cmocka_unit_test(test_a_warning_does_not_wait_for_more),
        cmocka_unit_test(test_callers_do_not_wait_for_a_full_pipe_and_the_loss_is_told),
        cmocka_unit_test(test_a_closed_pipe_does_not_stop_anybody),
        cmocka_unit_test(test_outside_start_and_stop_lines_go_nowhere),
        cmocka_unit_test(test_levels_have_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
