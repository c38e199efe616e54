/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One line on standard error that is written anew again and again, for a person at a terminal; it
 * goes away when there is something to read, and at the end. Elsewhere nothing is written.
 *
 * Any thread may draw. What else is printed meanwhile stands between give_way and resume.
 */
#ifndef CLI_TERMINAL_LINE_H
#define CLI_TERMINAL_LINE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"

struct terminal_line {
    bool is_shown; /* standard error is a terminal that can do more than print */
    pthread_mutex_t lock;
    int64_t next_drawing; /* guarded by lock: clock_monotonic_ms(), not before */
    bool is_drawn;        /* guarded by lock: the line is there */
};

/* Nothing is drawn before `pause` ms have passed: what is done by then needs no line. */
void terminal_line_begin(struct terminal_line *line, int64_t pause);
void terminal_line_end(struct terminal_line *line);

/* True when enough time has passed since the last drawing: whoever is told so should draw. */
bool terminal_line_is_due(struct terminal_line *line);
/* `text` is safe for a terminal, and cut where the line ends. */
void terminal_line_draw(struct terminal_line *line, struct slice text);

void terminal_line_give_way(struct terminal_line *line);
void terminal_line_resume(struct terminal_line *line);

#endif
