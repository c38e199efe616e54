/* SPDX-License-Identifier: Apache-2.0 */
/* A batch from its body to its last line, with a canned registry behind it. */
#include "server/batch.h"
#include "server/channel.h"
#include "tests/unit/server/lookup_house.h"

enum {
    BODY_MAX = 64 * 1024,
    ANSWER_MAX = 4 * 1024 * 1024,
    MANY = 400
};

/* One who sends a batch and reads what comes. */
struct sender {
    struct asker asker;
    struct body_allowance allowance;
    char answer[ANSWER_MAX];
    size_t length;
};

static struct sender sender;
static const char *content_type;

static struct slice sender_header(const struct request *request, const char *name, size_t *count)
{
    (void)request;
    if (count)
        *count = 0;
    return strcmp(name, "content-type") == 0 ? slice_from_string(content_type) : (struct slice){0};
}

static const struct request_door sender_door = {.header = sender_header, .respond = asker_respond};

static void send_batch(const char *type, struct slice body)
{
    struct request *request = &sender.asker.request;
    struct error error;

    memset(&sender, 0, sizeof(sender));
    sender.allowance.limit = BODIES_LIMIT;
    content_type = type;
    *request = (struct request){
        .door = &sender_door, .method = METHOD_POST, .snapshot = snapshots_take(house.snapshots)};
    body_begin(&request->body, &sender.allowance);
    assert_true(batch_admit(request, &error));
    assert_true(request->wants_body);
    body_append(&request->body, body);
    batch_answer(house.lookup, request);
    asker_wait(&sender.asker);
}

/* Reads on; true once all has come. */
static bool read_on(void)
{
    size_t length = 0;
    enum channel_state state =
        channel_take(sender.asker.response->stream, sender.answer + sender.length,
                     sizeof(sender.answer) - sender.length - 1, &length);

    sender.length += length;
    assert_int_not_equal(state, CHANNEL_BROKEN);
    return state == CHANNEL_ENDED;
}

static void read_all(void)
{
    int64_t deadline = clock_monotonic_ms() + PATIENCE_MS;

    assert_non_null(sender.asker.response->stream);
    while (!read_on()) {
        assert_true(clock_monotonic_ms() < deadline);
        (void)sched_yield();
    }
}

static size_t count_of(const char *text)
{
    size_t count = 0;

    for (const char *at = sender.answer; (at = strstr(at, text)); at++)
        count++;
    return count;
}

static void append_image(struct buffer *body, const char *start, const char *name, const char *end)
{
    assert_true(buffer_format(body, "%s%s/%s%s", start, house.upstream.name, name, end));
}

static void test_every_item_has_its_line_and_the_count_comes_last(void **state)
{
    CLEANUP(buffer_release) struct buffer body = BUFFER_INIT(BODY_MAX);

    (void)state;
    furnish(200);
    open_house();
    append_image(&body, "[\"", "app:1", "\",");
    append_image(&body, "{\"id\":\"x\",\"image\":\"", "app:2", "\"},");
    append_image(&body, "{\"platform\":\"linux/amd64\",\"image\":\"", "app:1", "\"},");
    (void)buffer_append_string(&body, "\"bad ref\", 7]");
    send_batch("application/json", buffer_slice(&body));
    assert_int_equal(sender.asker.response->status, 200);
    assert_string_equal(sender.asker.response->content_type, "application/x-ndjson");
    assert_string_equal(asker_told(&sender.asker, "X-Accel-Buffering"), "no");
    read_all();
    assert_int_equal(count_of("\n"), 6);
    assert_int_equal(count_of("{\"index\":1,\"id\":\"x\",\"image\":"), 1);
    assert_int_equal(count_of("\"status\":200,\"result\":{\"cachets\":"), 3);
    assert_int_equal(count_of("\"supported\":true"), 1);
    assert_int_equal(count_of("{\"index\":3,\"image\":\"bad ref\",\"status\":400,\"error\":\""), 1);
    assert_int_equal(count_of("{\"index\":4,\"image\":\"\",\"status\":400,\"error\":\""), 1);
    assert_non_null(strstr(sender.answer, "\n{\"done\":true,\"total\":5,\"ok\":3,\"failed\":2}\n"));
    asker_release(&sender.asker);
    close_house();
}

static void test_T20_what_stands_in_it_often_is_asked_once(void **state)
{
    CLEANUP(buffer_release) struct buffer body = BUFFER_INIT(BODY_MAX);

    (void)state;
    furnish(200);
    house.config.cache.fresh = 0; /* the cache is no help */
    house.config.cache.stale_while_revalidate = 0;
    house.config.cache.stale_if_error = 0;
    open_house();
    for (size_t i = 0; i < MANY; i++)
        append_image(&body, "\"", "app:1", "\"\n");
    send_batch("application/x-ndjson; charset=utf-8", buffer_slice(&body));
    read_all();
    assert_int_equal(count_of("\"status\":200"), MANY);
    assert_int_equal(gets_so_far() + heads_so_far(), 1);
    asker_release(&sender.asker);
    close_house();
}

