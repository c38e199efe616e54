/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two buffers: callers append to one under the lock while the thread writes the other without it.
 * This is the one mutable global of the house: a log that had to be handed to every function would
 * be in every signature.
 */
#include "base/log.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/escape.h"
#include "base/thread.h"

enum {
    LOG_BUFFER_SIZE = 128 * 1024,
    LOG_LINE_SIZE = 4096,
    LOG_VALUE_SIZE = 1536,
    LOG_PRESSING_SIZE = LOG_BUFFER_SIZE / 2, /* so much is not to wait */
    LOG_REST_MS = 10,
    LOG_PATIENCE = 1000 /* ms */
};

static struct {
    pthread_mutex_t lock;
    pthread_cond_t wake;
    struct buffer filling; /* guarded by lock */
    bool stopping;         /* guarded by lock */
    bool running;          /* guarded by lock */
    bool ended;            /* guarded by lock: the thread has nothing more to do */
    bool is_pressing;      /* guarded by lock: what has gathered is not to wait */
    uint64_t unreported;   /* guarded by lock: dropped and not yet logged */

    /* Set before the thread starts. */
    int fd;
    enum log_format format;
    pthread_t thread;

    _Atomic int level;
    _Atomic uint64_t dropped;
    _Atomic uint64_t taken[LOG_LEVEL_COUNT];
} state = {.lock = PTHREAD_MUTEX_INITIALIZER, .level = LOG_LEVEL_INFO};

const char *log_level_name(enum log_level level)
{
    static const char *const names[] = {"debug", "info", "warning", "error"};
    return names[level];
}

void log_set_level(enum log_level level)
{
    atomic_store_explicit(&state.level, (int)level, memory_order_relaxed);
}

bool log_is_enabled(enum log_level level)
{
    return (int)level >= atomic_load_explicit(&state.level, memory_order_relaxed);
}

uint64_t log_dropped(void)
{
    return atomic_load_explicit(&state.dropped, memory_order_relaxed);
}

uint64_t log_count(enum log_level level)
{
    return atomic_load_explicit(&state.taken[level], memory_order_relaxed);
}

/* So many digits of the value and what follows them; returns where the next go. */
static char *put_digits(char *at, int count, int value, char after)
{
    for (int i = count - 1; i >= 0; i--, value /= 10)
        at[i] = (char)('0' + value % 10);
    at[count] = after;
    return at + count + 1;
}

/* By hand: printf would take longer than all else that is done for a line. */
static void append_time(struct buffer *line)
{
    char text[sizeof("2006-01-02T15:04:05.000Z")];
    struct tm parts;
    int64_t now = clock_realtime_ms();
    time_t seconds = (time_t)(now / 1000);

    (void)gmtime_r(&seconds, &parts);
    char *at = put_digits(text, 4, parts.tm_year + 1900, '-');
    at = put_digits(at, 2, parts.tm_mon + 1, '-');
    at = put_digits(at, 2, parts.tm_mday, 'T');
    at = put_digits(at, 2, parts.tm_hour, ':');
    at = put_digits(at, 2, parts.tm_min, ':');
    at = put_digits(at, 2, parts.tm_sec, '.');
    at = put_digits(at, 3, (int)(now % 1000), 'Z');
    buffer_append(line, text, (size_t)(at - text));
}

/* escape_text() has made it one line of valid UTF-8; what is left to escape is the quote, and for
 * JSON the backslashes of its own \xNN. */
static void append_quoted(struct buffer *line, const char *text, bool json)
{
    const char *special = json ? "\"\\" : "\"";

    buffer_append_char(line, '"');
    for (;;) {
        size_t plain = strcspn(text, special);
        buffer_append(line, text, plain);
        text += plain;
        if (!*text)
            break;
        buffer_append_char(line, '\\');
        buffer_append_char(line, *text++);
    }
    buffer_append_char(line, '"');
}

static bool is_bare_word(const char *text)
{
    return *text && !text[strcspn(text, " \"=\\")];
}

static void append_field(struct buffer *line, const struct log_field *field, bool json)
{
    char text[LOG_VALUE_SIZE];

    buffer_append_string(line, json ? ",\"" : " ");
    buffer_append_string(line, field->name);
    buffer_append_string(line, json ? "\":" : "=");
    if (field->is_number) {
        buffer_append_integer(line, field->number);
        return;
    }
    escape_text(text, sizeof(text), field->text);
    if (!json && is_bare_word(text))
        buffer_append_string(line, text);
    else
        append_quoted(line, text, json);
}

static void format_line(struct buffer *line, enum log_level level, const char *message,
                        const struct log_field *fields, size_t count)
{
    bool json = state.format == LOG_FORMAT_JSON;

    buffer_append_string(line, json ? "{\"time\":\"" : "time=");
    append_time(line);
    buffer_append_string(line, json ? "\",\"level\":\"" : " level=");
    buffer_append_string(line, log_level_name(level));
    buffer_append_string(line, json ? "\",\"message\":\"" : " message=\"");
    buffer_append_string(line, message);
    buffer_append_char(line, '"');
    for (size_t i = 0; i < count; i++) {
        size_t before = line->length;
        append_field(line, &fields[i], json);
        if (!buffer_ok(line)) { /* a line too long loses this field and those after it */
            line->state = BUFFER_OK;
            line->length = before;
            break;
        }
    }
    /* The ceiling leaves room for the end. */
    line->ceiling += 2;
    buffer_append_string(line, json ? "}\n" : "\n");
}

