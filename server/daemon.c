/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mqueryd from its first line to its last.
 */
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/log.h"
#include "build.h"
#include "config/config.h"
#include "server/address.h"
#include "server/flags.h"
#include "server/reload.h"
#include "server/server.h"
#include "server/signals.h"
#include "server/snapshot.h"

enum {
    EXIT_FINE = 0,
    EXIT_NOT_STARTED = 1,
    EXIT_INVALID = 2,
    TEXT_MAX = 64 * 1024
};

static int complain(const struct error *error)
{
    (void)fprintf(stderr, "mqueryd: %s\n", error->message);
    return error->code == ERROR_INVALID ? EXIT_INVALID : EXIT_NOT_STARTED;
}

static int print(struct buffer *text)
{
    struct error error;

    if (!buffer_check(text, "the text", &error))
        return complain(&error);
    (void)fwrite(text->data, 1, text->length, stdout);
    return fflush(stdout) == 0 ? EXIT_FINE : EXIT_NOT_STARTED;
}

static int print_help(void)
{
    CLEANUP(buffer_release) struct buffer text = BUFFER_INIT(TEXT_MAX);

    (void)buffer_append_string(&text, "mqueryd tells over HTTP which platforms a container image "
                                      "runs on.\n\n  mqueryd [FLAGS]\n\n");
    flags_describe(&text);
    (void)buffer_append_string(&text,
                               "\nEvery setting is also a variable: MQUERY_CACHE_FRESH=1m.\n");
    return print(&text);
}

static int print_version(void)
{
    CLEANUP(buffer_release) struct buffer text = BUFFER_INIT(TEXT_MAX);

    (void)buffer_append_string(&text, "mqueryd " BUILD_VERSION " (" BUILD_COMMIT ")\n");
    return print(&text);
}

static int print_config(const struct config *config)
{
    CLEANUP(buffer_release) struct buffer text = BUFFER_INIT(TEXT_MAX);

    (void)config_print(config, &text);
    return print(&text);
}

/* Two sockets cannot have one address; any port (0) is another each time. */
static bool check_doors(const struct config *config, struct error *error)
{
    struct address one = {0};
    struct address other = {0};

    if (!config->server.admin)
        return true;
    if (!address_parse(config->server.listen, &one, error) ||
        !address_parse(config->server.admin, &other, error))
        return false;
    return !address_is_same(&one, &other) ||
           error_set(error, ERROR_INVALID, "server.admin is the same address as server.listen");
}

/* What config_load() leaves to whoever uses a setting. */
static int check_config(struct config *config)
{
    CLEANUP(buffer_release) struct buffer text = BUFFER_INIT(TEXT_MAX);
    struct address address;
    struct error error;

    if (!address_parse(config->server.listen, &address, &error) || !check_doors(config, &error))
        return complain(&error);
    CLEANUP(snapshot_free_p) struct snapshot *snapshot = snapshot_new(config, &error);
    if (!snapshot)
        return complain(&error);
    (void)buffer_append_string(&text, "the settings are fine\n");
    return print(&text);
}

static void print_warnings(const struct warnings *warnings)
{
    for (size_t i = 0; i < warnings->count; i++)
        (void)fprintf(stderr, "mqueryd: warning: %s\n", warnings->lines[i]);
}

/* Each connection takes a descriptor, and a shell gives 1024 of them. */
static void raise_descriptor_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
}

static int serve(struct config *config, const struct config_sources *sources, int signals,
                 struct error *error)
{
    CLEANUP(server_free_p) struct server *server = server_new(config, sources, signals, error);
    if (!server)
        return complain(error);
    server_run(server);
    return EXIT_FINE;
}

/* From here on there are several threads. */
static int serve_with_log(struct config *config, const struct config_sources *sources,
                          const struct warnings *warnings)
{
    struct error error;
    int signals = signals_open(&error);

    if (signals < 0 || !log_start(STDERR_FILENO, config->log.level, config->log.format, &error))
        return complain(&error);
    reload_log_warnings(warnings);
    raise_descriptor_limit();
    int status = serve(config, sources, signals, &error);
    log_stop_soon();
    (void)close(signals);
    return status;
}

/* As the first process of a container: who stops it kills it after ten seconds. */
static const struct config_override first_process[] = {{"server.drain_timeout", "8s"}};

static int run(const struct flags *flags, struct warnings *warnings)
{
    const struct config_sources sources = {
        .defaults = first_process,
        .default_count = getpid() == 1,
        .file = flags->values[FLAG_CONFIG],
        .environment = (const char *const *)environ,
        .flags = flags->settings,
        .flag_count = flags->setting_count,
    };
    struct error error;

    if (flags->values[FLAG_HELP])
        return print_help();
    if (flags->values[FLAG_VERSION])
        return print_version();
    CLEANUP(config_unref_p) struct config *config = config_load(&sources, warnings, &error);
    if (!config)
        return complain(&error);
    if (!flags->values[FLAG_PRINT_CONFIG] && !flags->values[FLAG_CHECK_CONFIG])
        return serve_with_log(config, &sources, warnings);
    print_warnings(warnings);
    return flags->values[FLAG_PRINT_CONFIG] ? print_config(config) : check_config(config);
}

int mqueryd_main(int argc, char **argv)
{
    CLEANUP(warnings_release) struct warnings warnings = {0};
    struct flags flags;
    struct error error;

    if (!flags_parse(&flags, argc, argv, &error))
        return complain(&error);
    return run(&flags, &warnings);
}
