/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Offers requests at a constant rate, whatever becomes of those before, and tells how long they
 * took:
 *
 *   offer PORT PATTERN RATE SECONDS CONNECTIONS [FIRST [ACCEPT]]
 *
 * PATTERN is a path, or several with blanks between them that are asked for in turn; a %d in it
 * becomes FIRST, FIRST + 1, ... Each request has a time at which it is due, and its latency counts
 * from then: one that had to wait for a free connection, or for this program itself to be given a
 * processor, has waited (clients that send only once they have been answered leave out just the
 * slow moments). The one line printed, times in microseconds:
 *
 *   rate 19998 answered 100000 failed 0 p50 92 p90 180 p95 233 p99 431 p999 1204 max 3001
 *
 * "rate" is what was really offered: all requests by the time it took to send them. If it is less
 * than what was asked for, the machine could not do it.
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

enum {
    REQUEST_SIZE = 2048,
    TEXT_MAX = 900, /* of all paths, and of what is accepted */
    PATTERNS_MAX = 16,
    ANSWER_SIZE = 16 * 1024,
    EVENTS_AT_ONCE = 64
};
static const int64_t second_ns = 1000000000;
static const int64_t patience_ns = 5 * second_ns; /* for answers, once all has been sent */

struct connection {
    int fd;
    bool is_waiting;
    int64_t due;
    size_t used;
    char answer[ANSWER_SIZE];
};

struct load {
    /* what is wanted */
    in_port_t port;
    const char *patterns[PATTERNS_MAX];
    size_t pattern_count;
    const char *accept;
    size_t first;
    int64_t rate;
    size_t total;
    size_t connection_count;

    /* how far it is */
    int epoll;
    struct connection *connections;
    struct connection **free; /* a ring, so that all are used alike */
    size_t free_first, free_count;
    int64_t begun, last_sent;
    size_t sent, failed, answered;
    uint32_t *latencies; /* microseconds, of those answered */
};

static int64_t now_ns(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * second_ns + now.tv_nsec;
}

static int64_t due_ns(const struct load *load, size_t number)
{
    return load->begun + (int64_t)number * second_ns / load->rate;
}

/* -- connections ---------------------------------------------------------------------------- */

static void set_free(struct load *load, struct connection *connection)
{
    size_t last = (load->free_first + load->free_count) % load->connection_count;

    connection->is_waiting = false;
    connection->used = 0;
    load->free[last] = connection;
    load->free_count++;
}

static struct connection *take_free(struct load *load)
{
    struct connection *connection = load->free[load->free_first];

    load->free_first = (load->free_first + 1) % load->connection_count;
    load->free_count--;
    return connection;
}

static void connect_one(struct load *load, struct connection *connection)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(load->port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
    int yes = 1;

    connection->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connection->fd < 0 ||
        connect(connection->fd, (struct sockaddr *)&address, sizeof(address)) != 0 ||
        setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes)) != 0 ||
        epoll_ctl(load->epoll, EPOLL_CTL_ADD, connection->fd, &event) != 0)
        err(1, "cannot connect");
}

static void connect_all(struct load *load)
{
    load->epoll = epoll_create1(EPOLL_CLOEXEC);
    load->connections = calloc(load->connection_count, sizeof(*load->connections));
    load->free = calloc(load->connection_count, sizeof(struct connection *));
    load->latencies = calloc(load->total, sizeof(*load->latencies));
    if (load->epoll < 0 || !load->connections || !load->free || !load->latencies)
        err(1, "cannot begin");
    for (size_t i = 0; i < load->connection_count; i++) {
        connect_one(load, &load->connections[i]);
        set_free(load, &load->connections[i]);
    }
}

/* The other side has closed it, or said what nobody asked; a request that is lost with it has
 * failed.
 */
static void connect_again(struct load *load, struct connection *connection)
{
    bool was_waiting = connection->is_waiting;

    (void)close(connection->fd);
    connect_one(load, connection);
    if (!was_waiting)
        return;
    load->failed++;
    set_free(load, connection);
}

/* -- a request, and its answer -------------------------------------------------------------- */

static int write_request(const struct load *load, char *text, size_t size)
{
    const char *pattern = load->patterns[load->sent % load->pattern_count];
    const char *hole = strstr(pattern, "%d");

    if (!hole)
        return snprintf(text, size, "GET %s HTTP/1.1\r\nHost: x\r\nAccept: %s\r\n\r\n", pattern,
                        load->accept);
    return snprintf(text, size, "GET %.*s%zu%s HTTP/1.1\r\nHost: x\r\nAccept: %s\r\n\r\n",
                    (int)(hole - pattern), pattern, load->first + load->sent, hole + 2,
                    load->accept);
}

static void send_next(struct load *load)
{
    struct connection *connection = take_free(load);
    char text[REQUEST_SIZE];
    int length = write_request(load, text, sizeof(text));

    connection->due = due_ns(load, load->sent++);
    connection->is_waiting = true;
    load->last_sent = now_ns();
    if (send(connection->fd, text, (size_t)length, MSG_NOSIGNAL) != length)
        connect_again(load, connection);
}

static void send_what_is_due(struct load *load)
{
    int64_t now = now_ns();

    while (load->sent < load->total && load->free_count && due_ns(load, load->sent) <= now)
        send_next(load);
}

