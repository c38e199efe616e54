/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mquery help, --help, version and --version. The help fits one screen.
 */
#include "base/buffer.h"
#include "build.h"
#include "cli/command.h"
#include "cli/print.h"

enum {
    HELP_MAX = 8192
};

static const char usage[] =
    "Which platforms does a container image run on?\n"
    "\n"
    "  mquery [FLAGS] IMAGE...   print what each image offers\n"
    "  mquery ref IMAGE...       print the references taken apart, as JSON\n"
    "  mquery serve [FLAGS]      answer over HTTP: become mqueryd\n"
    "\n";

static const char examples[] =
    "\n"
    "  mquery alpine:3.20\n"
    "  mquery --require linux/amd64,linux/arm64 ghcr.io/org/app && deploy\n"
    "  mquery --json --plain-http localhost:5000/app | jq -r .digest\n"
    "\n"
    "Exit: 0 yes, 1 not offered, 2 invalid, 3 not found, 4 denied, 5 unsupported,\n"
    "6 try later, 7 registry failed or too slow, 8 internal; with several images,\n"
    "the status of the first that was not a yes.\n";

static enum exit_status print_all(struct buffer *text)
{
    struct error error;

    if (buffer_check(text, "the text", &error) && print_output(buffer_slice(text), &error))
        return EXIT_YES;
    return print_failure(NULL, &error);
}

enum exit_status command_help(const struct options *options)
{
    CLEANUP(buffer_release) struct buffer text = BUFFER_INIT(HELP_MAX);

    (void)options;
    (void)buffer_append_string(&text, usage);
    options_describe(&text);
    (void)buffer_append_string(&text, examples);
    return print_all(&text);
}

enum exit_status command_version(const struct options *options)
{
    CLEANUP(buffer_release) struct buffer text = BUFFER_INIT(HELP_MAX);

    (void)options;
    (void)buffer_append_string(&text, "mquery " BUILD_VERSION " (" BUILD_COMMIT ")\n");
    return print_all(&text);
}
