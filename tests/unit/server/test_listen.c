/* SPDX-License-Identifier: Apache-2.0 */
/* Sockets opened, left over, and inherited. */
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "server/address.h"
#include "server/listen.h"

enum {
    PATH_SIZE = 64,
    FIRST_PASSED = 3
};

static char directory[] = "/tmp/test-listen-XXXXXX";

static int make_directory(void **state)
{
    (void)state;
    (void)unsetenv("LISTEN_FDS"); /* NOLINT(concurrency-mt-unsafe): one thread */
    (void)unsetenv("LISTEN_PID"); /* NOLINT(concurrency-mt-unsafe) */
    return mkdtemp(directory) ? 0 : -1;
}

static int remove_directory(void **state)
{
    (void)state;
    return rmdir(directory);
}

static struct listeners open_at(const char *address)
{
    struct listeners listeners;
    struct error error;

    if (!listeners_open(&listeners, address, &error))
        fail_msg("%s", error.message);
    assert_int_equal(listeners.count, 1);
    return listeners;
}

static void describe(const struct listeners *listeners, char *out, size_t size)
{
    CLEANUP(buffer_release) struct buffer text = BUFFER_INIT(size - 1);

    assert_true(address_describe(listeners->items[0].fd, &text));
    (void)snprintf(out, size, "%s", buffer_string(&text));
}

static void socket_path(char *out, size_t size)
{
    (void)snprintf(out, size, "unix:%s/s", directory);
}

static void assert_answers(const struct listeners *listeners)
{
    struct sockaddr_storage address = {0};
    socklen_t length = sizeof(address);

    assert_return_code(getsockname(listeners->items[0].fd, (struct sockaddr *)&address, &length),
                       0);
    int fd = socket(address.ss_family, SOCK_STREAM, 0);
    assert_return_code(connect(fd, (struct sockaddr *)&address, length), 0);
    (void)close(fd);
}

static void test_port_0_is_any_free_port(void **state)
{
    (void)state;
    char text[PATH_SIZE];
    struct listeners listeners = open_at("127.0.0.1:0");

    describe(&listeners, text, sizeof(text));
    assert_int_equal(strncmp(text, "127.0.0.1:", strlen("127.0.0.1:")), 0);
    assert_string_not_equal(text, "127.0.0.1:0");
    assert_answers(&listeners);
    listeners_release(&listeners);
    assert_int_equal(listeners.count, 0);
}

static void test_an_address_in_use_is_told(void **state)
{
    (void)state;
    char text[PATH_SIZE];
    struct listeners first = open_at("127.0.0.1:0");
    struct listeners second;
    struct error error;

    describe(&first, text, sizeof(text));
    assert_false(listeners_open(&second, text, &error));
    assert_int_equal(error.code, ERROR_CONFLICT);
    assert_non_null(strstr(error.message, "address in use"));
    assert_non_null(strstr(error.message, text));
    listeners_release(&first);

    second = open_at(text);
    listeners_release(&second);
}

static void test_an_address_of_another_machine_is_told(void **state)
{
    (void)state;
    struct listeners listeners;
    struct error error;

    assert_false(listeners_open(&listeners, "192.0.2.1:8080", &error));
    assert_int_equal(error.code, ERROR_CONFLICT);
    assert_non_null(strstr(error.message, "no such address"));
}

