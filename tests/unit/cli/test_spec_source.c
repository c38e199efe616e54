/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a push asks for, from words on the command line and from a file.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "cli/options.h"
#include "cli/spec_source.h"

enum {
    WORDS_MAX = 14,
    TEXT_MAX = 4096
};

typedef struct spec *(*spec_source)(const struct options *options, struct error *error);

static struct spec *make(spec_source source, const char *const *words, struct error *error)
{
    CLEANUP(options_release) struct options options = {0};
    char text[WORDS_MAX][128] = {"mquery"};
    char *argv[WORDS_MAX + 1] = {text[0]};
    int count = 1;

    for (; words[count - 1]; count++) {
        assert_true(count < WORDS_MAX);
        memcpy(text[count], words[count - 1], strlen(words[count - 1]));
        argv[count] = text[count];
    }
    assert_true(options_parse(&options, count, argv, error));
    return source(&options, error);
}

static void describe_platform(const struct platform *platform, struct buffer *out)
{
    if (platform->os[0])
        (void)buffer_format(out, "=%s/%s", platform->os, platform->architecture);
    if (platform->variant[0])
        (void)buffer_format(out, "/%s", platform->variant);
}

/* "image +tag key=value | source=platform ..." */
static void describe(const struct spec *spec, struct buffer *out)
{
    (void)buffer_append_string(out, spec->image);
    for (size_t i = 0; i < spec->tag_count; i++)
        (void)buffer_format(out, " +%s", spec->tags[i]);
    for (size_t i = 0; i < spec->annotation_count; i++)
        (void)buffer_format(out, " %s=%s", spec->annotations[i].key, spec->annotations[i].value);
    (void)buffer_append_string(out, " |");
    for (size_t i = 0; i < spec->entry_count; i++) {
        (void)buffer_format(out, " %s", spec->entries[i].image);
        describe_platform(&spec->entries[i].platform, out);
        for (size_t j = 0; j < spec->entries[i].feature_count; j++)
            (void)buffer_format(out, " (%s)", spec->entries[i].features[j]);
    }
}

static void assert_spec(const struct spec *spec, const struct error *error, const char *wanted)
{
    CLEANUP(buffer_release) struct buffer found = BUFFER_INIT(TEXT_MAX);

    if (spec)
        describe(spec, &found);
    else
        (void)buffer_append_string(&found, error->message);
    assert_string_equal(buffer_string(&found), wanted);
}

