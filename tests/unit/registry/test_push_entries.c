/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What sources consist of and which of it the list gets (P18, P19, L9).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "push_fixture.h"

#define MERGED                                                                            \
    INDEX_OF(DESCRIPTOR(OCI_MANIFEST, "a1", ATTESTS("11")) "," DESCRIPTOR(                \
        OCI_MANIFEST, "11",                                                               \
        LINUX("amd64")) "," DESCRIPTOR(OCI_MANIFEST, "22",                                \
                                       LINUX("arm64")) "," DESCRIPTOR(OCI_MANIFEST, "a2", \
                                                                      ATTESTS("22")))

static struct platform on(const char *os, const char *architecture, const char *variant)
{
    return (struct platform){
        .os = os, .architecture = architecture, .variant = variant, .os_version = ""};
}

/* A push of one source with this manifest. */
static struct fixture *push_of(const char *body, struct platform asked)
{
    struct fixture *fixture = fixture_new();

    add_to_spec(fixture, "reg.test/lab/source:1")->platform = asked;
    list_sources(fixture);
    assert_true(give_manifest(fixture, member_at(fixture, 0, 0), "ff", body));
    return fixture;
}

static void choose(struct fixture *fixture)
{
    if (!push_choose_entries(&fixture->job, &fixture->error))
        fail_msg("%s", fixture->error.message);
}

static void assert_refused(struct fixture *fixture, enum error_code code, const char *words)
{
    assert_false(push_choose_entries(&fixture->job, &fixture->error));
    if (!strstr(fixture->error.message, words))
        fail_msg("\"%s\" does not say \"%s\"", fixture->error.message, words);
    assert_int_equal(fixture->error.code, code);
}

/* The entries' digests, by their first two digits. */
static void assert_entries(const struct fixture *fixture, const char *const *numbers)
{
    size_t count = 0;

    for (; numbers[count]; count++) {
        assert_true(count < fixture->job.entry_count);
        assert_memory_equal(fixture->job.entries[count].digest->text + 7, numbers[count], 2);
    }
    assert_int_equal(fixture->job.entry_count, count);
}
#define ASSERT_ENTRIES(fixture, ...) \
    assert_entries((fixture), (const char *const[]){__VA_ARGS__, NULL})

/* -- lone images ---------------------------------------------------------------------------- */