static void test_all_addresses_include_ipv4(void **state)
{
    (void)state;
    struct listeners listeners = open_at(":0");
    struct sockaddr_storage address;
    socklen_t length = sizeof(address);
    const void *bytes = &address;

    assert_return_code(getsockname(listeners.items[0].fd, (struct sockaddr *)&address, &length), 0);
    /* sin_port and sin6_port are at the same place. */
    struct sockaddr_in ipv4 = {.sin_family = AF_INET,
                               .sin_port = ((const struct sockaddr_in *)bytes)->sin_port,
                               .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_return_code(connect(fd, (struct sockaddr *)&ipv4, sizeof(ipv4)), 0);
    (void)close(fd);
    listeners_release(&listeners);
}

static void test_a_unix_sockets_file_goes_with_it(void **state)
{
    (void)state;
    char text[PATH_SIZE];
    char described[PATH_SIZE];
    struct stat status;

    socket_path(text, sizeof(text));
    struct listeners listeners = open_at(text);
    describe(&listeners, described, sizeof(described));
    assert_string_equal(described, text);
    assert_answers(&listeners);
    listeners_release(&listeners);
    assert_int_not_equal(stat(text + strlen("unix:"), &status), 0);
}

static void test_a_leftover_socket_is_replaced_and_a_live_one_is_not(void **state)
{
    (void)state;
    char text[PATH_SIZE];
    struct listeners again;
    struct error error;

    socket_path(text, sizeof(text));
    struct listeners dead = open_at(text);
    (void)close(dead.items[0].fd);
    free(dead.items[0].path);

    struct listeners alive = open_at(text);
    assert_false(listeners_open(&again, text, &error));
    assert_non_null(strstr(error.message, "address in use"));
    assert_answers(&alive);
    listeners_release(&alive);
}

static void test_a_file_that_is_no_socket_is_left_alone(void **state)
{
    (void)state;
    char text[PATH_SIZE];
    struct listeners listeners;
    struct error error;
    struct stat status;

    socket_path(text, sizeof(text));
    const char *path = text + strlen("unix:");
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    (void)fclose(file);
    assert_false(listeners_open(&listeners, text, &error));
    assert_return_code(stat(path, &status), 0);
    assert_return_code(unlink(path), 0);
}

/* -- inherited sockets: in a child, since they have fixed descriptors ----------------------- */

struct passing {
    unsigned count;    /* LISTEN_FDS */
    int pid_offset;    /* LISTEN_PID is the child's, plus this */
    bool is_listening; /* or just bound */
};

static void pass(const struct passing *passing)
{
    char text[PATH_SIZE];

    for (unsigned i = 0; i < passing->count && i < LISTENERS_MAX; i++) {
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        if (passing->is_listening)
            (void)listen(fd, 1);
        if (fd != FIRST_PASSED + (int)i) {
            (void)dup2(fd, FIRST_PASSED + (int)i);
            (void)close(fd);
        }
    }
    (void)snprintf(text, sizeof(text), "%u", passing->count);
    (void)setenv("LISTEN_FDS", text, 1); /* NOLINT(concurrency-mt-unsafe): one thread */
    (void)snprintf(text, sizeof(text), "%d", getpid() + passing->pid_offset);
    (void)setenv("LISTEN_PID", text, 1); /* NOLINT(concurrency-mt-unsafe) */
}

/* What listeners_open() makes of it: how many listeners, or -1. */
static int inherited(const struct passing *passing)
{
    pid_t child = fork();
    assert_return_code(child, 0);
    if (child == 0) {
        struct listeners listeners;
        struct error error;
        for (int fd = FIRST_PASSED; fd < FIRST_PASSED + 2 * LISTENERS_MAX; fd++)
            (void)close(fd);
        pass(passing);
        bool is_open = listeners_open(&listeners, "unix:relative", &error);
        _exit(is_open ? (int)listeners.count : UINT8_MAX);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status) == UINT8_MAX ? -1 : WEXITSTATUS(status);
}

static void test_sockets_passed_by_systemd_are_used(void **state)
{
    (void)state;
    assert_int_equal(inherited(&(struct passing){.count = 1, .is_listening = true}), 1);
    assert_int_equal(inherited(&(struct passing){.count = 3, .is_listening = true}), 3);
}

static void test_sockets_passed_to_another_process_are_not(void **state)
{
    (void)state;
    /* So the address given is looked at, and is wrong. */
    assert_int_equal(
        inherited(&(struct passing){.count = 1, .is_listening = true, .pid_offset = 1}), -1);
}

static void test_passed_descriptors_must_be_listening_sockets(void **state)
{
    (void)state;
    assert_int_equal(inherited(&(struct passing){.count = 1, .is_listening = false}), -1);
}

static void test_more_sockets_than_there_is_room_for_are_refused(void **state)
{
    (void)state;
    assert_int_equal(inherited(&(struct passing){.count = LISTENERS_MAX, .is_listening = true}),
                     LISTENERS_MAX);
    assert_int_equal(inherited(&(struct passing){.count = LISTENERS_MAX + 1, .is_listening = true}),
                     -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_port_0_is_any_free_port),
        cmocka_unit_test(test_an_address_in_use_is_told),
        cmocka_unit_test(test_an_address_of_another_machine_is_told),
        cmocka_unit_test(test_all_addresses_include_ipv4),
        cmocka_unit_test(test_a_unix_sockets_file_goes_with_it),
        cmocka_unit_test(test_a_leftover_socket_is_replaced_and_a_live_one_is_not),
        cmocka_unit_test(test_a_file_that_is_no_socket_is_left_alone),
        cmocka_unit_test(test_sockets_passed_by_systemd_are_used),
        cmocka_unit_test(test_sockets_passed_to_another_process_are_not),
        cmocka_unit_test(test_passed_descriptors_must_be_listening_sockets),
        cmocka_unit_test(test_more_sockets_than_there_is_room_for_are_refused),
    };
    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
