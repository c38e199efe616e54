/* SPDX-License-Identifier: Apache-2.0 */
/* One push a tag: who holds, who waits, who goes on when, and who gives up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "manifest/spec.h"
#include "server/claims.h"

enum {
    WAITING_MAX = 3,
    DEADLINE = 1000
};

/* A claim for the target "r.test/a:TAG", and further tags. */
static struct claim claim_of(const char *tag, const char *const *further, size_t count)
{
    const struct reference target = {.registry = "r.test", .repository = "a", .tag = tag};
    const struct spec spec = {.target = &target, .tags = further, .tag_count = count};
    struct claim claim;
    struct error error;

    assert_true(claim_init(&claim, &spec, &error));
    return claim;
}

#define CLAIM(tag) claim_of((tag), NULL, 0)

static enum claim_outcome take(struct claims *claims, struct claim *claim)
{
    struct error error;

    list_init(&claim->place); /* it may have been copied since it was made */
    return claims_take(claims, claim, DEADLINE, &error);
}

static struct list granted;

/* Gives up, and returns whose turn it is then; the others are left in `granted`. */
static struct claim *next_after(struct claims *claims, struct claim *claim)
{
    list_init(&granted);
    claims_give_up(claims, claim, &granted);
    struct list *place = list_take_first(&granted);
    return place ? LIST_ITEM(place, struct claim, place) : NULL;
}

static void test_a_second_push_to_a_tag_waits_and_then_goes_on(void **state)
{
    (void)state;
    struct claims *claims = claims_new(WAITING_MAX);
    struct claim first = CLAIM("1");
    struct claim second = CLAIM("1");
    struct claim third = CLAIM("1");

    assert_int_equal(take(claims, &first), CLAIM_HELD);
    assert_int_equal(take(claims, &second), CLAIM_WAITS);
    assert_int_equal(take(claims, &third), CLAIM_WAITS);
    assert_ptr_equal(next_after(claims, &first), &second);
    assert_true(list_is_empty(&granted));
    assert_ptr_equal(next_after(claims, &second), &third);
    assert_null(next_after(claims, &third));
    claim_release(&first);
    claim_release(&second);
    claim_release(&third);
    claims_free(claims);
}

static void test_other_tags_are_not_waited_for(void **state)
{
    (void)state;
    struct claims *claims = claims_new(WAITING_MAX);
    struct claim first = CLAIM("1");
    struct claim second = CLAIM("2");

    assert_int_equal(take(claims, &first), CLAIM_HELD);
    assert_int_equal(take(claims, &second), CLAIM_HELD);
    assert_null(next_after(claims, &first));
    assert_null(next_after(claims, &second));
    claim_release(&first);
    claim_release(&second);
    claims_free(claims);
}

static void test_a_target_without_a_tag_is_latest(void **state)
{
    (void)state;
    struct claims *claims = claims_new(WAITING_MAX);
    struct claim first = CLAIM(NULL);
    struct claim second = CLAIM("latest");

    assert_int_equal(take(claims, &first), CLAIM_HELD);
    assert_int_equal(take(claims, &second), CLAIM_WAITS);
    assert_ptr_equal(next_after(claims, &first), &second);
    assert_null(next_after(claims, &second));
    claim_release(&first);
    claim_release(&second);
    claims_free(claims);
}

/* b holds 2; a wants 1 and 2, so it waits without holding 1. */
static void test_all_tags_are_held_or_none(void **state)
{
    (void)state;
    static const char *const further[] = {"2", "3"};
    struct claims *claims = claims_new(WAITING_MAX);
    struct claim many = claim_of("1", further, 2);
    struct claim last = CLAIM("3");
    struct claim other = CLAIM("1");

    assert_int_equal(take(claims, &last), CLAIM_HELD);
    assert_int_equal(take(claims, &many), CLAIM_WAITS);
    assert_int_equal(take(claims, &other), CLAIM_HELD);
    assert_null(next_after(claims, &last));
    assert_ptr_equal(next_after(claims, &other), &many);
    assert_int_equal(take(claims, &last), CLAIM_WAITS);
    assert_ptr_equal(next_after(claims, &many), &last);
    assert_null(next_after(claims, &last));
    claim_release(&many);
    claim_release(&last);
    claim_release(&other);
    claims_free(claims);
}

