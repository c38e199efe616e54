/* SPDX-License-Identifier: Apache-2.0 */
#include "base/escape.h"
#include "server/push_core.h"
#include "server/registry_auth.h"

enum {
    WORD_MAX = 16
};

static const struct {
    const char *media_type;
    enum spec_syntax syntax;
} syntaxes[] = {
    {"application/yaml", SPEC_YAML}, /* RFC 9512; the next two are what was written before it */
    {"text/yaml", SPEC_YAML},
    {"application/x-yaml", SPEC_YAML},
    {"application/json", SPEC_JSON},
};

static bool find_syntax(struct slice media_type, enum spec_syntax *out)
{
    for (size_t i = 0; i < sizeof(syntaxes) / sizeof(syntaxes[0]); i++) {
        if (slice_equal_ignoring_case(media_type, slice_from_string(syntaxes[i].media_type))) {
            *out = syntaxes[i].syntax;
            return true;
        }
    }
    return false;
}

bool push_order_read_syntax(const struct request *request, enum spec_syntax *out,
                            struct error *error)
{
    size_t count = 0;
    struct slice type = request->door->header(request, "content-type", &count);
    struct slice coding = request_header(request, "content-encoding");
    ptrdiff_t end = slice_find(type, ';');

    if (coding.length > 0 && !slice_equal_ignoring_case(coding, SLICE("identity")))
        return error_set(error, ERROR_MEDIA_TYPE,
                         "a body with a Content-Encoding is not read here");
    if (count == 1 && find_syntax(slice_trim(end < 0 ? type : slice_until(type, (size_t)end)), out))
        return true;
    return error_set(error, ERROR_MEDIA_TYPE,
                     "the Content-Type is '%s'; what is read here is application/yaml, text/yaml, "
                     "application/x-yaml and application/json",
                     ESCAPED(type));
}

static bool read_type(struct push_order *order, const struct request *request, struct error *error)
{
    CLEANUP(buffer_release) struct buffer word = BUFFER_INIT(WORD_MAX);

    order->type = LIST_DOCKER; /* as manifest-tool does when nothing is said */
    return request_optional(request, "type", &word, error) &&
           (word.length == 0 || list_type_parse(buffer_slice(&word), &order->type, error));
}

static bool read_switch(const struct request *request, const char *name, bool *out,
                        struct error *error)
{
    CLEANUP(buffer_release) struct buffer word = BUFFER_INIT(WORD_MAX);

    if (!request_optional(request, name, &word, error))
        return false;
    *out = slice_equal(buffer_slice(&word), SLICE("true"));
    if (*out || word.length == 0 || slice_equal(buffer_slice(&word), SLICE("false")))
        return true;
    return error_set(error, ERROR_INVALID, "%s is 'true' or 'false', not '%s'", name,
                     ESCAPED(buffer_slice(&word)));
}

bool push_order_read(struct push_order *order, const struct request *request, struct error *error)
{
    *order = (struct push_order){0};
    return push_order_read_syntax(request, &order->syntax, error) &&
           read_type(order, request, error) &&
           read_switch(request, "ignore_missing", &order->ignore_missing, error) &&
           read_switch(request, "dry_run", &order->is_dry_run, error) &&
           registry_auth_read(request, &order->credential, error);
}

void push_order_release(struct push_order *order)
{
    credential_free(TAKE(order->credential));
}
