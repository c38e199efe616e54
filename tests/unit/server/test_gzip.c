/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#define ZLIB_CONST /* its input is not written to */
#include <zlib.h>

#include <cmocka.h>

#include "server/gzip.h"
#include "server/response.h"

static void test_only_who_prefers_it_gets_it(void **state)
{
    static const struct {
        const char *header;
        bool is_accepted;
    } cases[] = {
        {"gzip", true},
        {"GZIP", true},
        {"deflate, gzip;q=1.0, *;q=0.5", true},
        {"br, gzip", true},
        {"*", true},
        {"gzip;q=0.5", true},
        {"gzip;q=0.5, identity;q=0.5", true},
        {"", false},
        {"  ", false},
        {"identity", false},
        {"br", false},
        {"gzip;q=0", false},
        {"*, gzip;q=0", false},
        {"gzip;q=0.5, identity", false},
        {"x-gzipped", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (gzip_is_accepted(slice_from_string(cases[i].header)) != cases[i].is_accepted)
            fail_msg("'%s'", cases[i].header);
    }
}

enum {
    LENGTH = 20000
};

static void fill(char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        text[i] = (char)('a' + i % 7);
}

/* NOLINTNEXTLINE(readability-non-const-parameter): zlib writes to it */
static void unpack(const char *packed, size_t length, char *out, size_t size)
{
    z_stream stream = {.next_in = (const void *)packed,
                       .avail_in = (uInt)length,
                       .next_out = (void *)out,
                       .avail_out = (uInt)size};

    assert_int_equal(inflateInit2(&stream, 15 + 16), Z_OK);
    assert_int_equal(inflate(&stream, Z_FINISH), Z_STREAM_END);
    assert_int_equal(stream.total_out, size);
    (void)inflateEnd(&stream);
}

static void test_a_large_body_is_packed_and_says_so(void **state)
{
    char text[LENGTH];
    char back[LENGTH];
    CLEANUP(buffer_release) struct buffer body = BUFFER_INIT(LENGTH);

    (void)state;
    fill(text, sizeof(text));
    assert_true(buffer_append(&body, text, sizeof(text)));
    CLEANUP(response_unref_p) struct response *response = response_new(200, "text/plain", &body);
    assert_non_null(response);
    gzip_response(response);
    assert_string_equal(response_header(response, "Content-Encoding"), "gzip");
    assert_true(response->body_length < LENGTH / 10);
    unpack(response->body, response->body_length, back, sizeof(back));
    assert_memory_equal(back, text, sizeof(text));
}

static void test_a_small_body_is_left_alone(void **state)
{
    char text[GZIP_WORTH - 1];
    CLEANUP(buffer_release) struct buffer packed = BUFFER_INIT(LENGTH);

    (void)state;
    fill(text, sizeof(text));
    assert_false(gzip_write(slice_of(text, sizeof(text)), &packed));
}

static void test_what_gets_no_shorter_is_left_alone(void **state)
{
    char text[2 * GZIP_WORTH];
    CLEANUP(buffer_release) struct buffer packed = BUFFER_INIT(LENGTH);
    uint32_t random = 1;

    (void)state;
    for (size_t i = 0; i < sizeof(text); i++) {
        random = random * 1664525U + 1013904223U;
        text[i] = (char)(random >> 24);
    }
    assert_false(gzip_write(slice_of(text, sizeof(text)), &packed));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_only_who_prefers_it_gets_it),
        cmocka_unit_test(test_a_large_body_is_packed_and_says_so),
        cmocka_unit_test(test_a_small_body_is_left_alone),
        cmocka_unit_test(test_what_gets_no_shorter_is_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
