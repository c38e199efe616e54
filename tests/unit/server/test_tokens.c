/* SPDX-License-Identifier: Apache-2.0 */
/* The file of tokens: what is read of it, what is refused, and who is known by it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "server/tokens.h"

#define FIRST  "0123456789abcdef"
#define SECOND "a-second-token-of-many-bytes"

static char path[] = "/tmp/test_tokens.XXXXXX";

static int make_file(void **state)
{
    (void)state;
    int fd = mkstemp(path);
    return fd < 0 ? -1 : close(fd);
}

static int remove_file(void **state)
{
    (void)state;
    return unlink(path);
}

static void write_file(struct slice text)
{
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_int_equal(fwrite(text.data, 1, text.length, file), text.length);
    assert_int_equal(fclose(file), 0);
}

static struct tokens_file *read_text(const char *text, struct error *error)
{
    write_file(slice_from_string(text));
    return tokens_file_read(path, error);
}

static void test_a_token_is_known_by_its_line(void **state)
{
    (void)state;
    struct error error;
    CLEANUP(tokens_file_free_p)
    struct tokens_file *tokens =
        read_text("# who pushes\n\n" FIRST "\n  \t\r\n#" SECOND "\n  " SECOND "\r\n", &error);

    assert_non_null(tokens);
    assert_int_equal(tokens_file_find(tokens, SLICE(FIRST)), 3);
    assert_int_equal(tokens_file_find(tokens, SLICE(SECOND)), 6);
}

static void test_a_last_line_needs_no_end(void **state)
{
    (void)state;
    struct error error;
    CLEANUP(tokens_file_free_p) struct tokens_file *tokens = read_text(FIRST, &error);

    assert_non_null(tokens);
    assert_int_equal(tokens_file_find(tokens, SLICE(FIRST)), 1);
}

static void test_what_is_not_exactly_a_token_is_not_known(void **state)
{
    (void)state;
    static const char *const others[] = {
        "",        "0",        "0123456789abcde", "0123456789abcdef0", "0123456789abcdeF",
        " " FIRST, FIRST "\n", "# who pushes"};
    static char vast[TOKEN_SIZE_MAX + 1];
    struct error error;
    CLEANUP(tokens_file_free_p)
    struct tokens_file *tokens = read_text("# who pushes\n" FIRST "\n", &error);

    assert_non_null(tokens);
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        assert_int_equal(tokens_file_find(tokens, slice_from_string(others[i])), 0);
    memset(vast, 'x', sizeof(vast));
    assert_int_equal(tokens_file_find(tokens, slice_of(vast, sizeof(vast))), 0);
}

static void test_S21_errors_name_file_and_line_and_nothing_of_the_token(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *where;
    } rows[] = {
        {FIRST "\nsecret\n", ":2: a token has at least 16 bytes"},
        {FIRST "\n# ok\nsecret secret secret\n", ":3: a token is visible ASCII without blanks"},
        {"secret\x01secretsecret", ":1: a token is visible ASCII without blanks"},
        {"secret\xc3\xa9secretsecret", ":1: a token is visible ASCII without blanks"},
        {"", ": there is no token in it"},
        {"\n# nothing\n\n", ": there is no token in it"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct error error;
        assert_null(read_text(rows[i].text, &error));
        assert_int_equal(error.code, ERROR_INVALID);
        assert_true(strncmp(error.message, path, strlen(path)) == 0);
        assert_string_equal(error.message + strlen(path), rows[i].where);
        assert_null(strstr(error.message, "secret"));
    }
}

static void test_a_token_has_at_most_512_bytes(void **state)
{
    (void)state;
    static char text[TOKEN_SIZE_MAX + 2];
    struct error error;

    memset(text, 'x', TOKEN_SIZE_MAX);
    CLEANUP(tokens_file_free_p) struct tokens_file *tokens = read_text(text, &error);
    assert_non_null(tokens);
    assert_int_equal(tokens_file_find(tokens, slice_of(text, TOKEN_SIZE_MAX)), 1);
    text[TOKEN_SIZE_MAX] = 'x';
    assert_null(read_text(text, &error));
    assert_non_null(strstr(error.message, ":1: a token has at most 512 bytes"));
}

static void test_S34_files_have_limits(void **state)
{
    (void)state;
    struct error error;
    CLEANUP(buffer_release) struct buffer text = BUFFER_INIT(2097152);

    for (int i = 0; i <= TOKENS_MAX; i++)
        (void)buffer_append_string(&text, FIRST "\n");
    write_file(buffer_slice(&text));
    assert_null(tokens_file_read(path, &error));
    assert_non_null(strstr(error.message, ":1001: these are more than 1000 tokens"));

    assert_null(tokens_file_read("/dev/zero", &error));
    assert_null(tokens_file_read("/nonexistent/tokens", &error));
    assert_int_equal(error.code, ERROR_INVALID);
    assert_string_equal(error.message, "/nonexistent/tokens: No such file or directory");
}

static void test_a_file_that_others_may_read_is_noticed(void **state)
{
    (void)state;
    for (mode_t mode = 0600; mode <= 0604; mode += 4) {
        struct error error;
        write_file(SLICE(FIRST));
        assert_int_equal(chmod(path, mode), 0);
        CLEANUP(tokens_file_free_p) struct tokens_file *tokens = tokens_file_read(path, &error);
        assert_non_null(tokens);
        assert_int_equal(tokens_file_is_open_to_others(tokens), mode == 0604);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_token_is_known_by_its_line),
        cmocka_unit_test(test_a_last_line_needs_no_end),
        cmocka_unit_test(test_what_is_not_exactly_a_token_is_not_known),
        cmocka_unit_test(test_S21_errors_name_file_and_line_and_nothing_of_the_token),
        cmocka_unit_test(test_a_token_has_at_most_512_bytes),
        cmocka_unit_test(test_S34_files_have_limits),
        cmocka_unit_test(test_a_file_that_others_may_read_is_noticed),
    };
    return cmocka_run_group_tests(tests, make_file, remove_file);
}
