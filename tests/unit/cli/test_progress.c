/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a person is told while a push runs. (That nobody else is told anything, and what a terminal
 * shows, the integration tests see.)
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/progress.h"

enum {
    LINE_MAX_LENGTH = 256,
    MIB = 1048576
};

static const struct digest digest = {
    .text = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"};

static void test_the_line_counts_and_names_the_blob_on_its_way(void **state)
{
    (void)state;
    static const struct {
        struct progress progress;
        struct push_event event;
        const char *line;
    } cases[] = {
        {{.existed = 4}, {.step = PUSH_EXISTED}, "4 there, 0 mounted, 0 copied"},
        {{.existed = 4, .mounted = 31, .copied = 2},
         {.step = PUSH_COPYING,
          .digest = &digest,
          .size = 40LL * MIB,
          .done = 12LL * MIB + MIB / 2},
         "4 there, 31 mounted, 2 copied; sha256:0123456789ab 12.5 of 40.0 MiB"},
        {{.copied = 2, .manifests = 3},
         {.step = PUSH_MANIFEST},
         "0 there, 0 mounted, 2 copied, 3 manifests"},
        {{.manifests = 1, .tags = 1},
         {.step = PUSH_TAGGED},
         "0 there, 0 mounted, 0 copied, 1 manifest, 1 tag"},
        {{.manifests = 3, .tags = 2},
         {.step = PUSH_TAGGED},
         "0 there, 0 mounted, 0 copied, 3 manifests, 2 tags"},
        {{.copied = 0},
         {.step = PUSH_COPYING, .digest = &digest, .size = INT64_MAX, .done = MIB / 10 - 1},
         "0 there, 0 mounted, 0 copied; sha256:0123456789ab 0.0 of 8796093022207.9 MiB"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        CLEANUP(buffer_release) struct buffer line = BUFFER_INIT(LINE_MAX_LENGTH);
        progress_write_status(&cases[i].progress, &cases[i].event, &line);
        assert_string_equal(buffer_string(&line), cases[i].line);
    }
}

static void test_a_long_copy_leaves_a_line(void **state)
{
    (void)state;
    CLEANUP(buffer_release) struct buffer line = BUFFER_INIT(LINE_MAX_LENGTH);
    const struct push_event event = {.step = PUSH_COPIED, .digest = &digest, .size = 40LL * MIB};

    progress_write_copied(&event, 12499, &line);
    assert_string_equal(buffer_string(&line), "copied sha256:0123456789ab, 40.0 MiB in 12 s");
}

/* Tells that a blob is copied, at once, and reads into `said` what standard error got. */
static void copy_at_once(bool is_shown, char *said, size_t size)
{
    struct progress progress;
    const struct push_event begun = {.step = PUSH_COPYING, .digest = &digest, .size = MIB};
    const struct push_event done = {.step = PUSH_COPIED, .digest = &digest, .size = MIB};
    int kept = dup(STDERR_FILENO);
    int ends[2];

    assert_int_equal(pipe(ends), 0);
    assert_true(dup2(ends[1], STDERR_FILENO) >= 0);
    progress_begin(&progress);
    progress.line.is_shown = is_shown;
    progress_event(&progress, &begun);
    progress_event(&progress, &done);
    progress_end(&progress);
    assert_true(dup2(kept, STDERR_FILENO) >= 0);
    (void)close(ends[1]);
    (void)close(kept);

    ssize_t length = read(ends[0], said, size - 1);
    assert_true(length >= 0);
    said[length] = '\0';
    (void)close(ends[0]);
}

static void test_a_short_copy_leaves_no_line(void **state)
{
    (void)state;
    char said[LINE_MAX_LENGTH * 4];

    copy_at_once(true, said, sizeof(said));
    assert_non_null(strstr(said, "0 there, 0 mounted, 0 copied"));
    assert_null(strchr(said, '\n'));
}

static void test_without_a_terminal_nothing_is_drawn(void **state)
{
    (void)state;
    char said[LINE_MAX_LENGTH * 4];

    copy_at_once(false, said, sizeof(said));
    assert_string_equal(said, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_line_counts_and_names_the_blob_on_its_way),
        cmocka_unit_test(test_a_long_copy_leaves_a_line),
        cmocka_unit_test(test_a_short_copy_leaves_no_line),
        cmocka_unit_test(test_without_a_terminal_nothing_is_drawn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
