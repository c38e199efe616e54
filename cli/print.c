/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/print.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/escape.h"
#include "cli/program.h"

void print_begin(void)
{
    /* Opened the wrong way round: writing to what was closed must fail. Standard error is for
     * whoever wants to read it; there, what nobody wants is nobody's loss. */
    static const int modes[] = {
        [STDIN_FILENO] = O_WRONLY, [STDOUT_FILENO] = O_RDONLY, [STDERR_FILENO] = O_WRONLY};

    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) < 0)
            (void)open("/dev/null", modes[fd]); /* the lowest free number: fd */
    }
    (void)signal(SIGPIPE, SIG_IGN);
}

const char *print_reason(int number)
{
    const char *reason = strerrordesc_np(number);
    return reason ? reason : "unknown error";
}

static bool output_failed(struct error *error)
{
    return error_set(error, ERROR_INTERNAL, "cannot write to standard output: %s",
                     print_reason(errno));
}

bool print_output(struct slice bytes, struct error *error)
{
    while (bytes.length > 0) {
        ssize_t written = write(STDOUT_FILENO, bytes.data, bytes.length);
        if (written < 0 && errno != EINTR)
            return output_failed(error);
        if (written > 0)
            bytes = slice_from(bytes, (size_t)written);
    }
    return true;
}

/* "PROGRAM: SUBJECT: message", with what stands before and after the message. */
static void write_line(const char *subject, const char *before, const char *message,
                       const char *after)
{
    (void)fprintf(stderr, "%s: %s%s%s%s%s\n", program_name(),
                  subject ? ESCAPED(slice_from_string(subject)) : "", subject ? ": " : "", before,
                  message, after);
}

void print_note(const char *subject, const char *message)
{
    write_line(subject, "", message, "");
}

void print_warning(const char *subject, const char *message)
{
    write_line(subject, "warning: ", message, "");
}

enum exit_status print_failure(const char *subject, const struct error *error)
{
    char wait[32] = "";

    if (error->retry_after > 0)
        (void)snprintf(wait, sizeof(wait), " (try again in %" PRIu32 " s)", error->retry_after);
    write_line(subject, "", error->message, wait);
    return exit_status_of(error->code);
}

enum exit_status print_bad_reference(const char *image, const struct error *error)
{
    bool is_named =
        slice_starts_with(slice_from_string(error->message), SLICE("invalid reference '"));

    return print_failure(is_named || image[0] == '\0' ? NULL : image, error);
}

const char *print_plural(size_t count)
{
    return count == 1 ? "" : "s";
}

enum exit_status print_end(enum exit_status status)
{
    struct error error;

    /* Some file systems tell only now that there was no room. */
    if (close(STDOUT_FILENO) == 0 || errno == EINTR)
        return status;
    (void)output_failed(&error);
    return print_failure(NULL, &error);
}
