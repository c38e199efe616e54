/* SPDX-License-Identifier: Apache-2.0 */
/* The way of a question from the door to its answer, with a canned registry behind it. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/escape.h"
#include "server/lookup.h"
#include "server/request.h"
#include "server/response.h"
#include "tests/support/canned_registry.h"

enum {
    HOUR = 3600 * 1000,
    CACHE_MEMORY = 1024 * 1024,
    TRANSFER_MEMORY = 16 * 1024 * 1024,
    PATIENCE_MS = 20000,
    QUERY_MAX = 4096
};

/* -- a door --------------------------------------------------------------------------------- */

static pthread_mutex_t door_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t door_changed = PTHREAD_COND_INITIALIZER;

/* One who asks: a request, the headers it came with, and in the end the answer. */
struct asker {
    struct request request;
    char query[QUERY_MAX];
    const char *accept;
    const char *auth;
    size_t auth_count;
    struct response *response; /* guarded by door_mutex */
};

static struct asker *asker_of(struct request *request)
{
    return (struct asker *)(void *)request;
}

static struct slice asker_header(const struct request *request, const char *name, size_t *count)
{
    const struct asker *asker = (const struct asker *)(const void *)request;
    bool is_auth = strcmp(name, "x-registry-auth") == 0;
    const char *value = is_auth ? asker->auth : asker->accept;
    if (count)
        *count = is_auth ? asker->auth_count : (value != NULL);
    return slice_from_string(value);
}

static void asker_respond(struct request *request, struct response *response)
{
    (void)pthread_mutex_lock(&door_mutex);
    asker_of(request)->response = response;
    (void)pthread_cond_broadcast(&door_changed);
    (void)pthread_mutex_unlock(&door_mutex);
}

static const struct request_door door = {.header = asker_header, .respond = asker_respond};

static void asker_release(struct asker *asker)
{
    response_unref(asker->response);
    asker->response = NULL;
}

static bool asker_is_answered(struct asker *asker)
{
    (void)pthread_mutex_lock(&door_mutex);
    bool is_answered = asker->response != NULL;
    (void)pthread_mutex_unlock(&door_mutex);
    return is_answered;
}

static void asker_wait(struct asker *asker)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += PATIENCE_MS / 1000;
    int status = 0;
    (void)pthread_mutex_lock(&door_mutex);
    while (!asker->response && status == 0)
        status = pthread_cond_timedwait(&door_changed, &door_mutex, &until);
    (void)pthread_mutex_unlock(&door_mutex);
    assert_non_null(asker->response);
}

static const char *asker_told(const struct asker *asker, const char *header)
{
    for (size_t i = 0; i < asker->response->header_count; i++) {
        if (strcmp(asker->response->headers[i].name, header) == 0)
            return asker->response->headers[i].value;
    }
    return "";
}

/* -- a house -------------------------------------------------------------------------------- */

struct house {
    struct canned_registry upstream;
    struct config_host host;
    struct config config;
    struct registry *registry;
    struct lookup *lookup;
};

static struct house house;

/* Settings a test changes before open_house(). */
static void furnish(unsigned status)
{
    static char any[] = "*";
    static char none[] = "none";
    static char *allow[] = {any};
    static char denied[] = "denied.test";
    static char *deny[] = {denied};

    house = (struct house){0};
    assert_true(canned_registry_start(&house.upstream, status));
    house.host = (struct config_host){.name = house.upstream.name, .plain_http = true};
    house.config = (struct config){.cache = {.fresh = HOUR,
                                             .stale_while_revalidate = HOUR,
                                             .stale_if_error = HOUR,
                                             .negative = HOUR,
                                             .memory = CACHE_MEMORY},
                                   .registry = {.timeout = PATIENCE_MS,
                                                .memory = TRANSFER_MEMORY,
                                                .workers_max = 4,
                                                .queue_max = 100,
                                                .allow = {allow, 1},
                                                .deny = {deny, 1},
                                                .credentials = none,
                                                .hosts = &house.host,
                                                .host_count = 1},
                                   .log = {.access = ACCESS_LOG_ALL},
                                   .references = 1};
}

static void open_house(void)
{
    struct error error;
    house.registry = registry_new(&house.config.registry, &error);
    assert_non_null(house.registry);
    house.lookup = lookup_new(&house.config, house.registry, &error);
    assert_non_null(house.lookup);
}

