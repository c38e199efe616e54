/* SPDX-License-Identifier: Apache-2.0 */
#include "server/gate.h"

#include "base/log.h"
#include "server/client.h"
#include "server/request.h"
#include "server/tokens.h"

bool gate_open(const struct config_server *settings, struct gate *out, struct error *error)
{
    *out = (struct gate){.proxy_header = settings->proxy_header};
    if (!networks_parse(&settings->trusted_proxies, "server.trusted_proxies", &out->proxies, error))
        return false;
    if (!settings->tokens_file)
        return true;
    out->tokens = tokens_file_read(settings->tokens_file, error);
    if (!out->tokens)
        error_prefix(error, "server.tokens_file: ");
    return out->tokens != NULL;
}

void gate_release(struct gate *gate)
{
    networks_release(&gate->proxies);
    tokens_file_free(TAKE(gate->tokens));
}

static void note_header(void *forwarding, struct slice name, struct slice value)
{
    forwarding_note(forwarding, name, value);
}

void gate_identify(const struct gate *gate, struct request *request)
{
    const struct request_way *way = &request->way;
    struct forwarding forwarding = {.proxies = &gate->proxies, .header = gate->proxy_header};

    request->client = (struct client){.address = way->peer};
    request->is_confidential =
        way->is_encrypted || !way->peer.is_known || ip_address_is_loopback(&way->peer);
    if (!networks_have(&gate->proxies, &way->peer))
        return;
    request->door->each_header(request, note_header, &forwarding);
    if (!forwarding.is_told)
        return; /* the proxy's machine itself */
    request->client.address = forwarding_client(&forwarding, &way->peer);
    request->is_confidential = forwarding_is_confidential(&forwarding);
}

bool gate_admits(const struct gate *gate, struct request *request, struct error *error)
{
    return !gate->tokens ||
           tokens_file_identify(gate->tokens, request, &request->client.token, error);
}
