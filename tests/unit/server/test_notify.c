/* SPDX-License-Identifier: Apache-2.0 */
/* What the service manager hears. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "server/notify.h"

enum {
    NAME_SIZE = 64
};

/* A manager's socket with this name; '@' begins an abstract one. */
static int manager_open(const char *name)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = strlen(name);

    memcpy(address.sun_path, name, length);
    if (name[0] == '@')
        address.sun_path[0] = '\0';
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_return_code(bind(fd, (struct sockaddr *)&address,
                            (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length)),
                       0);
    return fd;
}

static void assert_hears(const char *name)
{
    struct notifier notifier;
    char heard[NAME_SIZE] = "";
    int fd = manager_open(name);

    notifier_open(&notifier, name);
    notifier_send(&notifier, "READY=1\nSTATUS=serving");
    assert_int_equal(recv(fd, heard, sizeof(heard) - 1, MSG_DONTWAIT),
                     strlen("READY=1\nSTATUS=serving"));
    assert_string_equal(heard, "READY=1\nSTATUS=serving");
    notifier_release(&notifier);
    (void)close(fd);
}

static void test_a_socket_in_the_file_system_hears(void **state)
{
    (void)state;
    char name[NAME_SIZE];

    (void)snprintf(name, sizeof(name), "/tmp/test-notify-%d", getpid());
    assert_hears(name);
    assert_return_code(unlink(name), 0);
}

static void test_an_abstract_socket_hears(void **state)
{
    (void)state;
    char name[NAME_SIZE];

    (void)snprintf(name, sizeof(name), "@test-notify-%d", getpid());
    assert_hears(name);
}

static void test_without_a_usable_name_nothing_is_said(void **state)
{
    (void)state;
    static const char too_long[] =
        "/2345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
        "01234567890123456789";
    static const char *const names[] = {NULL, "", "/", "@", "relative", "vsock:2:1", too_long};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct notifier notifier;
        notifier_open(&notifier, names[i]);
        assert_int_equal(notifier.fd, -1);
        notifier_send(&notifier, "READY=1");
        notifier_release(&notifier);
    }
}

static void test_a_manager_that_is_gone_does_no_harm(void **state)
{
    (void)state;
    struct notifier notifier;

    notifier_open(&notifier, "/nonexistent/notify");
    notifier_send(&notifier, "READY=1");
    notifier_release(&notifier);
    notifier_release(&notifier);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_socket_in_the_file_system_hears),
        cmocka_unit_test(test_an_abstract_socket_hears),
        cmocka_unit_test(test_without_a_usable_name_nothing_is_said),
        cmocka_unit_test(test_a_manager_that_is_gone_does_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