static void test_one_end_lets_several_go_on(void **state)
{
    (void)state;
    static const char *const further[] = {"2"};
    struct claims *claims = claims_new(WAITING_MAX);
    struct claim many = claim_of("1", further, 1);
    struct claim first = CLAIM("1");
    struct claim second = CLAIM("2");

    assert_int_equal(take(claims, &many), CLAIM_HELD);
    assert_int_equal(take(claims, &first), CLAIM_WAITS);
    assert_int_equal(take(claims, &second), CLAIM_WAITS);
    assert_ptr_equal(next_after(claims, &many), &first);
    assert_ptr_equal(list_take_first(&granted), &second.place);
    assert_null(next_after(claims, &first));
    assert_null(next_after(claims, &second));
    claim_release(&many);
    claim_release(&first);
    claim_release(&second);
    claims_free(claims);
}

static void test_patience_ends_at_the_deadline(void **state)
{
    (void)state;
    struct claims *claims = claims_new(WAITING_MAX);
    struct claim first = CLAIM("1");
    struct claim second = CLAIM("1");
    struct list overdue;

    list_init(&overdue);
    assert_int_equal(take(claims, &first), CLAIM_HELD);
    assert_int_equal(take(claims, &second), CLAIM_WAITS);
    claims_take_overdue(claims, DEADLINE - 1, &overdue);
    assert_true(list_is_empty(&overdue));
    claims_take_overdue(claims, DEADLINE, &overdue);
    assert_ptr_equal(list_take_first(&overdue), &second.place);
    assert_null(next_after(claims, &first));  /* nobody waits any more */
    assert_null(next_after(claims, &second)); /* never held */
    claim_release(&first);
    claim_release(&second);
    claims_free(claims);
}

static void test_only_so_many_wait(void **state)
{
    (void)state;
    struct claims *claims = claims_new(WAITING_MAX);
    struct claim first = CLAIM("1");
    struct claim waiting[WAITING_MAX];
    struct claim one_more = CLAIM("1");
    struct list overdue;
    struct error error;

    assert_int_equal(take(claims, &first), CLAIM_HELD);
    for (size_t i = 0; i < WAITING_MAX; i++) {
        waiting[i] = CLAIM("1");
        assert_int_equal(take(claims, &waiting[i]), CLAIM_WAITS);
    }
    assert_int_equal(claims_take(claims, &one_more, DEADLINE, &error), CLAIM_REFUSED);
    assert_int_equal(error.code, ERROR_OVERLOADED);

    list_init(&overdue);
    claims_take_overdue(claims, INT64_MAX, &overdue);
    assert_int_equal(claims_take(claims, &one_more, DEADLINE, &error), CLAIM_WAITS);
    assert_ptr_equal(next_after(claims, &first), &one_more);
    assert_null(next_after(claims, &one_more));
    claim_release(&first);
    claim_release(&one_more);
    for (size_t i = 0; i < WAITING_MAX; i++)
        claim_release(&waiting[i]);
    claims_free(claims);
}

static void test_what_was_never_made_is_given_up_and_released(void **state)
{
    (void)state;
    struct claims *claims = claims_new(WAITING_MAX);
    struct claim claim = {0};

    assert_null(next_after(claims, &claim));
    claim_release(&claim);
    claims_free(claims);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_second_push_to_a_tag_waits_and_then_goes_on),
        cmocka_unit_test(test_other_tags_are_not_waited_for),
        cmocka_unit_test(test_a_target_without_a_tag_is_latest),
        cmocka_unit_test(test_all_tags_are_held_or_none),
        cmocka_unit_test(test_one_end_lets_several_go_on),
        cmocka_unit_test(test_patience_ends_at_the_deadline),
        cmocka_unit_test(test_only_so_many_wait),
        cmocka_unit_test(test_what_was_never_made_is_given_up_and_released),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
