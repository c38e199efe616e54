/* SPDX-License-Identifier: Apache-2.0 */
/*
 * References: the numbered rows are a table of references by R1-R12.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "manifest/manifest.h"

#define REPEAT4(text)  text text text text
#define REPEAT16(text) REPEAT4(REPEAT4(text))
#define REPEAT64(text) REPEAT16(REPEAT4(text))

#define A64      REPEAT64("a")
#define A63      REPEAT16("aaa") "aaaaaaaaaaaaaaa"
#define H64      REPEAT16("0a9f")
#define F64      REPEAT64("f")
#define PATH_255 REPEAT4(A63) "aaa"
#define TAG_128  REPEAT64("tt")
#define HUB      "docker.io"

struct good_row {
    int number;
    const char *input;
    const char *registry;
    const char *repository;
    const char *tag;
    const char *digest;
};

static const struct good_row good_rows[] = {
    {1, "debian", HUB, "library/debian", NULL, NULL},
    {2, "debian:12", HUB, "library/debian", "12", NULL},
    {3, "library/debian", HUB, "library/debian", NULL, NULL},
    {4, "docker/docker", HUB, "docker/docker", NULL, NULL},
    {5, "docker.io/debian", HUB, "library/debian", NULL, NULL},
    {6, "index.docker.io/debian", HUB, "library/debian", NULL, NULL},
    {7, "index.docker.io/docker/docker", HUB, "docker/docker", NULL, NULL},
    {8, "index.docker.io:443/x", "index.docker.io:443", "x", NULL, NULL},
    {9, "registry-1.docker.io/debian", "registry-1.docker.io", "debian", NULL, NULL},
    {10, "docker.io", HUB, "library/docker.io", NULL, NULL},
    {11, "docker.io/index.docker.io/x", HUB, "index.docker.io/x", NULL, NULL},
    {12, "library/foo/bar", HUB, "library/foo/bar", NULL, NULL},
    {13, "a/b/c", HUB, "a/b/c", NULL, NULL},
    {14, "localhost", HUB, "library/localhost", NULL, NULL},
    {15, "localhost/debian", "localhost", "debian", NULL, NULL},
    {16, "localhost:5000", HUB, "library/localhost", "5000", NULL},
    {17, "localhost:5000/debian", "localhost:5000", "debian", NULL, NULL},
    {18, "LOCALDOMAIN/debian", "localdomain", "debian", NULL, NULL},
    {19, "Docker/docker", "docker", "docker", NULL, NULL},
    {21, "127.0.0.1:5000/debian", "127.0.0.1:5000", "debian", NULL, NULL},
    {22, "192.168.0.1", HUB, "library/192.168.0.1", NULL, NULL},
    {23, "192.168.0.1:80", HUB, "library/192.168.0.1", "80", NULL},
    {24, "2130706433/x", HUB, "2130706433/x", NULL, NULL},
    {25, "2130706433:80/x", "2130706433:80", "x", NULL, NULL},
    {26, "0x7f.1/x", "0x7f.1", "x", NULL, NULL},
    {27, "[fc00::1]:5000/docker", "[fc00::1]:5000", "docker", NULL, NULL},
    {28, "[2001:db8::1]/repo:t", "[2001:db8::1]", "repo", "t", NULL},
    {31, "test_com/foo", HUB, "test_com/foo", NULL, NULL},
    {32, "test.com/foo", "test.com", "foo", NULL, NULL},
    {33, "test.com:5000", HUB, "library/test.com", "5000", NULL},
    {34, "foo/foo_bar.com:8080", HUB, "foo/foo_bar.com", "8080", NULL},
    {35, "xn--n3h.com:18080/foo", "xn--n3h.com:18080", "foo", NULL, NULL},
    {36, "b.gcr.io/test.example.com/my-app:test.example.com", "b.gcr.io", "test.example.com/my-app",
     "test.example.com", NULL},
    {37, "docker---rules/docker", HUB, "docker---rules/docker", NULL, NULL},
    {38, "dock__er/docker", HUB, "dock__er/docker", NULL, NULL},
    {39, "e.xample.co/g-r.o__u_p/im----age:a", "e.xample.co", "g-r.o__u_p/im----age", "a", NULL},
    {40, "image:__a--b..5__", HUB, "library/image", "__a--b..5__", NULL},
    {41, "lowercase:Uppercase", HUB, "library/lowercase", "Uppercase", NULL},
    {42, "busybox:latest@sha256:" H64, HUB, "library/busybox", "latest", "sha256:" H64},
    {43, "test:5000/repo:tag@sha256:" F64, "test:5000", "repo", "tag", "sha256:" F64},
    {44, "test:5000/repo@sha512:" F64 F64, "test:5000", "repo", NULL, "sha512:" F64 F64},
    {45, "docker.io/" H64, HUB, "library/" H64, NULL, NULL},
    {45, H64 ":tag", HUB, "library/" H64, "tag", NULL},
    {45, A63, HUB, "library/" A63, NULL, NULL},
    {45, A64 "a", HUB, "library/" A64 "a", NULL, NULL},
    {46, "sha256:12345", HUB, "library/sha256", "12345", NULL},
    {46, "sha256:" H64, HUB, "library/sha256", H64, NULL},
    {47, "example.com/" PATH_255 ":tag", "example.com", PATH_255, "tag", NULL},
    {48, "a:" TAG_128, HUB, "library/a", TAG_128, NULL},
    /* and rules that the table has no row for */
    {0, "GHCR.io/a/b", "ghcr.io", "a/b", NULL, NULL},
    {0, "LOCALHOST/a", "localhost", "a", NULL, NULL},
    {0, "[FC00::A]:5000/x", "[fc00::a]:5000", "x", NULL, NULL},
    {0, "host:65535/x", "host:65535", "x", NULL, NULL},
    {0, "host:1/x", "host:1", "x", NULL, NULL},
    {0, "docker.io:443/x", "docker.io:443", "x", NULL, NULL},
    {0, "a@sha256:" H64, HUB, "library/a", NULL, "sha256:" H64},
};