static void close_house(void)
{
    lookup_drain(house.lookup, clock_monotonic_ms());
    lookup_free(house.lookup);
    registry_free(house.registry);
    canned_registry_stop(&house.upstream);
}

/* Sends "image=UPSTREAM/name" and what `more` says; does not wait. */
static void send_question(struct asker *asker, const char *query)
{
    asker->request = (struct request){.door = &door,
                                      .method = METHOD_GET,
                                      .query = slice_from_string(query),
                                      .is_confidential = true,
                                      .started = clock_monotonic_ms()};
    lookup_answer(house.lookup, &asker->request);
}

static void send_image(struct asker *asker, const char *name, const char *more)
{
    int length = snprintf(asker->query, sizeof(asker->query), "image=%s/%s%s", house.upstream.name,
                          name, more);
    assert_in_range(length, 1, sizeof(asker->query) - 1);
    send_question(asker, asker->query);
}

static void ask(struct asker *asker, const char *name, const char *more)
{
    send_image(asker, name, more);
    asker_wait(asker);
}

static unsigned gets(void)
{
    return canned_registry_count(&house.upstream, &house.upstream.gets);
}

static unsigned heads(void)
{
    return canned_registry_count(&house.upstream, &house.upstream.heads);
}

static void assert_code(const struct asker *asker, unsigned status, const char *code)
{
    char member[64];
    (void)snprintf(member, sizeof(member), "\"code\":\"%s\"", code);
    assert_int_equal(asker->response->status, status);
    if (!strstr(asker->response->body, member))
        fail_msg("no %s in %s", member, asker->response->body);
}

/* -- the question --------------------------------------------------------------------------- */

static void test_T40_a_wrong_question_is_refused_with_the_reason(void **state)
{
    static const struct {
        const char *query;
        unsigned status;
        const char *body;
    } cases[] = {
        {"", 400, "{\"error\":\"No image name provided\",\"code\":\"invalid\"}"},
        {"image=", 400, "{\"error\":\"No image name provided\",\"code\":\"invalid\"}"},
        {"platform=linux/arm64", 400, "No image name provided"},
        {"image=a&image=b", 400, "'image' is given 2 times"},
        {"image=a&format=yaml", 400, "format 'yaml' is neither 'json' nor 'text'"},
        {"image=a&format=text&format=json", 400, "'format' is given 2 times"},
        {"image=a%00b", 400, "\"code\":\"invalid\""},
        {"image=a%2", 400, "\"code\":\"invalid\""},
        {"image=A", 400, "\"code\":\"invalid\""},
        {"image=a&platform=linux", 400, "\"code\":\"invalid\""},
        {"image=a&platform=linux/*", 400, "\"code\":\"invalid\""},
        {"image=denied.test/a", 403, "\"code\":\"forbidden\""},
    };
    (void)state;
    furnish(200);
    open_house();
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct asker asker = {0};
        send_question(&asker, cases[i].query);
        assert_true(asker_is_answered(&asker));
        assert_int_equal(asker.response->status, cases[i].status);
        if (!strstr(asker.response->body, cases[i].body))
            fail_msg("'%s': no '%s' in %s", cases[i].query, cases[i].body, asker.response->body);
        assert_string_equal(asker_told(&asker, "Cache-Control"), "no-store");
        asker_release(&asker);
    }
    assert_int_equal(gets(), 0);
    close_house();
}

static void test_T40_an_image_is_at_most_1024_bytes(void **state)
{
    struct asker asker = {0};
    (void)state;
    furnish(200);
    open_house();
    memcpy(asker.query, "image=", 6);
    memset(asker.query + 6, 'a', 1025);
    send_question(&asker, asker.query);
    assert_true(asker_is_answered(&asker));
    assert_code(&asker, 400, "invalid");
    asker_release(&asker);
    close_house();
}

/* -- asking, hits, joining ------------------------------------------------------------------ */