static void drop_line(void)
{
    state.unreported++;
    atomic_fetch_add_explicit(&state.dropped, 1, memory_order_relaxed);
}

/* Called with the lock held. */
static void append_line(enum log_level level, struct slice line)
{
    bool was_empty = state.filling.length == 0;

    if (!buffer_append_slice(&state.filling, line)) {
        state.filling.state = BUFFER_OK;
        drop_line();
        return;
    }
    atomic_fetch_add_explicit(&state.taken[level], 1, memory_order_relaxed);
    bool was_pressing = state.is_pressing;
    if (level >= LOG_LEVEL_WARNING || state.filling.length >= LOG_PRESSING_SIZE)
        state.is_pressing = true;
    if (was_empty || state.is_pressing != was_pressing)
        pthread_cond_signal(&state.wake);
}

void log_write(enum log_level level, const char *message, const struct log_field *fields,
               size_t count)
{
    if (!log_is_enabled(level))
        return;
    struct buffer line = BUFFER_INIT(LOG_LINE_SIZE);
    format_line(&line, level, message, fields, count);

    pthread_mutex_lock(&state.lock);
    if (state.running)
        append_line(level, buffer_slice(&line));
    pthread_mutex_unlock(&state.lock);
    buffer_release(&line);
}

/* A log that cannot be written (closed pipe, full disk) must not stop the service: given up. */
static void write_all(struct slice bytes)
{
    while (bytes.length) {
        ssize_t written = write(state.fd, bytes.data, bytes.length);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return;
        bytes = slice_from(bytes, (size_t)written);
    }
}

static void report_dropped(uint64_t count)
{
    struct buffer line = BUFFER_INIT(LOG_LINE_SIZE);
    struct log_field field = LOG_NUMBER("count", (int64_t)count);

    format_line(&line, LOG_LEVEL_WARNING, "log lines dropped", &field, 1);
    write_all(buffer_slice(&line));
    buffer_release(&line);
}

/* Lets lines gather: waking the thread for each of many costs more than all else that is done with
 * them. Called with the lock held. */
static void log_rest(void)
{
    struct timespec until = clock_timespec(clock_monotonic_ms() + LOG_REST_MS);
    int status = 0;

    while (!state.is_pressing && !state.stopping && status != ETIMEDOUT)
        status = pthread_cond_timedwait(&state.wake, &state.lock, &until);
}

static void *log_thread(void *unused)
{
    struct buffer writing = BUFFER_INIT(LOG_BUFFER_SIZE);
    (void)unused;

    thread_begin_patient("log");
    pthread_mutex_lock(&state.lock);
    for (;;) {
        while (state.filling.length == 0 && !state.stopping)
            pthread_cond_wait(&state.wake, &state.lock);
        if (state.filling.length == 0)
            break;
        struct buffer full = state.filling;
        uint64_t dropped = state.unreported;
        state.filling = writing;
        state.unreported = 0;
        state.is_pressing = false;
        writing = full;

        pthread_mutex_unlock(&state.lock);
        write_all(buffer_slice(&writing));
        if (dropped)
            report_dropped(dropped);
        buffer_clear(&writing);
        pthread_mutex_lock(&state.lock);
        log_rest();
    }
    state.ended = true;
    pthread_cond_signal(&state.wake);
    pthread_mutex_unlock(&state.lock);
    buffer_release(&writing);
    return NULL;
}

bool log_start(int fd, enum log_level level, enum log_format format, struct error *error)
{
    state.fd = fd;
    state.format = format;
    log_set_level(level);
    buffer_init(&state.filling, LOG_BUFFER_SIZE);
    clock_condition_init(&state.wake);
    state.stopping = false;
    state.ended = false;
    if (pthread_create(&state.thread, NULL, log_thread, NULL) != 0)
        return error_set(error, ERROR_INTERNAL, "cannot start the log's thread");

    pthread_mutex_lock(&state.lock);
    state.running = true;
    pthread_mutex_unlock(&state.lock);
    return true;
}

/* Called with the lock held. */
static bool log_ends_within(int64_t patience)
{
    struct timespec until = clock_timespec(clock_monotonic_ms() + patience);
    int status = 0;

    while (!state.ended && status != ETIMEDOUT)
        status = pthread_cond_timedwait(&state.wake, &state.lock, &until);
    return state.ended;
}

/* A thread that is stuck is left as it is: it would use what is given back here. */
static void log_end(int64_t patience)
{
    pthread_mutex_lock(&state.lock);
    bool running = state.running;
    state.running = false;
    state.stopping = true;
    if (running)
        pthread_cond_signal(&state.wake);
    bool is_stuck = running && !log_ends_within(patience);
    pthread_mutex_unlock(&state.lock);
    if (!running || is_stuck)
        return;
    pthread_join(state.thread, NULL);
    (void)pthread_cond_destroy(&state.wake);
    buffer_release(&state.filling);
}

void log_stop(void)
{
    log_end(INT64_MAX / 2); /* for ever, with room for the time of day */
}

void log_stop_soon(void)
{
    log_end(LOG_PATIENCE);
}
