/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a person is told while a push runs. (That nobody else is told anything, and what a terminal
 * shows, the integration tests see.)
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
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
        {{.manifests = 3, .tags = 1},
         {.step = PUSH_TAGGED},
         "0 there, 0 mounted, 0 copied, 3 manifests, 1 tags"},
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

static void test_without_a_terminal_nothing_is_drawn(void **state)
{
    (void)state;
    struct progress progress;
    const struct push_event event = {.step = PUSH_COPYING, .digest = &digest, .size = MIB};

    int kept = dup(STDERR_FILENO);
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    assert_true(dup2(ends[1], STDERR_FILENO) >= 0);
    progress_begin(&progress);
    progress_event(&progress, &event);
    progress_end(&progress);
    assert_true(dup2(kept, STDERR_FILENO) >= 0);
    (void)close(ends[1]);
    (void)close(kept);

    char byte = 0;
    assert_int_equal(read(ends[0], &byte, 1), 0);
    (void)close(ends[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_line_counts_and_names_the_blob_on_its_way),
        cmocka_unit_test(test_a_long_copy_leaves_a_line),
        cmocka_unit_test(test_without_a_terminal_nothing_is_drawn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