static void test_P20_a_template_names_a_source_for_each_platform(void **state)
{
    (void)state;
    static const struct {
        const char *words[WORDS_MAX];
        const char *spec;
    } cases[] = {
        {{"--platforms", "linux/amd64,linux/arm/v7", "--template", "h.io/a:OS-ARCHVARIANT",
          "--target", "h.io/a:1"},
         "h.io/a:1 | h.io/a:linux-amd64=linux/amd64 h.io/a:linux-armv7=linux/arm/v7"},
        {{"--platforms=linux/amd64, linux/s390x", "--platforms", "windows/amd64", "--template",
          "a:OS-ARCH", "--target=a:1", "--tags", "x,y", "--tags=x"},
         "a:1 +x +y | a:linux-amd64=linux/amd64 a:linux-s390x=linux/s390x "
         "a:windows-amd64=windows/amd64"},
        {{"--platforms=linux/amd64", "--template=a:ARCH", "--target=a:1", "--tags="},
         "a:1 | a:amd64=linux/amd64"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct error error = {0};
        CLEANUP(spec_free_p)
        struct spec *spec = make(spec_from_template, cases[i].words, &error);
        assert_spec(spec, &error, cases[i].spec);
    }
}

static void test_an_image_may_be_told_its_platform(void **state)
{
    (void)state;
    static const struct {
        const char *words[WORDS_MAX];
        const char *spec;
    } cases[] = {
        {{"--target", "a:1", "a:x", "localhost:5000/b:y=linux/arm64/v8"},
         "a:1 | a:x localhost:5000/b:y=linux/arm64/v8"},
        {{"--target", "a:1",
          "a:x@sha256:1111111111111111111111111111111111111111111111111111111111111111=linux/386"},
         "a:1 | a:x@sha256:1111111111111111111111111111111111111111111111111111111111111111"
         "=linux/386"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct error error = {0};
        CLEANUP(spec_free_p) struct spec *spec = make(spec_from_images, cases[i].words, &error);
        assert_spec(spec, &error, cases[i].spec);
    }
}

static void test_T36_an_annotation_is_cut_at_its_first_equals_sign(void **state)
{
    (void)state;
    static const char *const words[] = {"--target",      "a:1",        "a:x",
                                        "--annotation",  "k=v=w, x",   "--annotation=e=",
                                        "--annotations", "c=1, d=2=3", NULL};
    struct error error = {0};

    CLEANUP(spec_free_p) struct spec *spec = make(spec_from_images, words, &error);
    assert_spec(spec, &error, "a:1 c=1 d=2=3 e= k=v=w, x | a:x");
}

static void test_what_is_missing_or_wrong_is_named(void **state)
{
    (void)state;
    static const struct {
        spec_source source;
        const char *words[WORDS_MAX];
        const char *beginning;
    } cases[] = {
        {spec_from_template, {NULL}, "--platforms P[,P] is missing"},
        {spec_from_template, {"--platforms=linux/amd64"}, "--template IMAGE is missing"},
        {spec_from_template,
         {"--platforms=linux/amd64", "--template=a:ARCH"},
         "--target IMAGE is missing"},
        {spec_from_template,
         {"--platforms=linux/amd64", "--template=a:ARCH", "--target=A"},
         "--target: "},
        {spec_from_template,
         {"--platforms=linux", "--template=a:ARCH", "--target=a:1"},
         "--platforms: "},
        {spec_from_template,
         {"--platforms=", "--template=a:ARCH", "--target=a:1"},
         "--platforms: no source image is given"},
        {spec_from_template, {"app.yaml"}, "push from-args takes no 'app.yaml'"},
        {spec_from_images, {"--target=a:1"}, "which images?"},
        {spec_from_images, {"a:1"}, "--target IMAGE is missing"},
        {spec_from_images, {"a:1=", "--target=a:2"}, "the platform '' is not of the form"},
        {spec_from_images,
         {"a:1=linux/a/b/c", "--target=a:2"},
         "the platform 'linux/a/b/c' is not of the form"},
        {spec_from_images, {"a:1", "--target=a:2", "--tags=x,-y"}, "--tags: '-y' cannot be a tag"},
        {spec_from_images,
         {"a:1", "--target=a:2", "--annotation=x"},
         "--annotation: 'x' is not KEY=VALUE"},
        {spec_from_images,
         {"a:1", "--target=a:2", "--annotations=a=b,c"},
         "--annotations: 'c' is not KEY=VALUE"},
        {spec_from_images,
         {"a:1", "--target=a:2", "--annotation", "=v"},
         "--annotation: '=v' is not KEY=VALUE"},
        {spec_from_images,
         {"a:1", "--target=a:2", "--annotation=a=1", "--annotations=a=2"},
         "--annotations: the annotation 'a' is given twice"},
        {spec_from_file, {NULL}, "push from-spec reads one file"},
        {spec_from_file, {"a", "b"}, "push from-spec reads one file"},
        {spec_from_file, {""}, "the spec file's name is empty"},
        {spec_from_file, {"-", "--password-stdin"}, "standard input cannot be both"},
        {spec_from_file,
         {"/nowhere/app.yaml"},
         "cannot read '/nowhere/app.yaml': No such file or directory"},
        {spec_from_file, {"/"}, "cannot read '/': Is a directory"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct error error = {0};
        assert_null(make(cases[i].source, cases[i].words, &error));
        assert_int_equal(error.code, ERROR_INVALID);
        if (strncmp(error.message, cases[i].beginning, strlen(cases[i].beginning)) != 0)
            fail_msg("'%s' does not begin with '%s'", error.message, cases[i].beginning);
    }
}

/* -- files ---------------------------------------------------------------------------------- */

struct file {
    char path[64];
};

static void file_write(struct file *file, const char *ending, const char *text)
{
    (void)snprintf(file->path, sizeof(file->path), "/tmp/spec-XXXXXX%s", ending);
    int fd = mkstemps(file->path, (int)strlen(ending));
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    (void)close(fd);
}

static void file_remove(const struct file *file)
{
    (void)unlink(file->path);
}

static void test_flags_add_annotations_to_those_of_a_file(void **state)
{
    (void)state;
    CLEANUP(file_remove) struct file file;
    struct error error = {0};

    file_write(&file, ".yaml",
               "image: a:1\ntags: [1.0]\nannotations: {b: \"2\"}\nmanifests:\n"
               "  - image: a:x\n    platform: {os: linux, architecture: amd64, features: [sse]}\n"
               "  - image: a:y\n    platform: {variant: v8}\n");
    CLEANUP(spec_free_p)
    struct spec *spec = make(
        spec_from_file,
        (const char *const[]){file.path, "--annotation=a=1", "--annotations=c=3", NULL}, &error);
    assert_spec(spec, &error, "a:1 +1.0 a=1 b=2 c=3 | a:x=linux/amd64 (sse) a:y/v8");
}

static void test_a_json_file_is_read_as_json(void **state)
{
    (void)state;
    CLEANUP(file_remove) struct file file;
    struct error error = {0};

    file_write(&file, ".json",
               "{\n\t\"image\": \"a:1\",\n\t\"manifests\": [{\"image\": \"a:x\"}]\n}");
    CLEANUP(spec_free_p)
    struct spec *spec = make(spec_from_file, (const char *const[]){file.path, NULL}, &error);
    assert_spec(spec, &error, "a:1 | a:x");
}

static void test_an_unknown_key_is_refused_with_its_place(void **state)
{
    (void)state;
    CLEANUP(file_remove) struct file file;
    struct error error = {0};

    file_write(&file, ".yaml", "image: a:1\nmanifest: []\n");
    assert_null(make(spec_from_file, (const char *const[]){file.path, NULL}, &error));
    assert_int_equal(strncmp(error.message, file.path, strlen(file.path)), 0);
    assert_int_equal(strncmp(error.message + strlen(file.path), ":2:1: ", 6), 0);
    assert_non_null(strstr(error.message, "did you mean 'manifests'?"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_P20_a_template_names_a_source_for_each_platform),
        cmocka_unit_test(test_an_image_may_be_told_its_platform),
        cmocka_unit_test(test_T36_an_annotation_is_cut_at_its_first_equals_sign),
        cmocka_unit_test(test_what_is_missing_or_wrong_is_named),
        cmocka_unit_test(test_flags_add_annotations_to_those_of_a_file),
        cmocka_unit_test(test_a_json_file_is_read_as_json),
        cmocka_unit_test(test_an_unknown_key_is_refused_with_its_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