struct bad_row {
    int number;
    const char *input;
    const char *why; /* must stand in the message */
};

static const char upper[] = "must be in lower case";
static const char empty_part[] = "a part of the repository's name is empty";
static const char separator[] = "a letter or digit must stand here";
static const char registry_byte[] = "a byte that may not stand in a registry's name";
static const char repository_byte[] = "a byte that may not stand in a repository's name";
static const char label_start[] = "must begin with a letter or digit";
static const char tag_start[] = "a tag must begin with";
static const char ascii[] = "only visible ASCII";

static const struct bad_row bad_rows[] = {
    {20, "Docker.io/debian", "docker.io must be in lower case"},
    {20, "INDEX.docker.IO/debian", "docker.io must be in lower case"},
    {29, "[1::2::3]/x", "the brackets hold no IPv6 address"},
    {30, "host:70000/x", "the port must be a number from 1 to 65535"},
    {30, "host:65536/x", "the port must be"},
    {30, "host:0/x", "the port must be"},
    {30, "host:080/x", "the port must be"},
    {30, "host:99999999999999999999/x", "the port must be"},
    {47, "example.com/" PATH_255 "a:tag", "longer than 255 bytes"},
    {47, REPEAT64("abcd"), "longer than 255 bytes"},
    {48, "a:" TAG_128 "t", "longer than 128 bytes"},
    {49, H64, "an image ID"},
    {50, "docker/Docker", upper},
    {50, "docker.io/docker/Docker", upper},
    {50, "Uppercase:tag", upper},
    {50, "test:5000/Uppercase/x:t", upper},
    {50, REPEAT64("A"), upper},
    {50, "repo@SHA256:" H64, upper},
    {51, "", "it is empty"},
    {51, ":justtag", empty_part},
    {51, "@sha256:" F64, empty_part},
    {51, "/x", empty_part},
    {51, "docker/", empty_part},
    {51, "docker.io/", empty_part},
    {52, "https://github.com/docker/docker", "no scheme"},
    {52, "docker://alpine", "no scheme"},
    {52, "user@host.com/x", registry_byte},
    {52, "host.com/repo?x", repository_byte},
    {52, "gcr?com", repository_byte},
    {52, "white space", ascii},
    {53, "-docker", separator},
    {53, "-docker/docker", separator},
    {53, "docker-/docker", separator},
    {53, "-docker.io/d/d", label_start},
    {53, "docker-.io/d/d", "must not end in '-'"},
    {53, "docker///docker", empty_part},
    {53, "host.com//x", empty_part},
    {54, "____/____", separator},
    {54, "_docker/_docker", separator},
    {54, "dock___er/x", separator},
    {54, "dock..er/x", label_start},
    {54, "x/dock..er", separator},
    {54, "dock_.er/x", registry_byte},
    {54, "x/dock_.er", separator},
    {54, "dock-.er/x", "must not end in '-'"},
    {54, "x/dock-.er", separator},
    {55, "[fc00::1]", repository_byte},
    {55, "[fc00::1]:5000", repository_byte},
    {55, "fc00::1:5000/debian", "the port must be"},
    {55, "[fe80::1%eth0]:5000/d", "no IPv6 address"},
    {55, "[2001:db8::192.0.2.33]:5000/d", "no IPv6 address"},
    {55, "[" REPEAT16("0:00") "]:5000/d", "no IPv6 address"},
    {55, "[::1/x", "no IPv6 address"},
    {55, "[::1]x/y", registry_byte},
    {56, "foo_bar.com:8080/x", registry_byte},
    {56, "host_name:5000/x", registry_byte},
    {56, "host:/x", "the port must be"},
    {56, ".a/b", label_start},
    {56, "a./b", label_start},
    {56, "a..b/c", label_start},
    {57, "repo:", tag_start},
    {57, "repo@", "not of the form"},
    {57, "repo:tag@", "not of the form"},
    {57, "library/nginx:@sha256:" H64, tag_start},
    {57, "a/b:c:d", "may not stand in a tag"},
    {57, "repo:-x", tag_start},
    {57, "repo:.x", tag_start},
    {57, "project/image:tag^1", "may not stand in a tag"},
    {57, "x/repo:a/b", "may not stand in a tag"},
    {58, "../../etc", label_start},
    {58, "a/../b", separator},
    {58, "a/%2e%2e/b", repository_byte},
    {58, "\xc3\xa9/x", ascii},
    {58, "a\n", ascii},
    {58, "a:t\n", ascii},
    {58, "a\r\nX: y", ascii},
    {58, "a\x7f", ascii},
    {59, "repo@sha256:ffffffffffffffffffffffffffffffffff", "has 64 hex digits, not 34"},
    {59, "repo@sha256:fffffffffffffffffffffffffffffff", "has 64 hex digits, not 31"},
    {59, "n@invaliddigest:" F64, "algorithm 'invaliddigest' is not supported"},
    {59, "n@md5:ffffffffffffffffffffffffffffffff", "algorithm 'md5' is not supported"},
    {59, "n@blake3:" F64, "algorithm 'blake3' is not supported"},
    {60, "a@sha256:" REPEAT64("F"), "no lower-case hex digit"},
    {60, "a@sha256:" F64 "@sha256:" F64, "more than one '@'"},
    {60, "a@sha256:" REPEAT16("fff") "fffffffffffffffg", "no lower-case hex digit"},
    {0, "alpine ", "at byte 7, only visible ASCII"},
    {0, "a/B", "at byte 3, a repository's name must be in lower case"},
    {0, "docker/", "at its end, "},
};

