/* SPDX-License-Identifier: Apache-2.0 */
/* Who may push, and what the others are told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "server/push_core.h"
#include "server/snapshot.h"
#include "server/tokens.h"
#include "tests/unit/server/push_caller.h"

#define TOKEN "0123456789abcdef"

static struct tokens_file *known;

static int make_tokens(void **state)
{
    static const char text[] = "# one\n" TOKEN "\n";
    char path[] = "/tmp/test_push_gate.XXXXXX";
    struct error error;
    int fd = mkstemp(path);

    (void)state;
    if (fd < 0 || write(fd, text, sizeof(text) - 1) != (ssize_t)sizeof(text) - 1)
        return -1;
    (void)close(fd);
    known = tokens_file_read(path, &error);
    (void)unlink(path);
    return known ? 0 : -1;
}

static int free_tokens(void **state)
{
    (void)state;
    tokens_file_free(known);
    return 0;
}

struct house {
    bool enabled;
    bool has_tokens;
    bool anonymous;
};

/* `*token`: the client's, before and after. */
static bool identify(struct house house, const char *first, const char *second, unsigned *token,
                     struct error *error)
{
    struct config config = {.push = {.enabled = house.enabled, .anonymous = house.anonymous}};
    struct snapshot snapshot = {.config = &config, .push_tokens = house.has_tokens ? known : NULL};
    const struct pushes pushes = {.count = 0};
    struct caller caller = {
        .request = {.door = &caller_door, .snapshot = &snapshot, .client = {.push_token = *token}}};

    if (first) {
        caller.headers[0][0] = "authorization";
        caller.headers[0][1] = first;
    }
    if (second) {
        caller.headers[1][0] = "authorization";
        caller.headers[1][1] = second;
    }
    bool is_admitted = pushes_identify(&pushes, &caller.request, error);
    *token = caller.request.client.push_token;
    return is_admitted;
}

static void test_nobody_may_push_until_the_operator_says_so(void **state)
{
    (void)state;
    static const struct {
        struct house house;
        const char *what_to_set;
    } rows[] = {
        {{false, false, false}, "push.enabled: true"},
        {{false, true, true}, "push.enabled: true"},
        {{true, false, false}, "push.tokens_file, or push.anonymous: true"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct error error;
        unsigned token = 0;
        assert_false(identify(rows[i].house, "Bearer " TOKEN, NULL, &token, &error));
        assert_int_equal(error.code, ERROR_FORBIDDEN);
        assert_non_null(strstr(error.message, rows[i].what_to_set));
    }
}

static void test_a_token_opens_the_gate(void **state)
{
    (void)state;
    static const char *const headers[] = {"Bearer " TOKEN, "bearer " TOKEN, "BEARER   " TOKEN " "};

    for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
        struct error error;
        unsigned token = 0;
        assert_true(identify((struct house){true, true, false}, headers[i], NULL, &token, &error));
        assert_int_equal(token, 2);
        token = 0;
        assert_true(identify((struct house){true, true, true}, headers[i], NULL, &token, &error));
        assert_int_equal(token, 2);
    }
}

static void test_without_a_token_only_the_anonymous_gate_is_open(void **state)
{
    (void)state;
    struct error error;
    unsigned token = 7;

    assert_false(identify((struct house){true, true, false}, NULL, NULL, &token, &error));
    assert_int_equal(error.code, ERROR_UNAUTHORIZED);
    assert_int_equal(token, 7);
    token = 0;
    assert_true(identify((struct house){true, true, true}, NULL, NULL, &token, &error));
    assert_int_equal(token, 0);
    assert_true(identify((struct house){true, false, true}, NULL, NULL, &token, &error));
    assert_int_equal(token, 0);
}

static void test_what_is_no_token_is_refused_also_where_none_is_needed(void **state)
{
    (void)state;
    static const char *const headers[][2] = {
        {"Bearer " TOKEN "0", NULL},
        {"Bearer", NULL},
        {"Bearer ", NULL},
        {TOKEN, NULL},
        {"", NULL},
        {"Basic " TOKEN, NULL},
        {"Bearer  x " TOKEN, NULL},
        {"Bearer " TOKEN, "Bearer " TOKEN},
        {"Bearer nonsense-nonsense", "Bearer " TOKEN},
    };

    for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
        for (int anonymous = 0; anonymous <= 1; anonymous++) {
            struct error error;
            unsigned token = 7;
            assert_false(identify((struct house){true, true, anonymous}, headers[i][0],
                                  headers[i][1], &token, &error));
            assert_int_equal(error.code, ERROR_UNAUTHORIZED);
            assert_int_equal(token, 7);
            assert_null(strstr(error.message, "nonsense"));
        }
    }
    struct error error;
    unsigned token = 7;
    assert_false(
        identify((struct house){true, false, true}, "Bearer " TOKEN, NULL, &token, &error));
    assert_int_equal(error.code, ERROR_UNAUTHORIZED);
}

static void test_who_brings_no_token_never_takes_a_place_of_those_who_do(void **state)
{
    (void)state;
    struct error error;
    struct pushes *pushes = pushes_new(NULL, &error);

    assert_non_null(pushes);
    const struct request bearers[] = {{.client = {.push_token = 1}}, {.client = {.push_token = 2}}};
    /* Who may read with a token is nobody here. */
    const struct request others[] = {{.client = {.token = 0}}, {.client = {.token = 1}}};
    const struct push_lane *lanes[] = {pushes_lane(pushes, &bearers[0]),
                                       pushes_lane(pushes, &others[0])};
    assert_ptr_equal(pushes_lane(pushes, &bearers[1]), lanes[0]);
    assert_ptr_equal(pushes_lane(pushes, &others[1]), lanes[1]);
    assert_ptr_not_equal(lanes[0]->workers, lanes[1]->workers);
    assert_ptr_not_equal(lanes[0]->claims, lanes[1]->claims);
    assert_string_not_equal(lanes[0]->name, lanes[1]->name);
    pushes_free(pushes);
}

static void test_a_service_that_ends_takes_no_more(void **state)
{
    (void)state;
    struct config config = {.push = {.enabled = true, .anonymous = true}};
    struct snapshot snapshot = {.config = &config};
    const struct pushes pushes = {.is_closed = true};
    struct caller caller = {.request = {.door = &caller_door, .snapshot = &snapshot}};
    struct error error;

    assert_false(pushes_identify(&pushes, &caller.request, &error));
    assert_int_equal(error.code, ERROR_DRAINING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nobody_may_push_until_the_operator_says_so),
        cmocka_unit_test(test_a_token_opens_the_gate),
        cmocka_unit_test(test_without_a_token_only_the_anonymous_gate_is_open),
        cmocka_unit_test(test_what_is_no_token_is_refused_also_where_none_is_needed),
        cmocka_unit_test(test_who_brings_no_token_never_takes_a_place_of_those_who_do),
        cmocka_unit_test(test_a_service_that_ends_takes_no_more),
    };
    return cmocka_run_group_tests(tests, make_tokens, free_tokens);
}
