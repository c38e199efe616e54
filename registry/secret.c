/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/secret.h"

#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>
#include <openssl/crypto.h>

bool secret_reserve(struct buffer *secret, size_t size)
{
    char *data = size > secret->ceiling ? NULL : malloc(size + 1);

    if (!data) {
        secret->state = size > secret->ceiling ? BUFFER_FULL : BUFFER_NO_MEMORY;
        return false;
    }
    data[0] = '\0';
    secret->data = data;
    secret->capacity = size + 1;
    return true;
}

void secret_free(char *secret)
{
    if (secret)
        OPENSSL_cleanse(secret, strlen(secret));
    free(secret);
}

void secret_release(struct buffer *secret)
{
    if (secret->data)
        OPENSSL_cleanse(secret->data, secret->capacity);
    buffer_release(secret);
}

void secret_free_lines(struct curl_slist *lines)
{
    for (struct curl_slist *line = lines; line; line = line->next)
        OPENSSL_cleanse(line->data, strlen(line->data));
    curl_slist_free_all(lines);
}