static void test_P19_what_the_spec_leaves_open_is_the_configs(void **state)
{
    static const char *const features[] = {"win32k"};
    static const struct platform config = {"windows", "amd64", "v2", "10.0.1", features, 1};
    static const struct {
        struct platform asked;
        struct platform expected;
    } rows[] = {
        {{"", "", "", "", NULL, 0}, {"windows", "amd64", "v2", "10.0.1", features, 1}},
        {{"linux", "386", "", "", NULL, 0}, {"linux", "386", "v2", "10.0.1", features, 1}},
        {{"linux", "arm", "v7", "", NULL, 0}, {"linux", "arm", "v7", "10.0.1", features, 1}},
        {{"", "", "v3", "10.0.2", NULL, 0}, {"windows", "amd64", "v3", "10.0.2", features, 1}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        CLEANUP(fixture_free_p)
        struct fixture *fixture = push_of(IMAGE_OF("cc", ""), rows[i].asked);
        give_config(member_at(fixture, 0, 0), config);
        choose(fixture);
        const struct list_entry *entry = &fixture->job.entries[0];
        assert_int_equal(fixture->job.entry_count, 1);
        assert_string_equal(entry->platform.os, rows[i].expected.os);
        assert_string_equal(entry->platform.architecture, rows[i].expected.architecture);
        assert_string_equal(entry->platform.variant, rows[i].expected.variant);
        assert_string_equal(entry->platform.os_version, rows[i].expected.os_version);
        assert_int_equal(entry->platform.os_feature_count, 1);
    }
}

static void test_P19_the_specs_features_win_and_lone_images_have_no_descriptor(void **state)
{
    static const char *const asked[] = {"a", "b"};
    static const char *const configs[] = {"c"};
    static const char *const processor[] = {"sse4"};
    struct platform platform = {"windows", "amd64", "", "", asked, 2};
    struct platform config = {"windows", "amd64", "", "", configs, 1};
    CLEANUP(fixture_free_p) struct fixture *fixture = push_of(IMAGE_OF("cc", ""), platform);

    (void)state;
    fixture->entries[0].features = processor;
    fixture->entries[0].feature_count = 1;
    give_config(member_at(fixture, 0, 0), config);
    choose(fixture);
    const struct list_entry *entry = &fixture->job.entries[0];
    assert_ptr_equal(entry->platform.os_features, asked);
    assert_int_equal(entry->platform.os_feature_count, 2);
    assert_ptr_equal(entry->features, processor);
    assert_null(entry->descriptor);
    assert_string_equal(entry->media_type, OCI_MANIFEST);
    assert_int_equal(entry->size, strlen(IMAGE_OF("cc", "")));
    assert_string_equal(entry->source, "reg.test/lab/source:1");
}

static void test_P19_an_image_that_names_no_platform_needs_one_in_the_spec(void **state)
{
    CLEANUP(fixture_free_p) struct fixture *fixture = push_of(IMAGE_OF("cc", ""), no_platform);

    (void)state;
    give_config(member_at(fixture, 0, 0), on("linux", "", ""));
    assert_refused(fixture, ERROR_INVALID,
                   "; write one beside it, as IMAGE=os/arch or in the spec");
}

static void test_P18_an_artifact_is_refused_by_name(void **state)
{
    CLEANUP(fixture_free_p)
    struct fixture *fixture =
        push_of("{\"schemaVersion\":2,\"mediaType\":\"" OCI_MANIFEST "\",\"config\":" DESCRIPTOR(
                    "application/vnd.cncf.helm.config.v1+json", "cc", "") ",\"layers\":[]}",
                on("linux", "amd64", ""));

    (void)state;
    assert_refused(fixture, ERROR_UNSUPPORTED, "is a Helm chart, not an image");
}

/* -- indexes -------------------------------------------------------------------------------- */

static void test_P18_an_index_is_merged_with_its_attestations_after_its_images(void **state)
{
    CLEANUP(fixture_free_p) struct fixture *fixture = push_of(MERGED, no_platform);

    (void)state;
    choose(fixture);
    ASSERT_ENTRIES(fixture, "11", "22", "a1", "a2");
    assert_false(fixture->job.entries[1].is_attestation);
    assert_true(fixture->job.entries[2].is_attestation);
    assert_non_null(fixture->job.entries[0].descriptor);
    assert_string_equal(fixture->job.entries[2].platform.os, "unknown");
    assert_int_equal(fixture->job.entries[0].size, 7);
}

static void test_T36_a_platform_beside_an_index_selects_with_the_attestation(void **state)
{
    CLEANUP(fixture_free_p)
    struct fixture *fixture = push_of(MERGED, on("linux", "arm64", "v8"));

    (void)state;
    choose(fixture);
    ASSERT_ENTRIES(fixture, "22", "a2");
    assert_string_equal(fixture->job.entries[0].platform.variant, ""); /* as the index has it */
}

static void test_T36_a_platform_that_an_index_lacks_is_told_with_what_it_offers(void **state)
{
    CLEANUP(fixture_free_p) struct fixture *fixture = push_of(MERGED, on("linux", "s390x", ""));

    (void)state;
    assert_refused(fixture, ERROR_UNSUPPORTED,
                   "has no linux/s390x; it offers linux/amd64, linux/arm64");
}

static void test_T36_versions_are_told_where_nothing_else_tells_entries_apart(void **state)
{
    CLEANUP(fixture_free_p)
    struct fixture *fixture =
        push_of(INDEX_OF(DESCRIPTOR(OCI_MANIFEST, "11", LINUX("amd64")) "," DESCRIPTOR(
                    OCI_MANIFEST, "22",
                    ON("\"os\":\"windows\",\"architecture\":\"amd64\","
                       "\"os.version\":\"10.0.17763.1\""))),
                on("linux", "s390x", ""));

    (void)state;
    assert_refused(fixture, ERROR_UNSUPPORTED, "it offers linux/amd64, windows/amd64:10.0.17763.1");
}

static void test_P18_a_push_of_nothing_names_the_index_that_lists_nothing(void **state)
{
    CLEANUP(fixture_free_p) struct fixture *fixture = push_of(INDEX_OF(""), no_platform);

    (void)state;
    assert_refused(fixture, ERROR_INVALID,
                   "'reg.test/lab/source:1' lists nothing: there is nothing to push");
}

static void test_T36_half_a_platform_selects_nothing_from_an_index(void **state)
{
    CLEANUP(fixture_free_p) struct fixture *fixture = push_of(MERGED, on("", "", "v8"));

    (void)state;
    assert_refused(fixture, ERROR_INVALID, "needs os and architecture");
}

static void test_P18_one_index_may_be_selected_from_twice_and_is_one_source(void **state)
{
    CLEANUP(fixture_free_p) struct fixture *fixture = fixture_new();

    (void)state;
    add_to_spec(fixture, "reg.test/lab/source:1")->platform = on("linux", "arm64", "");
    add_to_spec(fixture, "reg.test/lab/source:1")->platform = on("linux", "amd64", "");
    list_sources(fixture);
    assert_int_equal(fixture->job.source_count, 1);
    assert_true(give_manifest(fixture, member_at(fixture, 0, 0), "ff", MERGED));
    choose(fixture);
    ASSERT_ENTRIES(fixture, "22", "a2", "11", "a1");
}

static void test_P18_sources_differ_by_registry_repository_and_target(void **state)
{
    CLEANUP(fixture_free_p) struct fixture *fixture = fixture_new();

    (void)state;
    (void)add_to_spec(fixture, "reg.test/lab/source");
    (void)add_to_spec(fixture, "reg.test/lab/source:latest"); /* the same */
    (void)add_to_spec(fixture, "reg.test/lab/source:2");
    (void)add_to_spec(fixture, "reg.test/lab/other:2");
    (void)add_to_spec(fixture, "other.test/lab/other:2");
    (void)add_to_spec(fixture, "other.test/lab/other:2@" DIGEST("11"));
    (void)add_to_spec(fixture, "other.test/lab/other@" DIGEST("11")); /* the same */
    list_sources(fixture);
    assert_int_equal(fixture->job.source_count, 5);
    assert_ptr_equal(fixture->job.source_of[0], fixture->job.source_of[1]);
    assert_ptr_equal(fixture->job.source_of[5], fixture->job.source_of[6]);
    assert_string_equal(fixture->job.sources[4].wanted.text, DIGEST("11"));
}

static void test_P18_a_child_that_is_no_image_is_refused_unless_another_is_selected(void **state)
{
    static const char body[] =
        INDEX_OF(DESCRIPTOR(OCI_MANIFEST, "11", LINUX("amd64")) "," DESCRIPTOR("text/x", "33", ""));
    CLEANUP(fixture_free_p) struct fixture *all = push_of(body, no_platform);
    CLEANUP(fixture_free_p) struct fixture *one = push_of(body, on("linux", "amd64", ""));

    (void)state;
    assert_refused(all, ERROR_UNSUPPORTED, "is of type 'text/x', neither an image nor");
    choose(one);
    ASSERT_ENTRIES(one, "11");
}

static void test_P19_an_entry_without_a_platform_gets_its_configs(void **state)
{
    CLEANUP(fixture_free_p)
    struct fixture *fixture =
        push_of(INDEX_OF(DESCRIPTOR(OCI_MANIFEST, "11", "") "," DESCRIPTOR(
                    OCI_MANIFEST, "22", LINUX("amd64")) "," DESCRIPTOR(OCI_MANIFEST, "33", "")),
                no_platform);

    (void)state;
    assert_int_equal(member_at(fixture, 0, 1)->state, MEMBER_MANIFEST);
    assert_int_equal(member_at(fixture, 0, 2)->state, MEMBER_READY);
    assert_true(give_manifest(fixture, member_at(fixture, 0, 1), "11", IMAGE_OF("c1", "")));
    assert_true(give_manifest(fixture, member_at(fixture, 0, 3), "33", IMAGE_OF("c3", "")));
    give_config(member_at(fixture, 0, 1), on("linux", "arm64", "v8"));
    give_config(member_at(fixture, 0, 3), no_platform);
    assert_refused(fixture, ERROR_INVALID, "a child of 'reg.test/lab/source:1' does not say");
    assert_string_equal(fixture->job.entries[0].platform.variant, "v8");
}

/* -- nested indexes ------------------------------------------------------------------------- */

#define NESTED(number) DESCRIPTOR(OCI_INDEX, number, "")

static void test_L9_a_nested_index_gives_its_entries_in_its_place_once(void **state)
{
    static const char inner[] = INDEX_OF(DESCRIPTOR(OCI_MANIFEST, "11", LINUX("amd64")));
    CLEANUP(fixture_free_p)
    struct fixture *fixture = push_of(
        INDEX_OF(NESTED("ee") "," NESTED("ee") "," DESCRIPTOR(OCI_MANIFEST, "22", LINUX("arm64"))),
        no_platform);

    (void)state;
    assert_true(give_manifest(fixture, member_at(fixture, 0, 1), "ee", inner));
    assert_true(give_manifest(fixture, member_at(fixture, 0, 3), "ee", inner));
    choose(fixture);
    ASSERT_ENTRIES(fixture, "11", "22");
}

static void test_L9_indexes_are_nested_three_deep_and_no_deeper(void **state)
{
    static const char *const numbers[] = {"e1", "e2", "e3"};
    CLEANUP(fixture_free_p)
    struct fixture *fixture = push_of(INDEX_OF(NESTED("e1")), no_platform);

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        static const char *const bodies[] = {INDEX_OF(NESTED("e2")), INDEX_OF(NESTED("e3")),
                                             INDEX_OF(NESTED("e4"))};
        assert_true(give_manifest(fixture, member_at(fixture, 0, 1 + i), numbers[i], bodies[i]));
    }
    assert_false(give_manifest(fixture, member_at(fixture, 0, 4), "e4",
                               INDEX_OF(DESCRIPTOR(OCI_MANIFEST, "11", LINUX("amd64")))));
    assert_int_equal(fixture->error.code, ERROR_TOO_LARGE);
}

