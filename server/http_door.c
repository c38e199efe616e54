/* SPDX-License-Identifier: Apache-2.0 */
#include "server/http_door.h"

#include <microhttpd.h>

#include "base/map.h"
#include "server/connection.h"

static struct MHD_Connection *native_of(const struct request *request)
{
    return MAP_ITEM_CONST(request, struct connection, request)->native;
}

struct header_count {
    struct slice name;
    size_t count;
};

static enum MHD_Result count_header(void *context, enum MHD_ValueKind kind, const char *name,
                                    size_t name_length, const char *value, size_t value_length)
{
    struct header_count *wanted = context;

    (void)kind;
    (void)value;
    (void)value_length;
    wanted->count += slice_equal_ignoring_case(slice_of(name, name_length), wanted->name);
    return MHD_YES;
}

static struct slice door_header(const struct request *request, const char *name, size_t *count)
{
    struct header_count wanted = {.name = slice_from_string(name)};
    const char *value = NULL;
    size_t length = 0;

    if (count) {
        (void)MHD_get_connection_values_n(native_of(request), MHD_HEADER_KIND, count_header,
                                          &wanted);
        *count = wanted.count;
    }
    (void)MHD_lookup_connection_value_n(native_of(request), MHD_HEADER_KIND, name,
                                        wanted.name.length, &value, &length);
    return slice_of(value, length);
}

static void door_respond(struct request *request, struct response *response)
{
    connection_answer(MAP_ITEM(request, struct connection, request), response);
}

struct visitor {
    void (*visit)(void *context, struct slice name, struct slice value);
    void *context;
};

static enum MHD_Result show_header(void *context, enum MHD_ValueKind kind, const char *name,
                                   size_t name_length, const char *value, size_t value_length)
{
    const struct visitor *visitor = context;

    (void)kind;
    visitor->visit(visitor->context, slice_of(name, name_length), slice_of(value, value_length));
    return MHD_YES;
}

static void door_each_header(const struct request *request,
                             void (*visit)(void *context, struct slice name, struct slice value),
                             void *context)
{
    struct visitor visitor = {.visit = visit, .context = context};

    (void)MHD_get_connection_values_n(native_of(request), MHD_HEADER_KIND, show_header, &visitor);
}

static bool door_is_wanted(const struct request *request)
{
    return connection_is_wanted(MAP_ITEM_CONST(request, struct connection, request));
}

const struct request_door http_door = {
    .header = door_header,
    .respond = door_respond,
    .each_header = door_each_header,
    .is_wanted = door_is_wanted,
};
