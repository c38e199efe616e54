/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which images a list or a cluster's objects name, each once.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/fleet.h"

enum {
    NAMES_MAX = 64 * 1024 * 1024
};

/* The names of all, each behind a '|'. */
static void write_names(const struct fleet *fleet, struct buffer *out)
{
    for (size_t i = 0; i < fleet->count; i++) {
        assert_ptr_equal(fleet->names[i], fleet->images[i]->name);
        (void)buffer_format(out, "|%s", fleet->names[i]);
    }
}

static void assert_names(const char *text, const char *expected)
{
    CLEANUP(buffer_release) struct buffer names = BUFFER_INIT(NAMES_MAX);
    struct fleet fleet;
    struct error error = {0};

    fleet_init(&fleet);
    assert_true(fleet_read(&fleet, slice_from_string(text), &error));
    write_names(&fleet, &names);
    assert_string_equal(buffer_string(&names), expected);
    fleet_release(&fleet);
}

static void test_an_image_a_line(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *names;
    } cases[] = {
        {"", ""},
        {"\n \r\n\t\n", ""},
        {"a", "|a"},
        {"a\nb\n", "|a|b"},
        {"  a\t\r\n b", "|a|b"},
        {"# a\n  #b\nc # d\ne\t#f\n#", "|c|e"},
        {"a#b\n", "|a#b"},
        {"a b\n", "|a b"},
        {"[\"a\"]\n", "|[\"a\"]"},
        {"\xef\xbb\xbfx\n", "|x"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_names(cases[i].text, cases[i].names);
}

static void test_kubernetes_objects(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *names;
    } cases[] = {
        {"{}", ""},
        {"{\"items\":[]}", ""},
        {"{\"items\":null,\"spec\":{\"containers\":[{\"image\":\"a\"}]}}", ""},
        {"{\"spec\":{\"containers\":[{\"image\":\"a\"},{\"image\":\"b\"}]}}", "|a|b"},
        {"\n {\"items\":[{\"spec\":{\"containers\":[{\"image\":\"a\"}],"
         "\"initContainers\":[{\"image\":\"b\"}],\"ephemeralContainers\":[{\"image\":\"c\"}]}}]}",
         "|b|a|c"},
        {"{\"items\":[{\"spec\":{\"template\":{\"spec\":{\"containers\":[{\"image\":\"a\"}]}}}},"
         "{\"template\":{\"spec\":{\"containers\":[{\"image\":\"b\"}]}}},"
         "{\"spec\":{\"jobTemplate\":{\"spec\":{\"template\":{\"spec\":{\"containers\":"
         "[{\"image\":\"c\"}]}}}}}}]}",
         "|a|b|c"},
        {"{\"items\":[1,null,[],\"a\",{\"spec\":[]},{\"spec\":{\"containers\":{}}},"
         "{\"spec\":{\"containers\":[1,{},{\"image\":\"\"},{\"image\":2}]}}]}",
         ""},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_names(cases[i].text, cases[i].names);
}

static void test_R9_all_spellings_of_an_image_are_one(void **state)
{
    (void)state;
#define DIGEST "@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
    CLEANUP(buffer_release) struct buffer names = BUFFER_INIT(NAMES_MAX);
    struct fleet fleet;
    struct error error = {0};

    fleet_init(&fleet);
    assert_true(fleet_read(&fleet,
                           SLICE("alpine\ndocker.io/library/alpine:latest\nindex.docker.io/alpine\n"
                                 "alpine:3\nalpine:3" DIGEST "\nalpine" DIGEST "\n"
                                 "R.example:5000/a\nr.example:5000/a:latest\nBAD/\nBAD/\n"),
                           &error));
    write_names(&fleet, &names);
    assert_string_equal(buffer_string(&names),
                        "|alpine|alpine:3|alpine:3" DIGEST "|R.example:5000/a|BAD/");
    assert_null(fleet.images[4]->reference);
    assert_int_equal(fleet.images[4]->error.code, ERROR_INVALID);
    fleet_release(&fleet);
}

static void test_more_images_than_there_may_be_are_refused(void **state)
{
    (void)state;
    struct fleet fleet;
    struct error error = {0};
    bool is_added = true;

    fleet_init(&fleet);
    for (size_t i = 0; is_added && i <= FLEET_MAX; i++) {
        CLEANUP(buffer_release) struct buffer name = BUFFER_INIT(64);
        (void)buffer_format(&name, "image%zu", i);
        is_added = fleet_add(&fleet, buffer_slice(&name), &error);
    }
    assert_false(is_added);
    assert_int_equal(error.code, ERROR_TOO_LARGE);
    assert_int_equal(fleet.count, FLEET_MAX);
    fleet_release(&fleet);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_image_a_line),
        cmocka_unit_test(test_kubernetes_objects),
        cmocka_unit_test(test_R9_all_spellings_of_an_image_are_one),
        cmocka_unit_test(test_more_images_than_there_may_be_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
