/* SPDX-License-Identifier: Apache-2.0 */
#include "server/http_head.h"

#include <string.h>

#include "base/buffer.h"

/* The fields that say where a request ends, and for whom it is. */
struct framing {
    unsigned hosts;
    unsigned lengths;
    unsigned codings;
    struct slice length;
    struct slice coding;
};

static enum MHD_Result note_field(void *context, enum MHD_ValueKind kind, const char *name,
                                  size_t name_length, const char *value, size_t value_length)
{
    struct framing *framing = context;
    struct slice field = slice_of(name, name_length);

    (void)kind;
    if (slice_equal_ignoring_case(field, SLICE("host"))) {
        framing->hosts++;
    } else if (slice_equal_ignoring_case(field, SLICE("content-length"))) {
        framing->lengths++;
        framing->length = slice_of(value, value_length);
    } else if (slice_equal_ignoring_case(field, SLICE("transfer-encoding"))) {
        framing->codings++;
        framing->coding = slice_of(value, value_length);
    }
    return MHD_YES;
}

/* NULL: there is nothing wrong. */
static const char *find_fault(const struct framing *framing, bool is_new)
{
    if (framing->lengths + framing->codings > 1)
        return "a request has one Content-Length or one Transfer-Encoding (RFC 9112, 6.1)";
    if (framing->codings > 0 && !is_new)
        return "HTTP/1.0 knows no Transfer-Encoding (RFC 9112, 6.1)";
    if (framing->codings > 0 && !slice_equal_ignoring_case(framing->coding, SLICE("chunked")))
        return "the only Transfer-Encoding that is read here is chunked";
    if (framing->hosts > 1 || (framing->hosts == 0 && is_new))
        return "an HTTP/1.1 request names its one Host (RFC 9112, 3.2)";
    return NULL;
}

/* The library has refused all but digits. */
static uint64_t read_length(struct slice digits)
{
    uint64_t length = 0;

    for (size_t i = 0; i < digits.length && length < UINT32_MAX; i++)
        length = length * 10 + (uint64_t)(digits.data[i] - '0');
    return length < UINT32_MAX ? length : UINT32_MAX;
}

bool http_head_judge(struct MHD_Connection *native, const char *version, uint64_t *body_length,
                     struct error *error)
{
    struct framing framing = {0};

    (void)MHD_get_connection_values_n(native, MHD_HEADER_KIND, note_field, &framing);
    const char *fault = find_fault(&framing, strcmp(version, MHD_HTTP_VERSION_1_1) == 0);
    if (fault)
        return error_set(error, ERROR_INVALID, "%s", fault);
    *body_length = read_length(framing.length);
    return true;
}
