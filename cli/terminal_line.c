/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/terminal_line.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"

enum {
    COLUMNS_USUAL = 80,
    DRAWING_PAUSE = 100 /* ms */
};

static const char clear_line[] = "\r\x1b[K";

static bool is_capable_terminal(void)
{
    const char *terminal = getenv("TERM"); /* NOLINT(concurrency-mt-unsafe): before any thread */

    if (log_is_enabled(LOG_LEVEL_DEBUG)) /* whose lines come all the while */
        return false;
    return isatty(STDERR_FILENO) && terminal && strcmp(terminal, "dumb") != 0;
}

/* A line that reaches the border would wrap, and could not be written anew. */
static size_t columns(void)
{
    struct winsize size = {0};

    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1)
        return size.ws_col - 1U;
    return COLUMNS_USUAL - 1;
}

static void write_terminal(struct slice text)
{
    (void)fwrite(text.data, 1, text.length, stderr); /* what nobody sees is nobody's loss */
}

static void clear(struct terminal_line *line)
{
    if (line->is_drawn)
        write_terminal(slice_from_string(clear_line));
    line->is_drawn = false;
}

void terminal_line_begin(struct terminal_line *line, int64_t pause)
{
    *line = (struct terminal_line){
        .is_shown = is_capable_terminal(),
        .next_drawing = clock_monotonic_ms() + pause,
    };
    (void)pthread_mutex_init(&line->lock, NULL);
}

void terminal_line_end(struct terminal_line *line)
{
    clear(line);
    (void)pthread_mutex_destroy(&line->lock);
}

bool terminal_line_is_due(struct terminal_line *line)
{
    if (!line->is_shown)
        return false;
    int64_t now = clock_monotonic_ms();
    (void)pthread_mutex_lock(&line->lock);
    bool is_due = now >= line->next_drawing;
    if (is_due)
        line->next_drawing = now + DRAWING_PAUSE;
    (void)pthread_mutex_unlock(&line->lock);
    return is_due;
}

void terminal_line_draw(struct terminal_line *line, struct slice text)
{
    (void)pthread_mutex_lock(&line->lock);
    write_terminal(slice_from_string(clear_line));
    write_terminal(slice_until(text, columns()));
    line->is_drawn = true;
    (void)pthread_mutex_unlock(&line->lock);
}

void terminal_line_give_way(struct terminal_line *line)
{
    (void)pthread_mutex_lock(&line->lock);
    clear(line);
}

void terminal_line_resume(struct terminal_line *line)
{
    (void)pthread_mutex_unlock(&line->lock);
}