static void assert_same(int row, const char *input, const char *what, const char *found,
                        const char *wanted)
{
    if (!found != !wanted || (found && strcmp(found, wanted) != 0))
        fail_msg("row %d, '%s': %s is '%s', not '%s'", row, input, what, found ? found : "(none)",
                 wanted ? wanted : "(none)");
}

static void test_R1_to_R8_every_good_row_of_the_table_is_split_as_it_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(good_rows) / sizeof(good_rows[0]); i++) {
        const struct good_row *row = &good_rows[i];
        struct error error = {0};
        CLEANUP(reference_free_p)
        struct reference *reference = reference_parse(slice_from_string(row->input), &error);
        if (!reference) {
            fail_msg("row %d, '%s': %s", row->number, row->input, error.message);
            return;
        }
        assert_same(row->number, row->input, "registry", reference->registry, row->registry);
        assert_same(row->number, row->input, "repository", reference->repository, row->repository);
        assert_same(row->number, row->input, "tag", reference->tag, row->tag);
        assert_same(row->number, row->input, "digest", reference->digest, row->digest);
    }
}

static void assert_refused(const struct bad_row *row, struct slice input)
{
    struct error error = {0};
    CLEANUP(reference_free_p) struct reference *reference = reference_parse(input, &error);

    if (reference)
        fail_msg("row %d, '%s' is accepted", row->number, row->input);
    if (error.code != ERROR_INVALID || !strstr(error.message, row->why))
        fail_msg("row %d, '%s': the error is '%s', without '%s'", row->number, row->input,
                 error.message, row->why);
    for (const char *c = error.message; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            fail_msg("row %d, '%s': the message is not one plain line", row->number, row->input);
}

static void test_R1_to_R12_every_bad_row_of_the_table_is_refused_with_its_reason(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(bad_rows) / sizeof(bad_rows[0]); i++)
        assert_refused(&bad_rows[i], slice_from_string(bad_rows[i].input));
}

static void test_R11_every_byte_outside_visible_ascii_is_refused(void **state)
{
    (void)state;
    for (int byte = 0; byte < 256; byte++) {
        char input[] = "registry.test/a:t";
        bool is_visible = byte > ' ' && byte < 0x7f;
        if (is_visible)
            continue;
        input[sizeof(input) - 2] = (char)byte;
        struct bad_row row = {11, input, "at byte 17, only visible ASCII"};
        assert_refused(&row, slice_of(input, sizeof(input) - 1));
    }
}