static void test_a_cold_question_costs_one_get_and_a_warm_one_none(void **state)
{
    struct asker cold = {0};
    struct asker warm = {0};
    (void)state;
    furnish(200);
    open_house();
    ask(&cold, "app:1", "");
    assert_int_equal(cold.response->status, 200);
    assert_string_equal(cold.response->content_type, "application/json");
    assert_non_null(strstr(cold.response->body, "\"islist\":true"));
    assert_string_equal(asker_told(&cold, "Cache-Control"), "public, max-age=3600");
    assert_false(cold.response->is_shared);

    send_image(&warm, "app:1", "");
    assert_true(asker_is_answered(&warm));
    assert_ptr_equal(warm.response, cold.response);
    assert_true(warm.response->is_shared);
    assert_int_equal(gets(), 1);
    assert_int_equal(heads(), 0);
    asker_release(&cold);
    asker_release(&warm);
    close_house();
}

static void test_other_spellings_are_rendered_from_what_is_known(void **state)
{
    static const struct {
        const char *more;
        const char *accept;
        const char *expected;
    } cases[] = {
        {"&format=text", NULL, "Image: "},
        {"", "text/plain", "Image: "},
        {"", "text/plain;q=0.5, application/json", "{\"cachets\":"},
        {"", "*/*", "{\"cachets\":"},
        {"&format=json", "text/plain", "{\"cachets\":"},
        {"&platform=linux/arm64", NULL, "\"supported\":true"},
        {"&platform=linux/s390x", NULL, "\"supported\":false"},
    };
    struct asker cold = {0};
    (void)state;
    furnish(200);
    open_house();
    ask(&cold, "app:1", "");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct asker asker = {.accept = cases[i].accept};
        send_image(&asker, "app:1", cases[i].more);
        assert_true(asker_is_answered(&asker));
        assert_int_equal(asker.response->status, 200);
        assert_non_null(strstr(asker.response->body, cases[i].expected));
        asker_release(&asker);
    }
    assert_int_equal(gets(), 1);
    asker_release(&cold);
    close_house();
}

static void test_T20_who_asks_what_is_being_asked_joins(void **state)
{
    enum {
        CROWD = 200
    };
    static struct asker crowd[CROWD];
    (void)state;
    furnish(200);
    open_house();
    memset(crowd, 0, sizeof(crowd));
    canned_registry_hush(&house.upstream, true);
    for (size_t i = 0; i < CROWD; i++)
        send_image(&crowd[i], "app:1", i % 2 ? "" : "&platform=linux/amd64");
    canned_registry_wait(&house.upstream, &house.upstream.gets, 1);
    canned_registry_hush(&house.upstream, false);
    for (size_t i = 0; i < CROWD; i++) {
        asker_wait(&crowd[i]);
        assert_int_equal(crowd[i].response->status, 200);
        assert_ptr_equal(crowd[i].response, crowd[i % 2].response);
    }
    assert_int_equal(gets(), 1);
    for (size_t i = 0; i < CROWD; i++)
        asker_release(&crowd[i]);
    close_house();
}

static void test_two_tags_of_one_digest_are_two_questions(void **state)
{
    struct asker one = {0};
    struct asker two = {0};
    (void)state;
    furnish(200);
    open_house();
    ask(&one, "app:1", "");
    ask(&two, "app:2", "");
    assert_int_equal(gets(), 2);
    asker_release(&one);
    asker_release(&two);
    close_house();
}

static void test_a_digest_known_from_elsewhere_is_authorised_by_a_head(void **state)
{
    struct asker tag = {0};
    struct asker digest = {0};
    struct digest of_index;
    char image[256];
    (void)state;
    furnish(200);
    open_house();
    ask(&tag, "app:1", "");
    assert_true(digest_compute(DIGEST_SHA256, SLICE(canned_index), &of_index));
    (void)snprintf(image, sizeof(image), "other@%s", of_index.text);
    ask(&digest, image, "");
    assert_int_equal(digest.response->status, 200);
    assert_string_equal(asker_told(&digest, "Cache-Control"),
                        "public, max-age=31536000, immutable");
    assert_int_equal(gets(), 1);
    assert_int_equal(heads(), 1);
    asker_release(&tag);
    asker_release(&digest);
    close_house();
}

/* -- failures and stale answers ------------------------------------------------------------- */

static void test_a_failure_is_remembered(void **state)
{
    struct asker first = {0};
    struct asker second = {0};
    (void)state;
    furnish(404);
    open_house();
    ask(&first, "app:1", "");
    assert_code(&first, 404, "not_found");
    assert_string_equal(asker_told(&first, "Cache-Control"), "public, max-age=3600");
    send_image(&second, "app:1", "");
    assert_true(asker_is_answered(&second));
    assert_code(&second, 404, "not_found");
    assert_int_equal(gets(), 1);
    asker_release(&first);
    asker_release(&second);
    close_house();
}

