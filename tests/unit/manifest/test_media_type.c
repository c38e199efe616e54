/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "manifest/manifest.h"
#include "manifest/media_type.h"

static const struct {
    const char *name;
    enum media_type type;
    bool is_index;
    bool is_manifest;
    bool is_schema1;
    bool is_config;
} rows[] = {
    {"application/vnd.oci.image.index.v1+json", MEDIA_TYPE_OCI_INDEX, true, false, false, false},
    {"application/vnd.docker.distribution.manifest.list.v2+json", MEDIA_TYPE_DOCKER_LIST, true,
     false, false, false},
    {"application/vnd.oci.image.manifest.v1+json", MEDIA_TYPE_OCI_MANIFEST, false, true, false,
     false},
    {"application/vnd.docker.distribution.manifest.v2+json", MEDIA_TYPE_DOCKER_MANIFEST, false,
     true, false, false},
    {"application/vnd.docker.distribution.manifest.v1+json", MEDIA_TYPE_SCHEMA1, false, false, true,
     false},
    {"application/vnd.docker.distribution.manifest.v1+prettyjws", MEDIA_TYPE_SCHEMA1_SIGNED, false,
     false, true, false},
    {"application/vnd.oci.image.config.v1+json", MEDIA_TYPE_OCI_CONFIG, false, false, false, true},
    {"application/vnd.docker.container.image.v1+json", MEDIA_TYPE_DOCKER_CONFIG, false, false,
     false, true},
};

static void test_known_types_are_read_written_and_sorted_into_kinds(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        enum media_type type = media_type_parse(slice_from_string(rows[i].name));
        assert_int_equal(type, rows[i].type);
        assert_string_equal(media_type_name(type), rows[i].name);
        assert_int_equal(media_type_is_index(type), rows[i].is_index);
        assert_int_equal(media_type_is_manifest(type), rows[i].is_manifest);
        assert_int_equal(media_type_is_schema1(type), rows[i].is_schema1);
        assert_int_equal(media_type_is_image_config(type), rows[i].is_config);
    }
}

static void test_H4_case_and_parameters_do_not_matter(void **state)
{
    (void)state;
    assert_int_equal(media_type_parse(SLICE("Application/VND.OCI.image.index.v1+JSON")),
                     MEDIA_TYPE_OCI_INDEX);
    assert_int_equal(
        media_type_parse(SLICE(" application/vnd.oci.image.index.v1+json ; charset=utf-8")),
        MEDIA_TYPE_OCI_INDEX);
}

static void test_other_types_are_other(void **state)
{
    (void)state;
    assert_int_equal(media_type_parse(SLICE("")), MEDIA_TYPE_OTHER);
    assert_int_equal(media_type_parse(SLICE("; charset=utf-8")), MEDIA_TYPE_OTHER);
    assert_int_equal(media_type_parse(SLICE("application/json")), MEDIA_TYPE_OTHER);
    assert_int_equal(media_type_parse(SLICE("application/vnd.oci.image.index.v1+jsonx")),
                     MEDIA_TYPE_OTHER);
    assert_string_equal(media_type_name(MEDIA_TYPE_OTHER), "");
    assert_false(media_type_is_index(MEDIA_TYPE_OTHER));
    assert_false(media_type_is_manifest(MEDIA_TYPE_OTHER));
}

static void test_H2_accept_names_each_manifest_type_once_and_no_other(void **state)
{
    const char *accept = media_type_accept();
    struct slice rest = slice_from_string(accept);
    unsigned seen = 0;
    size_t count = 0;

    (void)state;
    while (rest.length) {
        ptrdiff_t comma = slice_find(rest, ',');
        size_t length = comma < 0 ? rest.length : (size_t)comma;
        struct slice item = slice_until(rest, length);
        enum media_type type = media_type_parse(item);
        assert_int_not_equal(type, MEDIA_TYPE_OTHER);
        assert_false(media_type_is_image_config(type));
        seen |= 1U << type;
        count++;
        rest = slice_from(rest, length + 1);
    }
    assert_int_equal(count, 6);
    assert_int_equal(__builtin_popcount(seen), 6);
    assert_null(strchr(accept, ';')); /* no q-values: CNCF Distribution ignores them */
}

static void test_H6_a_type_is_type_slash_subtype(void **state)
{
    static const char *const good[] = {"a/b", "application/vnd.oci.image.index.v1+json",
                                       "text/x-y_z", "1/2"};
    static const char *const bad[] = {"",      "/",    "a",    "a/",      "/b",         "a/b/c",
                                      "a b/c", "a/b ", "+a/b", "a/b;c=d", "a/\xc3\xa9", "a/b\n"};

    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        if (!media_type_is_well_formed(slice_from_string(good[i])))
            fail_msg("'%s' is refused", good[i]);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        if (media_type_is_well_formed(slice_from_string(bad[i])))
            fail_msg("'%s' is accepted", bad[i]);
}

static void test_P9_foreign_layers_are_known_by_their_type(void **state)
{
    static const struct {
        const char *type;
        bool is_foreign;
    } layers[] = {
        {"application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", true},
        {"application/vnd.oci.image.layer.nondistributable.v1.tar", true},
        {"application/vnd.oci.image.layer.nondistributable.v1.tar+zstd", true},
        {"application/vnd.Docker.image.rootfs.Foreign.diff.tar", true},
        {"application/vnd.docker.image.rootfs.diff.tar.gzip", false},
        {"application/vnd.oci.image.layer.v1.tar+gzip", false},
        {"application/vnd.example.foreig", false},
        {"", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(layers) / sizeof(layers[0]); i++) {
        if (media_type_is_foreign(slice_from_string(layers[i].type)) != layers[i].is_foreign)
            fail_msg("'%s' is not %d", layers[i].type, layers[i].is_foreign);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_types_are_read_written_and_sorted_into_kinds),
        cmocka_unit_test(test_H4_case_and_parameters_do_not_matter),
        cmocka_unit_test(test_other_types_are_other),
        cmocka_unit_test(test_H2_accept_names_each_manifest_type_once_and_no_other),
        cmocka_unit_test(test_H6_a_type_is_type_slash_subtype),
        cmocka_unit_test(test_P9_foreign_layers_are_known_by_their_type),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