static void append_tags(struct buffer *body)
{
    for (unsigned i = 0; i < MANY; i++) {
        char name[16];
        (void)snprintf(name, sizeof(name), "app:%u", i);
        append_image(body, "\"", name, "\"\n");
    }
}

/* What cannot be sent is not asked for. */
static void test_who_takes_no_lines_is_asked_for_no_more(void **state)
{
    CLEANUP(buffer_release) struct buffer body = BUFFER_INIT(BODY_MAX);

    (void)state;
    furnish(200);
    open_house();
    append_tags(&body);
    send_batch("application/x-ndjson", buffer_slice(&body));
    int64_t deadline = clock_monotonic_ms() + PATIENCE_MS;
    while (channel_waiting(sender.asker.response->stream) < 64UL * 1024)
        assert_true(clock_monotonic_ms() < deadline);
    assert_true(gets_so_far() < MANY);
    read_all();
    assert_int_equal(gets_so_far(), MANY);
    assert_int_equal(count_of("\"status\":200"), MANY);
    asker_release(&sender.asker);
    close_house();
}

/* Sends a batch whose first question has been asked, and stays without an answer. */
static void ask_a_silent_registry(void)
{
    CLEANUP(buffer_release) struct buffer body = BUFFER_INIT(BODY_MAX);

    furnish(200);
    open_house();
    canned_registry_hush(&house.upstream, true);
    append_tags(&body);
    send_batch("application/x-ndjson", buffer_slice(&body));
    canned_registry_wait(&house.upstream, &house.upstream.gets, 1);
}

static void test_a_client_that_leaves_is_asked_for_no_more(void **state)
{
    (void)state;
    ask_a_silent_registry();
    asker_release(&sender.asker); /* the reading end with it */
    canned_registry_hush(&house.upstream, false);
    lookup_drain(house.lookup, clock_monotonic_ms());
    assert_true(gets_so_far() <= 16);
    close_house();
}

static void test_a_drain_ends_a_batch_with_its_count(void **state)
{
    (void)state;
    ask_a_silent_registry();
    lookup_drain(house.lookup, clock_monotonic_ms());
    read_all();
    assert_int_equal(count_of("\"code\":\"draining\""), MANY);
    assert_non_null(strstr(sender.answer, "{\"done\":true,\"total\":400,\"ok\":0,\"failed\":400}"));
    asker_release(&sender.asker);
    canned_registry_hush(&house.upstream, false);
    close_house();
}

static void test_what_is_no_batch_is_refused(void **state)
{
    static const struct {
        const char *body;
        unsigned status;
        const char *code;
    } cases[] = {
        {"{}", 400, "invalid"},
        {"[\"a\"", 400, "invalid"},
        {"", 400, "invalid"},
    };
    CLEANUP(buffer_release) struct buffer many = BUFFER_INIT(BODY_MAX);

    (void)state;
    furnish(200);
    open_house();
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        send_batch("application/json", slice_from_string(cases[i].body));
        assert_code(&sender.asker, cases[i].status, cases[i].code);
        asker_release(&sender.asker);
    }
    for (size_t i = 0; i < 1001; i++)
        (void)buffer_append_string(&many, "\"a\"\n");
    send_batch("application/x-ndjson", buffer_slice(&many));
    assert_code(&sender.asker, 413, "too_large");
    asker_release(&sender.asker);
    close_house();
}

static void test_other_types_of_body_are_refused_at_the_head(void **state)
{
    static const char *const types[] = {"", "text/plain", "application/jsonx", "application/yaml"};

    (void)state;
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        struct request request = {.door = &sender_door, .method = METHOD_POST};
        struct error error;
        content_type = types[i];
        assert_false(batch_admit(&request, &error));
        assert_int_equal(error.code, ERROR_MEDIA_TYPE);
        assert_false(request.wants_body);
    }
}

static void test_too_many_batches_at_once_are_overloaded(void **state)
{
    enum {
        AT_ONCE = 32
    };
    struct response *open[AT_ONCE];

    (void)state;
    furnish(200);
    open_house();
    for (size_t i = 0; i < AT_ONCE; i++) {
        send_batch("application/json", SLICE("[]"));
        assert_int_equal(sender.asker.response->status, 200);
        open[i] = sender.asker.response;
    }
    send_batch("application/json", SLICE("[]"));
    assert_code(&sender.asker, 503, "overloaded");
    asker_release(&sender.asker);
    for (size_t i = 0; i < AT_ONCE; i++)
        response_unref(open[i]);
    send_batch("application/json", SLICE("[]"));
    assert_int_equal(sender.asker.response->status, 200);
    asker_release(&sender.asker);
    close_house();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_item_has_its_line_and_the_count_comes_last),
        cmocka_unit_test(test_T20_what_stands_in_it_often_is_asked_once),
        cmocka_unit_test(test_who_takes_no_lines_is_asked_for_no_more),
        cmocka_unit_test(test_a_client_that_leaves_is_asked_for_no_more),
        cmocka_unit_test(test_a_drain_ends_a_batch_with_its_count),
        cmocka_unit_test(test_what_is_no_batch_is_refused),
        cmocka_unit_test(test_other_types_of_body_are_refused_at_the_head),
        cmocka_unit_test(test_too_many_batches_at_once_are_overloaded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