static void test_T19_a_stale_answer_is_given_at_once_and_refreshed_behind_by_one_head(void **state)
{
    struct asker first = {0};
    struct asker second = {0};
    struct asker third = {0};
    (void)state;
    furnish(200);
    house.config.cache.fresh = 0;
    open_house();
    ask(&first, "app:1", "");
    assert_null(strstr(first.response->body, "\"stale\""));

    canned_registry_hush(&house.upstream, true);
    send_image(&second, "app:1", "");
    send_image(&third, "app:1", "");
    assert_true(asker_is_answered(&second) && asker_is_answered(&third));
    assert_non_null(strstr(second.response->body, "\"stale\":true"));
    assert_string_equal(asker_told(&second, "Cache-Control"), "no-cache");
    assert_ptr_equal(second.response, third.response);
    canned_registry_wait(&house.upstream, &house.upstream.heads, 1);
    canned_registry_hush(&house.upstream, false);
    close_house();
    assert_int_equal(house.upstream.heads, 1);
    assert_int_equal(house.upstream.gets, 1);
    asker_release(&first);
    asker_release(&second);
    asker_release(&third);
}

static void test_a_stale_answer_from_the_report_is_refreshed_behind_too(void **state)
{
    struct asker first = {0};
    struct asker second = {0};
    (void)state;
    furnish(200);
    house.config.cache.fresh = 0;
    open_house();
    ask(&first, "app:1", "");
    send_image(&second, "app:1", "&format=text");
    assert_true(asker_is_answered(&second));
    canned_registry_wait(&house.upstream, &house.upstream.heads, 1);
    asker_release(&first);
    asker_release(&second);
    close_house();
}

/* A worker that has just answered may count as busy for a moment longer. */
static void occupy_the_worker(struct asker *asker)
{
    send_image(asker, "busy:1", "");
    while (asker_is_answered(asker)) {
        assert_code(asker, 503, "overloaded");
        asker_release(asker);
        send_image(asker, "busy:1", "");
    }
}

static void test_a_refresh_that_found_no_worker_is_made_up_for_by_the_next_hit(void **state)
{
    struct asker first = {0};
    struct asker busy = {0};
    struct asker second = {0};
    int64_t until = clock_monotonic_ms() + PATIENCE_MS;
    (void)state;
    furnish(200);
    house.config.cache.fresh = 0;
    house.config.registry.workers_max = 1;
    house.config.registry.queue_max = 0;
    open_house();
    ask(&first, "app:1", "");
    canned_registry_hush(&house.upstream, true);
    occupy_the_worker(&busy);
    send_image(&second, "app:1", "");
    assert_true(asker_is_answered(&second));
    canned_registry_hush(&house.upstream, false);
    asker_wait(&busy);
    assert_int_equal(heads(), 0);
    while (heads() == 0 && clock_monotonic_ms() < until) { /* until the worker is free again */
        asker_release(&second);
        send_image(&second, "app:1", "");
        assert_true(asker_is_answered(&second));
    }
    assert_true(heads() > 0);
    asker_release(&first);
    asker_release(&busy);
    asker_release(&second);
    close_house();
}

static void test_T21_a_stale_answer_stands_in_for_a_registry_in_trouble(void **state)
{
    static const unsigned troubles[] = {500, 429};
    (void)state;
    for (size_t i = 0; i < sizeof(troubles) / sizeof(troubles[0]); i++) {
        struct asker before = {0};
        struct asker after = {0};
        struct asker again = {0};
        furnish(200);
        house.config.cache.fresh = 0;
        house.config.cache.stale_while_revalidate = 0;
        open_house();
        ask(&before, "app:1", "");
        canned_registry_say(&house.upstream, troubles[i]);
        ask(&after, "app:1", "");
        assert_int_equal(after.response->status, 200);
        assert_non_null(strstr(after.response->body, "\"stale\":true"));

        unsigned asked = gets() + heads();
        assert_int_equal(asked, 2); /* no retry where a stale answer is held */
        send_image(&again, "app:1", "");
        assert_true(asker_is_answered(&again));
        assert_int_equal(again.response->status, 200);
        assert_int_equal(gets() + heads(), asked);
        asker_release(&before);
        asker_release(&after);
        asker_release(&again);
        close_house();
    }
}