static void test_R11_input_is_capped_at_1024_bytes(void **state)
{
    char input[REFERENCE_MAX + 1];
    struct error error = {0};

    (void)state;
    memset(input, 'a', sizeof(input));
    input[200] = ':';
    struct bad_row row = {11, "1025 bytes", "longer than 1024 bytes"};
    assert_refused(&row, slice_of(input, sizeof(input)));
    assert_null(reference_parse(slice_of(input, REFERENCE_MAX), &error));
    assert_non_null(strstr(error.message, "longer than 128 bytes"));
}

static void test_R9_the_target_is_the_digest_then_the_tag_then_latest(void **state)
{
    static const struct {
        const char *input;
        const char *target;
    } rows[] = {
        {"a:t@sha256:" H64, "sha256:" H64},
        {"a@sha256:" H64, "sha256:" H64},
        {"a:t", "t"},
        {"a", "latest"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct error error;
        CLEANUP(reference_free_p)
        struct reference *reference = reference_parse(slice_from_string(rows[i].input), &error);
        assert_non_null(reference);
        assert_string_equal(reference_target(reference), rows[i].target);
    }
}

static void test_R9_latest_is_written_only_where_neither_tag_nor_digest_is(void **state)
{
    static const struct {
        const char *input;
        const char *written;
    } rows[] = {
        {"debian", "docker.io/library/debian:latest"},
        {"Host:5000/a:t", "host:5000/a:t"},
        {"a/b@sha256:" H64, "docker.io/a/b@sha256:" H64},
        {"a/b:t@sha256:" H64, "docker.io/a/b:t@sha256:" H64},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct error error;
        struct buffer out = BUFFER_INIT(2048);
        CLEANUP(reference_free_p)
        struct reference *reference = reference_parse(slice_from_string(rows[i].input), &error);
        assert_non_null(reference);
        assert_true(reference_write(reference, &out));
        assert_string_equal(buffer_string(&out), rows[i].written);
        buffer_release(&out);
    }
}

static void test_R5_tags_received_are_judged_by_the_same_rule(void **state)
{
    (void)state;
    assert_true(reference_tag_is_valid(SLICE("v1.2_3-x")));
    assert_true(reference_tag_is_valid(SLICE("_")));
    assert_true(reference_tag_is_valid(SLICE(TAG_128)));
    assert_false(reference_tag_is_valid(SLICE(TAG_128 "t")));
    assert_false(reference_tag_is_valid(SLICE("")));
    assert_false(reference_tag_is_valid(SLICE(".a")));
    assert_false(reference_tag_is_valid(SLICE("-a")));
    assert_false(reference_tag_is_valid(SLICE("a/b")));
    assert_false(reference_tag_is_valid(SLICE("a\n")));
    assert_false(reference_tag_is_valid(SLICE("a\0b")));
}

static void test_R10_docker_hub_is_known_by_its_whole_name_only(void **state)
{
    (void)state;
    assert_true(reference_is_docker_hub(SLICE("docker.io")));
    assert_true(reference_is_docker_hub(SLICE("index.docker.io")));
    assert_true(reference_is_docker_hub(SLICE("Registry-1.Docker.io")));
    assert_false(reference_is_docker_hub(SLICE("evildocker.io")));
    assert_false(reference_is_docker_hub(SLICE("x.docker.io")));
    assert_false(reference_is_docker_hub(SLICE("docker.io:443")));
    assert_false(reference_is_docker_hub(SLICE("")));
}

static void test_long_input_is_cut_in_messages_so_that_the_reason_stays(void **state)
{
    struct error error;

    (void)state;
    assert_null(reference_parse(SLICE("a/" A64 A64 A64 "B"), &error));
    assert_non_null(strstr(error.message, "...': at byte 195, a repository's name"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_R1_to_R8_every_good_row_of_the_table_is_split_as_it_says),
        cmocka_unit_test(test_R1_to_R12_every_bad_row_of_the_table_is_refused_with_its_reason),
        cmocka_unit_test(test_R11_every_byte_outside_visible_ascii_is_refused),
        cmocka_unit_test(test_R11_input_is_capped_at_1024_bytes),
        cmocka_unit_test(test_R9_the_target_is_the_digest_then_the_tag_then_latest),
        cmocka_unit_test(test_R9_latest_is_written_only_where_neither_tag_nor_digest_is),
        cmocka_unit_test(test_R5_tags_received_are_judged_by_the_same_rule),
        cmocka_unit_test(test_R10_docker_hub_is_known_by_its_whole_name_only),
        cmocka_unit_test(test_long_input_is_cut_in_messages_so_that_the_reason_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