/* -- missing sources ------------------------------------------------------------------------ */

static void test_T35_missing_sources_are_left_out_but_not_all_of_them(void **state)
{
    CLEANUP(fixture_free_p) struct fixture *fixture = fixture_new();

    (void)state;
    (void)add_to_spec(fixture, "reg.test/lab/absent:1");
    (void)add_to_spec(fixture, "reg.test/lab/source:1");
    list_sources(fixture);
    member_at(fixture, 0, 0)->state = MEMBER_MISSING;
    assert_true(give_manifest(fixture, member_at(fixture, 1, 0), "ff", IMAGE_OF("cc", "")));
    give_config(member_at(fixture, 1, 0), on("linux", "amd64", ""));
    choose(fixture);
    ASSERT_ENTRIES(fixture, "ff");
    member_at(fixture, 1, 0)->state = MEMBER_MISSING;
    push_release_entries(&fixture->job);
    assert_refused(fixture, ERROR_NOT_FOUND, "all sources are missing");
}

static void test_T35_only_not_found_is_missing_and_denied_is_judged_later(void **state)
{
    static const struct {
        enum error_code code;
        bool may_be_missing;
        enum push_member_state state;
    } rows[] = {
        {ERROR_NOT_FOUND, true, MEMBER_MISSING},      {ERROR_DENIED, true, MEMBER_DENIED},
        {ERROR_RATE_LIMITED, false, MEMBER_MANIFEST}, {ERROR_UPSTREAM, false, MEMBER_MANIFEST},
        {ERROR_TIMEOUT, false, MEMBER_MANIFEST},      {ERROR_FORBIDDEN, false, MEMBER_MANIFEST},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        CLEANUP(fixture_free_p) struct fixture *fixture = fixture_new();
        struct call call = {.error = {.code = rows[i].code}};
        (void)add_to_spec(fixture, "reg.test/lab/absent:1");
        list_sources(fixture);
        struct push_member *member = member_at(fixture, 0, 0);
        assert_false(push_may_be_missing(&fixture->job, member, &call)); /* not asked for */
        fixture->push.ignore_missing = true;
        assert_int_equal(push_may_be_missing(&fixture->job, member, &call), rows[i].may_be_missing);
        assert_int_equal(member->state, rows[i].state);
        assert_int_equal(fixture->result.warnings.count, rows[i].state == MEMBER_MISSING);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_P19_what_the_spec_leaves_open_is_the_configs),
        cmocka_unit_test(test_P19_the_specs_features_win_and_lone_images_have_no_descriptor),
        cmocka_unit_test(test_P19_an_image_that_names_no_platform_needs_one_in_the_spec),
        cmocka_unit_test(test_P18_an_artifact_is_refused_by_name),
        cmocka_unit_test(test_P18_an_index_is_merged_with_its_attestations_after_its_images),
        cmocka_unit_test(test_T36_a_platform_beside_an_index_selects_with_the_attestation),
        cmocka_unit_test(test_T36_a_platform_that_an_index_lacks_is_told_with_what_it_offers),
        cmocka_unit_test(test_T36_versions_are_told_where_nothing_else_tells_entries_apart),
        cmocka_unit_test(test_P18_a_push_of_nothing_names_the_index_that_lists_nothing),
        cmocka_unit_test(test_T36_half_a_platform_selects_nothing_from_an_index),
        cmocka_unit_test(test_P18_one_index_may_be_selected_from_twice_and_is_one_source),
        cmocka_unit_test(test_P18_sources_differ_by_registry_repository_and_target),
        cmocka_unit_test(test_P18_a_child_that_is_no_image_is_refused_unless_another_is_selected),
        cmocka_unit_test(test_P19_an_entry_without_a_platform_gets_its_configs),
        cmocka_unit_test(test_L9_a_nested_index_gives_its_entries_in_its_place_once),
        cmocka_unit_test(test_L9_indexes_are_nested_three_deep_and_no_deeper),
        cmocka_unit_test(test_T35_missing_sources_are_left_out_but_not_all_of_them),
        cmocka_unit_test(test_T35_only_not_found_is_missing_and_denied_is_judged_later),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
