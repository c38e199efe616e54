/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which blobs a push brings, and where they may be mounted from (P4, P9).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "push_fixture.h"
#include "registry/push_blobs.h"

#define LAYER(number) DESCRIPTOR(OCI_LAYER, number, "")

static void test_P4_the_repositories_nearest_to_the_target_are_tried_first(void **state)
{
    static const struct {
        const char *target;
        const char *added[5];
        const char *expected[COPY_MOUNTS_MAX];
    } rows[] = {
        {"lab/app", {"lab/a"}, {"lab/a"}},
        {"lab/app", {"other/a", "lab/a"}, {"lab/a", "other/a"}},
        {"lab/app", {"lab/a", "lab/a"}, {"lab/a"}},
        {"lab/app", {"a", "b", "c", "d"}, {"a", "b", "c"}},
        {"lab/app", {"a", "b", "c", "lab/d"}, {"lab/d", "a", "b"}},
        {"lab/team/app",
         {"lab/x/app", "labour/team/app", "lab/team/other", "lab/team/app/sub", "lab"},
         {"lab/team/app/sub", "lab/team/other", "lab/x/app"}},
        {"lab/app",
         {"lab/ap", "lab/application", "lab/app/x"},
         {"lab/app/x", "lab/ap", "lab/application"}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *mounts[COPY_MOUNTS_MAX] = {NULL};
        for (size_t k = 0; k < 5 && rows[i].added[k]; k++)
            push_blobs_add_mount(mounts, rows[i].target, rows[i].added[k]);
        for (size_t k = 0; k < COPY_MOUNTS_MAX; k++) {
            const char *expected = rows[i].expected[k] ? rows[i].expected[k] : "nothing";
            assert_string_equal(mounts[k] ? mounts[k] : "nothing", expected);
        }
    }
}

/* -- collecting ----------------------------------------------------------------------------- */

static void add_image(struct fixture *fixture, size_t source, const char *number, const char *body)
{
    struct push_member *member = member_at(fixture, source, 0);

    assert_true(give_manifest(fixture, member, number, body));
    fixture->job.children[fixture->job.child_count++] = member;
}

/* A push of these images, which are all to be brought. */
static struct fixture *push_of(const char *const *images, const char *const *bodies)
{
    static const char *const numbers[] = {"f0", "f1", "f2"};
    struct fixture *fixture = fixture_new();

    for (size_t i = 0; images[i]; i++)
        (void)add_to_spec(fixture, images[i]);
    list_sources(fixture);
    fixture->job.children = calloc(fixture->job.source_count, sizeof(struct push_member *));
    assert_non_null(fixture->job.children);
    for (size_t i = 0; images[i]; i++)
        add_image(fixture, i, numbers[i], bodies[i]);
    return fixture;
}

static void assert_copies(const struct push_blobs *blobs, const char *const *numbers)
{
    size_t count = 0;

    for (; numbers[count]; count++) {
        assert_true(count < blobs->count);
        assert_memory_equal(blobs->copies[count].digest->text + 7, numbers[count], 2);
        assert_ptr_equal(blobs->copies[count].digest, blobs->blobs[count].digest);
    }
    assert_int_equal(blobs->count, count);
}
#define ASSERT_COPIES(blobs, ...) assert_copies((blobs), (const char *const[]){__VA_ARGS__, NULL})

static void test_P9_each_blob_is_brought_once_and_foreign_layers_never(void **state)
{
    static const char *const images[] = {"reg.test/lab/a:1", "other.test/x/b:1",
                                         "reg.test/lab/app/c:1", NULL};
    static const char *const bodies[] = {
        IMAGE_OF("c1", LAYER("11") "," DESCRIPTOR(FOREIGN_LAYER, "99", "") "," LAYER("22")),
        IMAGE_OF("c2", LAYER("11") "," LAYER("33")),
        IMAGE_OF("c1", LAYER("22")),
    };
    CLEANUP(fixture_free_p) struct fixture *fixture = push_of(images, bodies);
    struct push_blobs blobs;

    (void)state;
    assert_true(push_blobs_collect(&fixture->job, PUSH_BLOBS_OF_ABSENT, &blobs, &fixture->error));
    ASSERT_COPIES(&blobs, "c1", "11", "22", "c2", "33");
    /* who wants it first gives it; whoever has it may lend it, but for another registry */
    assert_string_equal(blobs.copies[0].mount_from[0], "lab/app/c");
    assert_string_equal(blobs.copies[0].mount_from[1], "lab/a");
    assert_string_equal(blobs.copies[1].mount_from[0], "lab/a");
    assert_null(blobs.copies[1].mount_from[1]);
    assert_null(blobs.copies[3].mount_from[0]);
    assert_int_equal(blobs.copies[1].size, 7);
    assert_ptr_equal(blobs.blobs[1].member, member_at(fixture, 0, 0));
    push_blobs_release(&blobs);
}

static void test_P11_a_child_that_is_there_needs_no_blobs(void **state)
{
    static const char *const images[] = {"reg.test/lab/a:1", "reg.test/lab/b:1", NULL};
    static const char *const bodies[] = {IMAGE_OF("c1", LAYER("11")), IMAGE_OF("c2", LAYER("22"))};
    CLEANUP(fixture_free_p) struct fixture *fixture = push_of(images, bodies);
    struct push_blobs blobs;

    (void)state;
    fixture->job.children[0]->is_there = true;
    assert_true(push_blobs_collect(&fixture->job, PUSH_BLOBS_OF_ABSENT, &blobs, &fixture->error));
    ASSERT_COPIES(&blobs, "c2", "22");
    push_blobs_release(&blobs);
}

/* What the target says of the first image's manifest. */
static void refuse(struct fixture *fixture, const char *words, unsigned times)
{
    struct push_member *child = fixture->job.children[0];

    free(child->refusal);
    child->refusal = strdup(words);
    child->refusals = times;
}

static void test_P13_of_a_refused_image_what_is_named_is_copied_and_then_everything(void **state)
{
    static const char *const images[] = {"reg.test/lab/a:1", "reg.test/lab/b:1", NULL};
    static const char *const bodies[] = {IMAGE_OF("c1", LAYER("11") "," LAYER("22")),
                                         IMAGE_OF("c2", LAYER("33"))};
    CLEANUP(fixture_free_p) struct fixture *fixture = push_of(images, bodies);
    const struct manifest *manifest = fixture->job.children[0]->document->manifest;
    struct push_blobs blobs;

    (void)state;
    refuse(fixture, manifest->layers[1].digest.text, 1);
    assert_true(push_blobs_collect(&fixture->job, PUSH_BLOBS_OF_REFUSED, &blobs, &fixture->error));
    ASSERT_COPIES(&blobs, "22");
    assert_true(blobs.copies[0].must_be_copied);
    push_blobs_release(&blobs);

    refuse(fixture, "something is missing", 1);
    assert_true(push_blobs_collect(&fixture->job, PUSH_BLOBS_OF_REFUSED, &blobs, &fixture->error));
    ASSERT_COPIES(&blobs, "c1", "11", "22");
    push_blobs_release(&blobs);

    refuse(fixture, manifest->layers[1].digest.text, 2);
    assert_true(push_blobs_collect(&fixture->job, PUSH_BLOBS_OF_REFUSED, &blobs, &fixture->error));
    ASSERT_COPIES(&blobs, "c1", "11", "22");
    push_blobs_release(&blobs);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_P4_the_repositories_nearest_to_the_target_are_tried_first),
        cmocka_unit_test(test_P9_each_blob_is_brought_once_and_foreign_layers_never),
        cmocka_unit_test(test_P11_a_child_that_is_there_needs_no_blobs),
        cmocka_unit_test(test_P13_of_a_refused_image_what_is_named_is_copied_and_then_everything),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
