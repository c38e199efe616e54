/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The process's log: one line an event, as logfmt or JSON, on standard error.
 *
 * Callers never wait for the disk or the terminal: a line is put into a bounded buffer, and a
 * thread of the log's own writes it: the first at once, those of the next 10 ms together, or sooner
 * if one is a warning or an error. When the buffer is full the line is dropped and counted, and the
 * count is logged once there is room. Before log_start() and after log_stop() lines go nowhere.
 *
 * Values are escaped here; callers pass outside text as it is. Secrets are never passed.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

enum log_level {
    LOG_LEVEL_DEBUG,
    LOG_LEVEL_INFO,
    LOG_LEVEL_WARNING,
    LOG_LEVEL_ERROR,
    LOG_LEVEL_COUNT
};

enum log_format {
    LOG_FORMAT_LOGFMT,
    LOG_FORMAT_JSON
};

struct log_field {
    const char *name; /* a literal */
    struct slice text;
    int64_t number;
    bool is_number;
};

#define LOG_TEXT(field, slice)    ((struct log_field){.name = (field), .text = (slice)})
#define LOG_STRING(field, string) LOG_TEXT((field), slice_from_string(string))
#define LOG_NUMBER(field, integer) \
    ((struct log_field){.name = (field), .number = (integer), .is_number = true})

/* LOG_INFO("query", LOG_STRING("image", name), LOG_NUMBER("status", 200)); at least one field. */
#define LOG(level, message, ...)                                           \
    log_write((level), (message), (const struct log_field[]){__VA_ARGS__}, \
              sizeof((const struct log_field[]){__VA_ARGS__}) / sizeof(struct log_field))
#define LOG_DEBUG(message, ...)   LOG(LOG_LEVEL_DEBUG, (message), __VA_ARGS__)
#define LOG_INFO(message, ...)    LOG(LOG_LEVEL_INFO, (message), __VA_ARGS__)
#define LOG_WARNING(message, ...) LOG(LOG_LEVEL_WARNING, (message), __VA_ARGS__)
#define LOG_ERROR(message, ...)   LOG(LOG_LEVEL_ERROR, (message), __VA_ARGS__)

/* Starts the writing thread; `fd` stays the caller's. Once a process. */
bool log_start(int fd, enum log_level level, enum log_format format, struct error *error) MUST_USE;
/* Writes what is waiting and ends the thread. */
void log_stop(void);
/* The same, but within a second: what nobody has taken by then is lost. The process ends next. */
void log_stop_soon(void);

/* Any thread. */
void log_set_level(enum log_level level);
bool log_is_enabled(enum log_level level);
/* Since the start: lines dropped because the buffer was full, and lines of a level that were not.
 */
uint64_t log_dropped(void);
uint64_t log_count(enum log_level level);

/* Any thread; never blocks on I/O. A line is at most 4 KiB, cut there. */
void log_write(enum log_level level, const char *message, const struct log_field *fields,
               size_t count);

/* "debug", "info", "warning", "error". Static storage. */
const char *log_level_name(enum log_level level);

#endif
