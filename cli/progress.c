/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/progress.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "cli/print.h"

enum {
    LINE_MAX_LENGTH = 256,
    DIGEST_SHOWN = sizeof("sha256:0123456789ab") - 1,
    LONG_MS = 1000, /* a copy that took as long, since it was heard of, leaves a line */
    MEBIBYTE = 1048576
};

/* -- the texts ------------------------------------------------------------------------------ */

/* Bytes as MiB, with one decimal. */
static void append_mebibytes(struct buffer *out, int64_t bytes)
{
    int64_t tenths = bytes / MEBIBYTE * 10 + bytes % MEBIBYTE * 10 / MEBIBYTE;

    (void)buffer_format(out, "%" PRId64 ".%" PRId64, tenths / 10, tenths % 10);
}

static void append_digest(struct buffer *out, const struct digest *digest)
{
    (void)buffer_append_slice(out,
                              slice_until(slice_from_string(digest->text), (size_t)DIGEST_SHOWN));
}

void progress_write_status(const struct progress *progress, const struct push_event *event,
                           struct buffer *out)
{
    (void)buffer_format(out, "%zu there, %zu mounted, %zu copied", progress->existed,
                        progress->mounted, progress->copied);
    if (progress->manifests > 0)
        (void)buffer_format(out, ", %zu manifest%s", progress->manifests,
                            print_plural(progress->manifests));
    if (progress->tags > 0)
        (void)buffer_format(out, ", %zu tag%s", progress->tags, print_plural(progress->tags));
    if (event->step != PUSH_COPYING)
        return;
    (void)buffer_append_string(out, "; ");
    append_digest(out, event->digest);
    (void)buffer_append_char(out, ' ');
    append_mebibytes(out, event->done);
    (void)buffer_append_string(out, " of ");
    append_mebibytes(out, event->size);
    (void)buffer_append_string(out, " MiB");
}

void progress_write_copied(const struct push_event *event, int64_t milliseconds, struct buffer *out)
{
    (void)buffer_append_string(out, "copied ");
    append_digest(out, event->digest);
    (void)buffer_append_string(out, ", ");
    append_mebibytes(out, event->size);
    (void)buffer_format(out, " MiB in %" PRId64 " s", (milliseconds + 500) / 1000);
}

/* -- the terminal --------------------------------------------------------------------------- */

static void draw(struct progress *progress, const struct push_event *event)
{
    CLEANUP(buffer_release) struct buffer text = BUFFER_INIT(LINE_MAX_LENGTH);

    if (!terminal_line_is_due(&progress->line))
        return;
    progress_write_status(progress, event, &text);
    terminal_line_draw(&progress->line, buffer_slice(&text));
}

static void print_copied(struct progress *progress, const struct push_event *event, int64_t began)
{
    CLEANUP(buffer_release) struct buffer text = BUFFER_INIT(LINE_MAX_LENGTH);

    progress_write_copied(event, clock_monotonic_ms() - began, &text);
    terminal_line_give_way(&progress->line);
    print_note(NULL, buffer_string(&text));
    terminal_line_resume(&progress->line);
}

/* -- what happens --------------------------------------------------------------------------- */

/* The copy of the blob with this digest, NULL: none. A free place has the digest "". */
static struct progress_copy *find_copy(struct progress *progress, const char *digest)
{
    for (size_t i = 0; i < PROGRESS_COPIES_MAX; i++) {
        if (strcmp(progress->copies[i].digest.text, digest) == 0)
            return &progress->copies[i];
    }
    return NULL;
}

static void note_copying(struct progress *progress, const struct push_event *event)
{
    if (find_copy(progress, event->digest->text))
        return;
    struct progress_copy *free_place = find_copy(progress, "");
    if (free_place)
        *free_place = (struct progress_copy){*event->digest, clock_monotonic_ms()};
}

/* Of a short copy nothing is heard before it is done, unless it is told of with a long one. */
static void note_copied(struct progress *progress, const struct push_event *event)
{
    struct progress_copy *copy = find_copy(progress, event->digest->text);

    progress->copied++;
    if (!copy)
        return;
    if (clock_monotonic_ms() - copy->began >= LONG_MS)
        print_copied(progress, event, copy->began);
    *copy = (struct progress_copy){0};
}

void progress_event(void *context, const struct push_event *event)
{
    struct progress *progress = context;

    if (!progress->line.is_shown)
        return;
    switch (event->step) {
    case PUSH_EXISTED:
        progress->existed++;
        break;
    case PUSH_MOUNTED:
        progress->mounted++;
        break;
    case PUSH_COPYING:
        note_copying(progress, event);
        break;
    case PUSH_COPIED:
        note_copied(progress, event);
        break;
    case PUSH_FOREIGN:
        break;
    case PUSH_MANIFEST:
        progress->manifests++;
        break;
    case PUSH_TAGGED:
        progress->tags++;
        break;
    }
    draw(progress, event);
}

void progress_warn(void *context, const char *text)
{
    struct progress *progress = context;

    terminal_line_give_way(&progress->line);
    print_warning(NULL, text);
    terminal_line_resume(&progress->line);
}

void progress_begin(struct progress *progress)
{
    *progress = (struct progress){0};
    terminal_line_begin(&progress->line, 0);
}

void progress_end(struct progress *progress)
{
    terminal_line_end(&progress->line);
}
