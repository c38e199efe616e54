/* SPDX-License-Identifier: Apache-2.0 */
/* What clients still send is dropped until they have sent all, or for so long. */
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "server/linger.h"

enum {
    NOW = 1000,
    LONG = 1000 * 1000
};

/* A client's end of a connection that lingers. */
static int linger(struct lingerers *lingerers)
{
    int pair[2];

    assert_return_code(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair), 0);
    lingerers_add(lingerers, pair[0], NOW);
    (void)shutdown(pair[0], SHUT_WR); /* as the server ends its answer */
    (void)close(pair[0]);
    return pair[1];
}

static bool is_busy(const struct lingerers *lingerers)
{
    struct pollfd epoll = {.fd = lingerers->epoll, .events = POLLIN};
    return poll(&epoll, 1, 0) > 0;
}

static void fill(int client)
{
    static const char piece[4096];

    while (send(client, piece, sizeof(piece), MSG_NOSIGNAL) > 0)
        continue;
}

static void test_what_is_sent_is_dropped_until_the_client_ends(void **state)
{
    (void)state;
    struct lingerers lingerers;
    struct error error;

    assert_true(lingerers_open(&lingerers, &error));
    assert_false(is_busy(&lingerers));
    int client = linger(&lingerers);
    fill(client);
    assert_true(is_busy(&lingerers));
    while (is_busy(&lingerers))
        lingerers_drain(&lingerers);
    assert_true(send(client, "x", 1, MSG_NOSIGNAL) == 1); /* there is room again, and no reset */
    assert_int_equal(lingerers.count, 1);

    (void)close(client);
    assert_true(is_busy(&lingerers));
    lingerers_drain(&lingerers);
    assert_int_equal(lingerers.count, 0);
    assert_false(is_busy(&lingerers));
    lingerers_release(&lingerers);
}

static void test_a_client_that_never_ends_is_cut_off(void **state)
{
    (void)state;
    struct lingerers lingerers;
    struct error error;

    assert_true(lingerers_open(&lingerers, &error));
    int client = linger(&lingerers);
    lingerers_sweep(&lingerers, NOW + 1);
    assert_int_equal(lingerers.count, 1);
    lingerers_sweep(&lingerers, NOW + LONG);
    assert_int_equal(lingerers.count, 0);
    assert_true(send(client, "x", 1, MSG_NOSIGNAL) < 0);
    (void)close(client);
    lingerers_release(&lingerers);
}

static void test_only_so_many_linger(void **state)
{
    (void)state;
    enum {
        CLIENTS = 300
    };
    struct lingerers lingerers;
    struct error error;
    int clients[CLIENTS];

    assert_true(lingerers_open(&lingerers, &error));
    for (size_t i = 0; i < CLIENTS; i++)
        clients[i] = linger(&lingerers);
    assert_int_equal(lingerers.count, 256);
    assert_true(send(clients[0], "x", 1, MSG_NOSIGNAL) == 1);
    assert_true(send(clients[CLIENTS - 1], "x", 1, MSG_NOSIGNAL) < 0);
    lingerers_release(&lingerers);
    assert_true(send(clients[0], "x", 1, MSG_NOSIGNAL) < 0);
    for (size_t i = 0; i < CLIENTS; i++)
        (void)close(clients[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_sent_is_dropped_until_the_client_ends),
        cmocka_unit_test(test_a_client_that_never_ends_is_cut_off),
        cmocka_unit_test(test_only_so_many_linger),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
