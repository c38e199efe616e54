/* SPDX-License-Identifier: Apache-2.0 */
#include "server/listen.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/escape.h"
#include "base/number.h"
#include "server/address.h"

enum {
    BACKLOG = 4096,     /* the kernel cuts it at net.core.somaxconn */
    INHERITED_FIRST = 3 /* SD_LISTEN_FDS_START */
};

/* -- opening -------------------------------------------------------------------------------- */

static const char *reason_of(int code)
{
    static const struct {
        int code;
        const char *text;
    } reasons[] = {
        {EADDRINUSE, "address in use by another program"},
        {EADDRNOTAVAIL, "this machine has no such address"},
        {EACCES, "permission denied"},
        {EAFNOSUPPORT, "this machine does not speak that protocol"},
        {ENOENT, "no such directory"},
        {EROFS, "read-only file system"},
    };

    for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
        if (reasons[i].code == code)
            return reasons[i].text;
    }
    return "the kernel refuses";
}

static bool cannot_listen(const char *address, int code, struct error *error)
{
    return error_set(error, ERROR_CONFLICT, "cannot listen on %s: %s (errno %d)",
                     ESCAPED(slice_from_string(address)), reason_of(code), code);
}

/* A socket's file outlives the process that made it. Only what really is a socket, and one that
 * nobody answers at, is a leftover. */
static bool remove_leftover(const struct address *address)
{
    const char *path = address_path(address);
    struct stat status;

    if (lstat(path, &status) != 0 || !S_ISSOCK(status.st_mode))
        return false;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return false;
    bool is_dead =
        connect(fd, (const void *)&address->socket, address->length) != 0 && errno == ECONNREFUSED;
    (void)close(fd);
    return is_dead && unlink(path) == 0;
}

static bool set_option(int fd, int level, int option, int value)
{
    return setsockopt(fd, level, option, &value, sizeof(value)) == 0;
}

static bool bind_to(int fd, const struct address *address)
{
    return bind(fd, (const void *)&address->socket, address->length) == 0;
}

static bool bind_socket(int fd, const struct address *address)
{
    sa_family_t family = address->socket.ss_family;

    if (family != AF_UNIX && !set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1))
        return false;
    if (family == AF_INET6 && !set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0))
        return false;
    if (bind_to(fd, address))
        return true;
    if (family != AF_UNIX || errno != EADDRINUSE)
        return false;
    if (remove_leftover(address))
        return bind_to(fd, address);
    errno = EADDRINUSE;
    return false;
}

/* The listening socket, or -1 with errno. */
static int open_socket(const struct address *address)
{
    int fd = socket(address->socket.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd < 0)
        return -1;
    if (bind_socket(fd, address) && listen(fd, BACKLOG) == 0)
        return fd;
    int code = errno;
    (void)close(fd);
    errno = code;
    return -1;
}

static bool open_listener(struct listener *listener, const char *text, struct error *error)
{
    struct address address;

    if (!address_parse(text, &address, error))
        return false;
    int fd = open_socket(&address);
    if (fd < 0 && address.is_any) {
        address = address_any_ipv4(address.port);
        fd = open_socket(&address);
    }
    if (fd < 0)
        return cannot_listen(text, errno, error);
    const char *path = address_path(&address);
    *listener = (struct listener){.fd = fd, .path = path ? strdup(path) : NULL};
    return true;
}

/* -- inheriting (sd_listen_fds(3)) ---------------------------------------------------------- */

static unsigned number_from_environment(const char *name, unsigned max)
{
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): nobody changes the environment */
    struct slice text = slice_from_string(getenv(name));
    unsigned number = 0;

    return number_parse(text, max, &number) ? number : 0;
}

/* How many sockets were passed to this very process: those for a wrapper of it are not ours. */
static unsigned inherited_count(void)
{
    if (number_from_environment("LISTEN_PID", INT32_MAX) != (unsigned)getpid())
        return 0;
    return number_from_environment("LISTEN_FDS", INT16_MAX);
}

/* The name of the socket that was passed as number `index`; a copy, or NULL. */
static char *inherited_name(size_t index)
{
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): nobody changes the environment */
    struct slice rest = slice_from_string(getenv("LISTEN_FDNAMES"));
    struct slice name = {0};

    for (size_t i = 0; i <= index; i++)
        name = slice_take_part(&rest, ':');
    return name.length > 0 ? slice_copy(name) : NULL;
}

static bool adopt(struct listener *listener, int fd, struct error *error)
{
    int listens = 0;
    socklen_t length = sizeof(listens);

    if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &length) != 0 || !listens)
        return error_set(error, ERROR_INVALID, "descriptor %d of LISTEN_FDS is not listening", fd);
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 ||
        fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
        return error_set(error, ERROR_INTERNAL, "cannot use descriptor %d of LISTEN_FDS", fd);
    *listener = (struct listener){.fd = fd};
    return true;
}

static bool inherit(struct listeners *listeners, unsigned count, struct error *error)
{
    if (count > LISTENERS_MAX) {
        return error_set(error, ERROR_INVALID, "LISTEN_FDS passes %u sockets; %d are the most",
                         count, LISTENERS_MAX);
    }
    for (; listeners->count < count; listeners->count++) {
        struct listener *listener = &listeners->items[listeners->count];
        if (!adopt(listener, INHERITED_FIRST + (int)listeners->count, error))
            return false;
        listener->name = inherited_name(listeners->count);
        listener->is_for_operators =
            slice_equal(slice_from_string(listener->name), SLICE("metrics"));
    }
    return true;
}

/* -- both ----------------------------------------------------------------------------------- */

bool listeners_open(struct listeners *listeners, const char *address, struct error *error)
{
    unsigned inherited = inherited_count();

    *listeners = (struct listeners){0};
    if (inherited > 0)
        return inherit(listeners, inherited, error);
    if (!open_listener(&listeners->items[0], address, error))
        return false;
    listeners->count = 1;
    return true;
}

bool listeners_add_operators(struct listeners *listeners, const char *address, struct error *error)
{
    for (size_t i = 0; i < listeners->count; i++) {
        if (listeners->items[i].is_for_operators)
            return true;
    }
    if (listeners->count == LISTENERS_MAX)
        return error_set(error, ERROR_INVALID, "no room for server.admin: %d sockets are the most",
                         LISTENERS_MAX);
    struct listener *listener = &listeners->items[listeners->count];
    if (!open_listener(listener, address, error))
        return false;
    listener->is_for_operators = true;
    listeners->count++;
    return true;
}

void listeners_release(struct listeners *listeners)
{
    for (size_t i = 0; i < listeners->count; i++) {
        struct listener *listener = &listeners->items[i];
        if (listener->path)
            (void)unlink(listener->path); /* while it is bound: nobody else's can be there yet */
        (void)close(listener->fd);
        free(listener->path);
        free(listener->name);
    }
    *listeners = (struct listeners){0};
}