/* The length of the answer that the connection has received the beginning of; 0 while that is not
 * known. */
static size_t answer_length(const struct connection *connection)
{
    const char *end = strstr(connection->answer, "\r\n\r\n");
    if (!end)
        return 0;
    const char *length = strcasestr(connection->answer, "\r\nContent-Length:");
    if (!length || length > end) {
        errno = EPROTO;
        err(1, "an answer without a Content-Length");
    }
    return (size_t)(end + 4 - connection->answer) + strtoul(length + 17, NULL, 10);
}

static void end_request(struct load *load, struct connection *connection)
{
    bool is_good = strncmp(connection->answer, "HTTP/1.1 2", 10) == 0;
    int64_t took = now_ns() - connection->due;

    if (is_good)
        load->latencies[load->answered++] = (uint32_t)(took / 1000);
    else
        load->failed++;
    set_free(load, connection);
}

static void receive(struct load *load, struct connection *connection)
{
    size_t room = ANSWER_SIZE - 1 - connection->used;
    ssize_t got = recv(connection->fd, connection->answer + connection->used, room, MSG_DONTWAIT);

    if (got < 0 && errno == EAGAIN)
        return;
    if (got <= 0 || !connection->is_waiting) {
        connect_again(load, connection);
        return;
    }
    connection->used += (size_t)got;
    connection->answer[connection->used] = '\0';
    size_t length = answer_length(connection);
    if (length && connection->used >= length)
        end_request(load, connection);
}

/* -- all of them ---------------------------------------------------------------------------- */

/* Until something is due or has come. */
static void wait_and_receive(struct load *load)
{
    struct epoll_event events[EVENTS_AT_ONCE];
    bool may_send = load->sent < load->total && load->free_count;
    int64_t wait = may_send ? due_ns(load, load->sent) - now_ns() : second_ns;
    if (wait < 0)
        wait = 0;
    struct timespec timeout = {.tv_sec = wait / second_ns, .tv_nsec = wait % second_ns};
    int count = epoll_pwait2(load->epoll, events, EVENTS_AT_ONCE, &timeout, NULL);

    for (int i = 0; i < count; i++)
        receive(load, events[i].data.ptr);
}

static void offer_all(struct load *load)
{
    load->begun = load->last_sent = now_ns();
    while (load->answered + load->failed < load->total) {
        send_what_is_due(load);
        wait_and_receive(load);
        if (now_ns() > due_ns(load, load->total) + patience_ns)
            break;
    }
    load->failed = load->total - load->answered;
}

static int compare(const void *left, const void *right)
{
    uint32_t one = *(const uint32_t *)left;
    uint32_t other = *(const uint32_t *)right;
    return (one > other) - (one < other);
}

static uint32_t percentile(const struct load *load, size_t per_mille)
{
    return load->answered ? load->latencies[(load->answered - 1) * per_mille / 1000] : 0;
}

static void print(struct load *load)
{
    int64_t taken = load->last_sent - load->begun;
    int64_t offered = taken ? (int64_t)load->sent * second_ns / taken : 0;

    qsort(load->latencies, load->answered, sizeof(*load->latencies), compare);
    (void)printf("rate %lld answered %zu failed %zu p50 %u p90 %u p95 %u p99 %u p999 %u max %u\n",
                 (long long)offered, load->answered, load->failed, percentile(load, 500),
                 percentile(load, 900), percentile(load, 950), percentile(load, 990),
                 percentile(load, 999), percentile(load, 1000));
}

static size_t number_from(const char *text, size_t most)
{
    char *end;
    unsigned long number = strtoul(text, &end, 10);

    if (end == text || *end || number > most) {
        errno = EINVAL;
        err(1, "%s", text);
    }
    return number;
}

static void take_patterns(struct load *load, char *text)
{
    while (text && load->pattern_count < PATTERNS_MAX)
        load->patterns[load->pattern_count++] = strsep(&text, " ");
}

int main(int argc, char **argv)
{
    if (argc < 6 || argc > 8 || strlen(argv[2]) > TEXT_MAX ||
        (argc > 7 && strlen(argv[7]) > TEXT_MAX)) {
        (void)fputs("usage: offer PORT PATTERN RATE SECONDS CONNECTIONS [FIRST [ACCEPT]]\n",
                    stderr);
        return 2;
    }
    struct load load = {.port = (in_port_t)number_from(argv[1], UINT16_MAX),
                        .accept = argc > 7 ? argv[7] : "*/*",
                        .rate = (int64_t)number_from(argv[3], 1000000),
                        .connection_count = number_from(argv[5], 10000),
                        .first = argc > 6 ? number_from(argv[6], 1000000000) : 0};
    load.total = (size_t)load.rate * number_from(argv[4], 1000);
    if (load.total == 0 || load.connection_count == 0)
        return 2;
    take_patterns(&load, argv[2]);

    (void)prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL); /* the usual 50 us are a request's time */
    connect_all(&load);
    offer_all(&load);
    print(&load);
    for (size_t i = 0; i < load.connection_count; i++)
        (void)close(load.connections[i].fd);
    free(load.connections);
    free(load.free);
    free(load.latencies);
    return 0;
}
