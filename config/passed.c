/* SPDX-License-Identifier: Apache-2.0 */
#include "config/passed.h"

#include <limits.h>
#include <unistd.h>

static const struct {
    const char *file;
    const char *setting;
} passed[] = {
    {"registry-auth", "registry.credentials"},
    {"push-tokens", "push.tokens_file"},
    {"tokens", "server.tokens_file"},
    {"tls-cert", "server.tls_cert"},
    {"tls-key", "server.tls_key"},
};

static const struct setting *find_setting(const char *name)
{
    size_t i = 0;

    while (strcmp(settings[i].name, name) != 0)
        i++;
    return &settings[i];
}

static bool visit_file(const char *directory, size_t index, environment_visit_function visit,
                       void *context, struct error *error)
{
    CLEANUP(buffer_release) struct buffer path = BUFFER_INIT(PATH_MAX);

    if (!buffer_format(&path, "%s/%s", directory, passed[index].file) ||
        access(buffer_string(&path), R_OK) != 0)
        return true;
    const struct setting_source source = {buffer_string(&path), error};
    return visit(context, find_setting(passed[index].setting), buffer_slice(&path), &source);
}

bool passed_each(const char *directory, environment_visit_function visit, void *context,
                 struct error *error)
{
    for (size_t i = 0; directory && i < sizeof(passed) / sizeof(passed[0]); i++) {
        if (!visit_file(directory, i, visit, context, error))
            return false;
    }
    return true;
}
