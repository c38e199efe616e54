/* SPDX-License-Identifier: Apache-2.0 */
/* How answers meet connections in every order, and what the sweep does to whom. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "server/channel.h"
#include "server/connection.h"
#include "server/response.h"

enum {
    START = 1000,
    LIMIT = 100,
    HANG_UP = 50
};

/* One client; `native` is the counter of how often it was woken. */
struct visitor {
    struct connections all;
    struct connection *connection;
    int peer;
    _Atomic int woken;
};

static void count_wake(void *native)
{
    _Atomic int *woken = native;

    (void)atomic_fetch_add(woken, 1);
}

static void visitor_open(struct visitor *client)
{
    int pair[2];

    assert_return_code(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    *client = (struct visitor){.peer = pair[1]};
    connections_init(&client->all, count_wake);
    connections_expect(&client->all); /* counted before it is open: it has its descriptor */
    assert_int_equal(client->all.count, 1);
    client->connection = connection_open(&client->all, &client->woken, pair[0], START);
    assert_non_null(client->connection);
    assert_int_equal(client->all.count, 1);
}

static void visitor_close(struct visitor *client)
{
    int fd = client->connection->fd;

    connection_close(client->connection);
    assert_int_equal(client->all.count, 1);
    connections_forget(&client->all);
    assert_int_equal(client->all.count, 0);
    connections_release(&client->all);
    (void)close(fd);
    if (client->peer >= 0)
        (void)close(client->peer);
}

static struct response *new_response(void)
{
    CLEANUP(buffer_release) struct buffer body = BUFFER_INIT(8);

    struct response *response = response_new(200, "text/plain", &body);
    assert_non_null(response);
    return response;
}

/* -- answers -------------------------------------------------------------------------------- */

static void test_an_answer_within_the_handler_wakes_nobody(void **state)
{
    (void)state;
    struct visitor client;
    visitor_open(&client);
    struct response *response = new_response();

    connection_ask(client.connection, START);
    assert_null(connection_reply(client.connection));
    connection_answer(client.connection, response);
    assert_ptr_equal(connection_reply(client.connection), response);
    assert_int_equal(client.woken, 0);
    connection_finish(client.connection, START);
    assert_null(connection_reply(client.connection));
    visitor_close(&client);
}

static void test_an_answer_that_is_awaited_wakes_once(void **state)
{
    (void)state;
    struct visitor client;
    visitor_open(&client);

    connection_ask(client.connection, START);
    connection_await(client.connection);
    assert_int_equal(client.woken, 0);
    connection_answer(client.connection, new_response());
    assert_int_equal(client.woken, 1);
    assert_non_null(connection_reply(client.connection));
    connection_finish(client.connection, START);
    visitor_close(&client);
}

static void test_an_answer_between_handler_and_sleep_wakes_what_was_put_to_sleep(void **state)
{
    (void)state;
    struct visitor client;
    visitor_open(&client);

    connection_ask(client.connection, START);
    connection_answer(client.connection, new_response());
    assert_int_equal(client.woken, 0);
    connection_await(client.connection);
    assert_int_equal(client.woken, 1);
    connection_finish(client.connection, START);
    visitor_close(&client);
}

static void test_an_answer_after_the_client_is_gone_is_dropped(void **state)
{
    (void)state;
    struct visitor client;
    visitor_open(&client);
    struct response *response = new_response();
    struct connection *connection = client.connection;

    connection_ask(connection, START);
    connection_await(connection);
    assert_true(connection_is_wanted(connection));
    connections_abandon(&client.all);
    assert_int_equal(client.woken, 1);
    assert_null(connection_reply(connection));
    assert_false(connection_is_wanted(connection));
    connection_finish(connection, START);
    visitor_close(&client);

    response_ref(response);
    connection_answer(connection, response); /* the last holder: frees the connection */
    assert_int_equal(response->references, 1);
    response_unref(response);
    assert_int_equal(client.woken, 1);
}

static void test_an_answer_that_is_never_sent_is_dropped(void **state)
{
    (void)state;
    struct visitor client;
    visitor_open(&client);
    struct response *response = new_response();

    connection_ask(client.connection, START);
    connection_answer(client.connection, response_ref(response));
    connection_finish(client.connection, START);
    assert_int_equal(response->references, 1);
    response_unref(response);
    visitor_close(&client);
}

static void test_nobody_falls_asleep_once_all_are_abandoned(void **state)
{
    (void)state;
    struct visitor client;
    visitor_open(&client);

    connections_abandon(&client.all);
    connection_ask(client.connection, START);
    connection_await(client.connection);
    assert_int_equal(client.woken, 1);
    connection_answer(client.connection, new_response());
    visitor_close(&client);
}

static void *answer_from_another_thread(void *context)
{
    connection_answer(context, new_response());
    return NULL;
}

static void test_a_connection_is_woken_once_or_not_needed_whoever_comes_first(void **state)
{
    (void)state;
    for (int i = 0; i < 500; i++) {
        struct visitor client;
        pthread_t thread;

        visitor_open(&client);
        connection_ask(client.connection, START);
        assert_int_equal(
            pthread_create(&thread, NULL, answer_from_another_thread, client.connection), 0);
        bool is_answered = connection_reply(client.connection) != NULL;
        if (!is_answered)
            connection_await(client.connection);
        (void)pthread_join(thread, NULL);
        assert_int_equal(client.woken, is_answered ? 0 : 1);
        assert_non_null(connection_reply(client.connection));
        connection_finish(client.connection, START);
        visitor_close(&client);
    }
}

static void test_one_connection_serves_many_requests(void **state)
{
    (void)state;
    struct visitor client;
    visitor_open(&client);

    for (int i = 0; i < 3; i++) {
        connection_begin(client.connection, SLICE("/query?image=a"), START);
        assert_true(slice_equal_string(client.connection->request.path, "/query"));
        assert_true(slice_equal_string(client.connection->request.query, "image=a"));
        connection_ask(client.connection, START);
        connection_answer(client.connection, new_response());
        connection_finish(client.connection, START);
    }
    visitor_close(&client);
}

static void test_T40_a_target_beyond_4_kib_is_noticed(void **state)
{
    (void)state;
    static char long_target[CONNECTION_TARGET_MAX + 1];
    struct visitor client;
    visitor_open(&client);

    connection_begin(client.connection, slice_of(long_target, CONNECTION_TARGET_MAX), START);
    assert_false(client.connection->is_target_too_long);
    connection_begin(client.connection, slice_of(long_target, CONNECTION_TARGET_MAX + 1), START);
    assert_true(client.connection->is_target_too_long);
    connection_begin(client.connection, SLICE("/"), START);
    assert_false(client.connection->is_target_too_long);
    visitor_close(&client);
}

/* -- the sweep ------------------------------------------------------------------------------ */

static struct connection_limits limits_for(enum connection_phase phase)
{
    struct connection_limits limits = {.hang_up = HANG_UP};

    for (int i = 0; i < CONNECTION_PHASE_COUNT; i++)
        limits.phase[i] = -1;
    limits.phase[phase] = LIMIT;
    return limits;
}

/* Whether the connection's own end has been shut for reading. */
static bool is_shut(const struct visitor *client)
{
    char byte;

    return recv(client->connection->fd, &byte, 1, MSG_DONTWAIT) == 0;
}

static void test_each_phase_ends_after_its_own_limit(void **state)
{
    (void)state;
    for (int i = 0; i < CONNECTION_PHASE_COUNT; i++) {
        enum connection_phase phase = (enum connection_phase)i;
        struct connection_limits limits = limits_for(phase);
        struct connection_limits others = limits;
        struct visitor client;

        others.phase[phase] = -1;
        visitor_open(&client);
        connection_enter(client.connection, phase, START + 1);
        connections_sweep(&client.all, &limits, START + LIMIT);
        assert_false(is_shut(&client));
        connections_sweep(&client.all, &others, START + 100 * LIMIT);
        assert_false(is_shut(&client));
        connections_sweep(&client.all, &limits, START + 1 + LIMIT);
        assert_true(is_shut(&client));
        visitor_close(&client);
    }
}

static void test_what_has_been_received_is_still_read_when_idle_ones_end(void **state)
{
    (void)state;
    struct connection_limits limits = limits_for(CONNECTION_IDLE);
    struct visitor client;
    char byte = 'x';

    visitor_open(&client);
    assert_int_equal(send(client.peer, &byte, 1, 0), 1);
    connection_enter(client.connection, CONNECTION_IDLE, START);
    connections_sweep(&client.all, &limits, START + LIMIT);
    assert_int_equal(recv(client.connection->fd, &byte, 1, MSG_DONTWAIT), 1);
    assert_true(is_shut(&client));
    visitor_close(&client);
}

static void test_a_client_that_leaves_while_waiting_is_found(void **state)
{
    (void)state;
    struct connection_limits limits = limits_for(CONNECTION_IDLE);
    struct visitor client;

    visitor_open(&client);
    struct connection *connection = client.connection;
    connection_ask(connection, START);
    connection_await(connection);
    connections_sweep(&client.all, &limits, START + 100 * HANG_UP);
    assert_int_equal(client.woken, 0);

    (void)close(client.peer);
    client.peer = -1;
    connections_sweep(&client.all, &limits, START + HANG_UP - 1);
    assert_int_equal(client.woken, 0);
    connections_sweep(&client.all, &limits, START + HANG_UP);
    assert_int_equal(client.woken, 1);
    connections_sweep(&client.all, &limits, START + HANG_UP);
    assert_int_equal(client.woken, 1);
    connection_finish(connection, START);
    visitor_close(&client);
    connection_answer(connection, new_response());
}

static void test_what_we_have_shut_is_no_client_that_leaves(void **state)
{
    (void)state;
    struct connection_limits limits = limits_for(CONNECTION_IDLE);
    struct visitor client;
    char byte = 'x';

    visitor_open(&client);
    struct connection *connection = client.connection;
    assert_int_equal(send(client.peer, &byte, 1, 0), 1);
    connection_enter(connection, CONNECTION_IDLE, START);
    connections_sweep(&client.all, &limits, START + LIMIT);
    connection_ask(connection, START + LIMIT); /* what had been received is read, and asked */
    connection_await(connection);
    connections_sweep(&client.all, &limits, START + LIMIT + 10 * HANG_UP);
    assert_int_equal(client.woken, 0);
    connection_answer(connection, new_response());
    assert_int_equal(client.woken, 1);
    assert_non_null(connection_reply(connection));
    connection_finish(connection, START);
    visitor_close(&client);
}

/* -- streams -------------------------------------------------------------------------------- */

static unsigned readers_left;

static void ignore(void *context)
{
    (void)context;
}

static void count_left(void *context)
{
    (void)context;
    readers_left++;
}

static struct channel *answer_with_stream(struct connection *connection)
{
    const struct channel_writer writer = {.taken = ignore, .left = count_left};
    struct channel *channel = channel_new(&writer);

    assert_non_null(channel);
    struct response *response = response_new_stream(200, "text/plain", channel);
    assert_non_null(response);
    connection_ask(connection, START);
    connection_answer(connection, response);
    readers_left = 0;
    return channel;
}

static void test_a_paused_stream_is_woken_by_what_is_written(void **state)
{
    (void)state;
    struct visitor client;
    visitor_open(&client);
    struct channel *channel = answer_with_stream(client.connection);

    assert_true(connection_goes_on(client.connection, START));
    channel_write(channel, SLICE("a")); /* it was awake */
    assert_int_equal(client.woken, 0);
    connection_pause(client.connection, START); /* written in between */
    assert_int_equal(client.woken, 1);
    assert_true(connection_goes_on(client.connection, START));

    size_t length = 0;
    assert_int_equal(channel_take(channel, (char[1]){0}, 1, &length), CHANNEL_BYTES);
    connection_pause(client.connection, START);
    assert_int_equal(client.woken, 1);
    channel_write(channel, SLICE("b"));
    channel_write(channel, SLICE("c"));
    assert_int_equal(client.woken, 2);
    connection_pause(client.connection, START);
    channel_end(channel);
    assert_int_equal(client.woken, 3);
    connection_finish(client.connection, START);
    assert_int_equal(readers_left, 1);
    visitor_close(&client);
}

static void test_a_client_that_leaves_in_a_paused_stream_is_found(void **state)
{
    (void)state;
    struct connection_limits limits = limits_for(CONNECTION_IDLE);
    struct visitor client;
    visitor_open(&client);
    struct channel *channel = answer_with_stream(client.connection);

    connection_pause(client.connection, START);
    connections_sweep(&client.all, &limits, START + 100 * HANG_UP);
    assert_int_equal(client.woken, 0);
    (void)close(client.peer);
    client.peer = -1;
    connections_sweep(&client.all, &limits, START + HANG_UP);
    assert_int_equal(client.woken, 1);
    assert_false(connection_goes_on(client.connection, START));
    channel_write(channel, SLICE("a"));
    assert_int_equal(client.woken, 1);
    connection_finish(client.connection, START);
    assert_int_equal(readers_left, 1);
    channel_end(channel);
    visitor_close(&client);
}

static void test_a_stream_whose_client_takes_nothing_is_cut_off(void **state)
{
    (void)state;
    struct connection_limits limits = limits_for(CONNECTION_SENDING);
    struct visitor client;
    visitor_open(&client);
    struct channel *channel = answer_with_stream(client.connection);

    connection_enter(client.connection, CONNECTION_SENDING, START);
    assert_true(connection_goes_on(client.connection, START + LIMIT - 1));
    connections_sweep(&client.all, &limits, START + LIMIT);
    assert_false(is_shut(&client));
    connections_sweep(&client.all, &limits, START + 2 * LIMIT - 1);
    assert_true(is_shut(&client));
    connection_finish(client.connection, START);
    channel_end(channel);
    visitor_close(&client);
}

static void test_no_stream_pauses_once_all_are_abandoned(void **state)
{
    (void)state;
    struct visitor client;
    visitor_open(&client);
    struct channel *channel = answer_with_stream(client.connection);

    connections_abandon(&client.all);
    assert_int_equal(client.woken, 0);
    connection_pause(client.connection, START);
    assert_int_equal(client.woken, 1);
    assert_false(connection_goes_on(client.connection, START));
    connection_finish(client.connection, START);
    channel_end(channel);
    visitor_close(&client);
}

static void test_a_stream_nobody_will_send_is_left(void **state)
{
    (void)state;
    struct visitor client;
    visitor_open(&client);
    struct channel *channel = answer_with_stream(client.connection);

    connection_finish(client.connection, START);
    assert_int_equal(readers_left, 1);
    channel_end(channel);
    visitor_close(&client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_answer_within_the_handler_wakes_nobody),
        cmocka_unit_test(test_an_answer_that_is_awaited_wakes_once),
        cmocka_unit_test(test_an_answer_between_handler_and_sleep_wakes_what_was_put_to_sleep),
        cmocka_unit_test(test_an_answer_after_the_client_is_gone_is_dropped),
        cmocka_unit_test(test_an_answer_that_is_never_sent_is_dropped),
        cmocka_unit_test(test_nobody_falls_asleep_once_all_are_abandoned),
        cmocka_unit_test(test_a_connection_is_woken_once_or_not_needed_whoever_comes_first),
        cmocka_unit_test(test_one_connection_serves_many_requests),
        cmocka_unit_test(test_T40_a_target_beyond_4_kib_is_noticed),
        cmocka_unit_test(test_each_phase_ends_after_its_own_limit),
        cmocka_unit_test(test_what_has_been_received_is_still_read_when_idle_ones_end),
        cmocka_unit_test(test_a_client_that_leaves_while_waiting_is_found),
        cmocka_unit_test(test_what_we_have_shut_is_no_client_that_leaves),
        cmocka_unit_test(test_a_paused_stream_is_woken_by_what_is_written),
        cmocka_unit_test(test_a_client_that_leaves_in_a_paused_stream_is_found),
        cmocka_unit_test(test_a_stream_whose_client_takes_nothing_is_cut_off),
        cmocka_unit_test(test_no_stream_pauses_once_all_are_abandoned),
        cmocka_unit_test(test_a_stream_nobody_will_send_is_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
