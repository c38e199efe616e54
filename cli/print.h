/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What mquery says: answers on standard output, everything else on standard error.
 *
 * An answer that did not reach its reader is a failure: writing to a full disk or to a pipe that
 * nobody reads ends with EXIT_INTERNAL and a message, never silently.
 */
#ifndef CLI_PRINT_H
#define CLI_PRINT_H

#include "base/buffer.h"
#include "base/error.h"
#include "cli/exit.h"

/* First thing in main(): gives a standard stream that is closed a place of its own, so that no
 * socket becomes "standard output", and makes a closed pipe an error instead of a signal. */
void print_begin(void);

/* Writes everything at once. Errors: internal, naming the system's reason. */
bool print_output(struct slice bytes, struct error *error) MUST_USE;

/* One line on standard error, "PROGRAM: SUBJECT: [warning: ]message". `subject` is escaped here and
 * may be NULL; `message` is safe for a terminal already. */
void print_note(const char *subject, const char *message);
void print_warning(const char *subject, const char *message);

/* print_note() with the error's message, and with how long to wait where somebody said so. Returns
 * the exit status of the error's code. */
enum exit_status print_failure(const char *subject, const struct error *error);
/* The same with what reference_parse() says, which mostly names the image itself: once will do. */
enum exit_status print_bad_reference(const char *image, const struct error *error);

/* What a noun ends with behind the count: "%zu tag%s". Static storage. */
const char *print_plural(size_t count);

/* The system's words for an errno. Static storage. */
const char *print_reason(int number);

/* Closes standard output; `status`, or EXIT_INTERNAL where that fails. */
enum exit_status print_end(enum exit_status status);

#endif
