/* SPDX-License-Identifier: Apache-2.0 */
#include "server/client.h"

#include <string.h>

enum {
    IPV6_CUSTOMER = 8 /* bytes of an address that one customer's all share */
};

struct slice client_key(const struct client *client, char out[CLIENT_KEY_SIZE])
{
    const struct in6_addr *bytes = &client->address.bytes;
    size_t start = IN6_IS_ADDR_V4MAPPED(bytes) ? 12 : 0;
    size_t length = IN6_IS_ADDR_V4MAPPED(bytes) ? 4 : IPV6_CUSTOMER;

    if (client->token > 0) {
        out[0] = 't';
        memcpy(out + 1, &client->token, sizeof(client->token));
        return slice_of(out, 1 + sizeof(client->token));
    }
    if (!client->address.is_known) {
        out[0] = 'u';
        return slice_of(out, 1);
    }
    out[0] = start ? '4' : '6';
    memcpy(out + 1, &bytes->s6_addr[start], length);
    return slice_of(out, 1 + length);
}

/* -- what proxies say ----------------------------------------------------------------------- */

/* Takes what stands before the separator off `rest`. */
static struct slice next_part(struct slice *rest, char separator)
{
    ptrdiff_t end = slice_find(*rest, separator);
    struct slice part = end < 0 ? *rest : slice_until(*rest, (size_t)end);

    *rest = slice_from(*rest, part.length + 1);
    return slice_trim(part);
}

static void note_hop(struct hops *hops, const struct networks *proxies, struct slice text)
{
    struct ip_address address = ip_address_parse(text);

    if (!hops->is_told)
        hops->first = address;
    hops->is_told = true;
    if (address.is_known && networks_have(proxies, &address))
        return;
    hops->stranger = address;
    hops->has_stranger = true;
}

static void note_protocol(struct forwarding *forwarding, struct slice name)
{
    forwarding->has_protocol = true;
    if (!slice_equal_ignoring_case(name, SLICE("https")))
        forwarding->is_plain = true;
}

static struct slice unquoted(struct slice text)
{
    if (text.length < 2 || text.data[0] != '"' || text.data[text.length - 1] != '"')
        return text;
    return slice_until(slice_from(text, 1), text.length - 2);
}

/* RFC 7239, section 4: for=192.0.2.43;proto=https. No name of a machine has a comma in it, so one
 * that stands in quotes separates, too: else an opening quote, sent along by the client, would
 * swallow what the proxy adds. */
static void note_standard(struct forwarding *forwarding, struct slice element)
{
    while (element.length > 0) {
        struct slice value = next_part(&element, ';');
        struct slice name = next_part(&value, '=');
        if (slice_equal_ignoring_case(name, SLICE("for")))
            note_hop(&forwarding->by_standard, forwarding->proxies, unquoted(slice_trim(value)));
        else if (slice_equal_ignoring_case(name, SLICE("proto")))
            note_protocol(forwarding, unquoted(slice_trim(value)));
    }
}

static void note_x_for(struct forwarding *forwarding, struct slice element)
{
    note_hop(&forwarding->by_x, forwarding->proxies, element);
}

void forwarding_note(struct forwarding *forwarding, struct slice name, struct slice value)
{
    static const struct {
        const char *name;
        void (*note)(struct forwarding *forwarding, struct slice element);
    } headers[] = {
        {"x-forwarded-for", note_x_for},
        {"x-forwarded-proto", note_protocol},
        {"forwarded", note_standard},
    };

    for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
        if (!slice_equal_ignoring_case(name, slice_from_string(headers[i].name)))
            continue;
        while (value.length > 0)
            headers[i].note(forwarding, next_part(&value, ','));
    }
}

bool forwarding_is_told(const struct forwarding *forwarding)
{
    return forwarding->by_x.is_told || forwarding->by_standard.is_told;
}

/* Where all are trusted the client is one of them, too. */
static struct ip_address hops_client(const struct hops *hops)
{
    return hops->has_stranger ? hops->stranger : hops->first;
}

static bool is_same(const struct ip_address *a, const struct ip_address *b)
{
    return a->is_known == b->is_known && memcmp(&a->bytes, &b->bytes, sizeof(a->bytes)) == 0;
}

struct ip_address forwarding_client(const struct forwarding *forwarding,
                                    const struct ip_address *peer)
{
    const struct hops *hops =
        forwarding->by_x.is_told ? &forwarding->by_x : &forwarding->by_standard;
    struct ip_address client = hops_client(hops);
    struct ip_address other = hops_client(&forwarding->by_standard);

    if (forwarding->by_standard.is_told && !is_same(&client, &other))
        return *peer;
    return client.is_known ? client : *peer;
}

bool forwarding_is_confidential(const struct forwarding *forwarding)
{
    return forwarding->has_protocol && !forwarding->is_plain;
}
