/* SPDX-License-Identifier: Apache-2.0 */
#include "server/registry_auth.h"

#include "registry/registry.h"
#include "server/request.h"

/* Refused, never ignored: the caller would take what everyone gets for what the credentials
 * open. */
bool registry_auth_read(const struct request *request, struct credential **out, struct error *error)
{
    size_t count = 0;
    struct slice header = request->door->header(request, "x-registry-auth", &count);

    *out = NULL;
    if (count == 0 || (count == 1 && header.length == 0))
        return true;
    if (count > 1)
        return error_set(error, ERROR_INVALID, "X-Registry-Auth is given %zu times", count);
    if (!request->is_confidential) {
        return error_set(error, ERROR_FORBIDDEN,
                         "X-Registry-Auth is taken over TLS, loopback or a Unix socket, or from a "
                         "trusted proxy that says https: others may have read it on its way");
    }
    error->code = ERROR_NONE;
    *out = credential_parse(header, error);
    return *out || error->code == ERROR_NONE;
}