static void test_not_found_ends_a_stale_answer(void **state)
{
    struct asker before = {0};
    struct asker after = {0};
    (void)state;
    furnish(200);
    house.config.cache.fresh = 0;
    house.config.cache.stale_while_revalidate = 0;
    open_house();
    ask(&before, "app:1", "");
    canned_registry_say(&house.upstream, 404);
    ask(&after, "app:1", "");
    assert_code(&after, 404, "not_found");
    asker_release(&before);
    asker_release(&after);
    close_house();
}

/* -- credentials ---------------------------------------------------------------------------- */

static const char *auth_of(struct buffer *out, const char *user)
{
    struct buffer json = BUFFER_INIT(256);
    (void)buffer_format(&json, "{\"username\":\"%s\",\"password\":\"x\"}", user);
    (void)escape_base64_encode(out, buffer_slice(&json));
    buffer_release(&json);
    return buffer_string(out);
}

static void test_credentials_that_others_could_read_are_refused_never_ignored(void **state)
{
    struct asker asker = {.auth = "e30=", .auth_count = 1};
    (void)state;
    furnish(200);
    open_house();
    asker.request =
        (struct request){.door = &door, .query = SLICE("image=a"), .is_confidential = false};
    lookup_answer(house.lookup, &asker.request);
    assert_true(asker_is_answered(&asker));
    assert_code(&asker, 403, "forbidden");
    assert_non_null(strstr(asker.response->body, "TLS"));
    asker_release(&asker);
    close_house();
}

static void test_credentials_that_cannot_be_read_or_are_for_another_registry_are_invalid(
    void **state)
{
    struct buffer header = BUFFER_INIT(256);
    static const char elsewhere[] =
        "{\"username\":\"a\",\"password\":\"x\",\"serveraddress\":\"elsewhere.test\"}";
    (void)state;
    furnish(200);
    open_house();
    assert_true(escape_base64_encode(&header, SLICE(elsewhere)));
    const struct asker cases[] = {
        {.auth = "not base64", .auth_count = 1},
        {.auth = buffer_string(&header), .auth_count = 1},
        {.auth = "e30=", .auth_count = 2},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct asker asker = cases[i];
        send_image(&asker, "app:1", "");
        assert_true(asker_is_answered(&asker));
        assert_code(&asker, 400, "invalid");
        asker_release(&asker);
    }
    assert_int_equal(gets(), 0);
    buffer_release(&header);
    close_house();
}

static void test_T31_each_callers_answer_is_asked_for_and_told_to_nobody_else(void **state)
{
    CLEANUP(buffer_release) struct buffer alice = BUFFER_INIT(256);
    CLEANUP(buffer_release) struct buffer bob = BUFFER_INIT(256);
    struct asker cases[] = {
        {.auth = auth_of(&alice, "alice"), .auth_count = 1},
        {.auth = auth_of(&bob, "bob"), .auth_count = 1},
        {.auth = NULL},
    };
    (void)state;
    furnish(200);
    open_house();
    for (unsigned i = 0; i < 3; i++) {
        ask(&cases[i], "app:1", "");
        assert_int_equal(cases[i].response->status, 200);
        assert_int_equal(gets(), i + 1);
        asker_release(&cases[i]);
    }
    ask(&cases[0], "app:1", "");
    assert_int_equal(gets(), 3);
    assert_string_equal(asker_told(&cases[0], "Cache-Control"), "private, no-store");
    asker_release(&cases[0]);
    close_house();
}

/* -- bounds and the end --------------------------------------------------------------------- */

static void test_a_full_queue_answers_overloaded_at_once(void **state)
{
    struct asker running = {0};
    struct asker waiting = {0};
    struct asker refused = {0};
    (void)state;
    furnish(200);
    house.config.registry.workers_max = 1;
    house.config.registry.queue_max = 1;
    open_house();
    canned_registry_hush(&house.upstream, true);
    send_image(&running, "app:1", "");
    send_image(&waiting, "app:2", "");
    send_image(&refused, "app:3", "");
    assert_true(asker_is_answered(&refused));
    assert_code(&refused, 503, "overloaded");
    assert_string_equal(asker_told(&refused, "Retry-After"), "1");
    assert_false(asker_is_answered(&running));
    canned_registry_hush(&house.upstream, false);
    asker_wait(&running);
    asker_wait(&waiting);
    assert_int_equal(waiting.response->status, 200);
    asker_release(&running);
    asker_release(&waiting);
    asker_release(&refused);
    close_house();
}

