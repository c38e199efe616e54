/* SPDX-License-Identifier: Apache-2.0 */
#include "config/unserved.h"

enum {
    VALUE_MAX = 8192
};

/* What stands beside any value but the default. */
static const struct {
    const char *name;
    const char *why;
} unserved[] = {
    {"push.enabled", "this version cannot push; leave it false"},
    {"registry.credentials",
     "this version cannot read credential files; leave it none, and list hosts with password_file"},
};

enum {
    UNSERVED_COUNT = sizeof(unserved) / sizeof(unserved[0])
};

static const char *find_reason(const struct setting *setting)
{
    for (size_t i = 0; i < UNSERVED_COUNT; i++) {
        if (slice_equal_string(slice_from_string(setting->name), unserved[i].name))
            return unserved[i].why;
    }
    return NULL;
}

bool unserved_check(const struct setting *setting, const struct yaml_node *where, const void *owner,
                    const struct setting_source *source)
{
    CLEANUP(buffer_release) struct buffer value = BUFFER_INIT(VALUE_MAX);
    const char *why = find_reason(setting);

    if (!why)
        return true;
    setting_print(setting, owner, &value);
    if (value.state == BUFFER_NO_MEMORY)
        return error_no_memory(source->error);
    return slice_equal_string(buffer_slice(&value), setting->initial) ||
           setting_fail(source, where, "%s", why);
}