static void test_a_silent_registry_is_a_timeout(void **state)
{
    struct asker asker = {0};
    (void)state;
    furnish(200);
    house.config.registry.timeout = 100;
    open_house();
    canned_registry_hush(&house.upstream, true);
    ask(&asker, "app:1", "");
    assert_code(&asker, 504, "timeout");
    asker_release(&asker);
    close_house();
}

static void test_the_tick_answers_who_has_waited_past_the_deadline(void **state)
{
    struct asker asker = {0};
    (void)state;
    furnish(200);
    open_house();
    canned_registry_hush(&house.upstream, true);
    send_image(&asker, "app:1", "");
    lookup_tick(house.lookup, clock_monotonic_ms() + PATIENCE_MS);
    assert_false(asker_is_answered(&asker));
    lookup_tick(house.lookup, clock_monotonic_ms() + PATIENCE_MS + 2000);
    assert_true(asker_is_answered(&asker));
    assert_code(&asker, 504, "timeout");
    asker_release(&asker);
    close_house();
}

static void test_a_drain_answers_who_waits_and_refuses_who_comes(void **state)
{
    struct asker waiting = {0};
    struct asker late = {0};
    (void)state;
    furnish(200);
    open_house();
    canned_registry_hush(&house.upstream, true);
    send_image(&waiting, "app:1", "");
    lookup_drain(house.lookup, clock_monotonic_ms());
    assert_true(asker_is_answered(&waiting));
    assert_code(&waiting, 503, "draining");
    send_image(&late, "app:2", "");
    assert_true(asker_is_answered(&late));
    assert_code(&late, 503, "draining");
    asker_release(&waiting);
    asker_release(&late);
    close_house();
}

static void test_a_drain_waits_for_answers_on_their_way(void **state)
{
    struct asker asker = {0};
    (void)state;
    furnish(200);
    open_house();
    send_image(&asker, "app:1", "");
    lookup_drain(house.lookup, clock_monotonic_ms() + PATIENCE_MS);
    assert_true(asker_is_answered(&asker));
    assert_int_equal(asker.response->status, 200);
    asker_release(&asker);
    close_house();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_T40_a_wrong_question_is_refused_with_the_reason),
        cmocka_unit_test(test_T40_an_image_is_at_most_1024_bytes),
        cmocka_unit_test(test_a_cold_question_costs_one_get_and_a_warm_one_none),
        cmocka_unit_test(test_other_spellings_are_rendered_from_what_is_known),
        cmocka_unit_test(test_T20_who_asks_what_is_being_asked_joins),
        cmocka_unit_test(test_two_tags_of_one_digest_are_two_questions),
        cmocka_unit_test(test_a_digest_known_from_elsewhere_is_authorised_by_a_head),
        cmocka_unit_test(test_a_failure_is_remembered),
        cmocka_unit_test(test_T19_a_stale_answer_is_given_at_once_and_refreshed_behind_by_one_head),
        cmocka_unit_test(test_a_stale_answer_from_the_report_is_refreshed_behind_too),
        cmocka_unit_test(test_a_refresh_that_found_no_worker_is_made_up_for_by_the_next_hit),
        cmocka_unit_test(test_T21_a_stale_answer_stands_in_for_a_registry_in_trouble),
        cmocka_unit_test(test_not_found_ends_a_stale_answer),
        cmocka_unit_test(test_credentials_that_others_could_read_are_refused_never_ignored),
        cmocka_unit_test(
            test_credentials_that_cannot_be_read_or_are_for_another_registry_are_invalid),
        cmocka_unit_test(test_T31_each_callers_answer_is_asked_for_and_told_to_nobody_else),
        cmocka_unit_test(test_a_full_queue_answers_overloaded_at_once),
        cmocka_unit_test(test_a_silent_registry_is_a_timeout),
        cmocka_unit_test(test_the_tick_answers_who_has_waited_past_the_deadline),
        cmocka_unit_test(test_a_drain_answers_who_waits_and_refuses_who_comes),
        cmocka_unit_test(test_a_drain_waits_for_answers_on_their_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
