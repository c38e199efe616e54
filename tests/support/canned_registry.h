/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A registry on a loopback port that says one thing to everybody, and counts: for unit tests that
 * need an upstream, not its manners (the integration tests have a real one and a scriptable one).
 *
 * One thread serves one connection at a time and closes it after the answer.
 */
#ifndef TESTS_SUPPORT_CANNED_REGISTRY_H
#define TESTS_SUPPORT_CANNED_REGISTRY_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buffer.h"
#include "manifest/manifest.h"

struct canned_registry {
    int listener;
    char name[32]; /* "127.0.0.1:PORT" */
    pthread_t thread;

    pthread_mutex_t mutex; /* guards what follows */
    pthread_cond_t changed;
    unsigned status; /* of every answer */
    bool is_silent;  /* no answer while it is */
    bool is_ending;
    unsigned gets;
    unsigned heads;
};

static const char canned_index[] =
    "{\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.index.v1+json\",\"manifests\":["
    "{\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\",\"size\":1,\"digest\":"
    "\"sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\","
    "\"platform\":{\"architecture\":\"amd64\",\"os\":\"linux\"}},"
    "{\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\",\"size\":1,\"digest\":"
    "\"sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\","
    "\"platform\":{\"architecture\":\"arm64\",\"os\":\"linux\",\"variant\":\"v8\"}}]}";

/* Reads a request's head; false where the client has gone. */
static inline bool canned_registry_hear(int connection, char *head, size_t size)
{
    size_t length = 0;
    while (length + 1 < size) {
        ssize_t got = recv(connection, head + length, size - 1 - length, 0);
        if (got <= 0)
            return false;
        length += (size_t)got;
        head[length] = '\0';
        if (strstr(head, "\r\n\r\n"))
            return true;
    }
    return false;
}

/* Counts the request, and waits while the registry is to be silent. The status to answer with. */
static inline unsigned canned_registry_take(struct canned_registry *registry, bool is_head)
{
    (void)pthread_mutex_lock(&registry->mutex);
    *(is_head ? &registry->heads : &registry->gets) += 1;
    (void)pthread_cond_broadcast(&registry->changed);
    while (registry->is_silent && !registry->is_ending)
        (void)pthread_cond_wait(&registry->changed, &registry->mutex);
    unsigned status = registry->status;
    (void)pthread_mutex_unlock(&registry->mutex);
    return status;
}

static inline void canned_registry_serve(struct canned_registry *registry, int connection)
{
    char head[8192];
    struct digest digest;
    struct buffer answer = BUFFER_INIT(8192);
    if (!canned_registry_hear(connection, head, sizeof(head)))
        return;
    bool is_head = strncmp(head, "HEAD ", 5) == 0;
    unsigned status = canned_registry_take(registry, is_head);
    size_t length = status == 200 ? sizeof(canned_index) - 1 : 0;

    (void)buffer_format(&answer, "HTTP/1.1 %u X\r\nConnection: close\r\nContent-Length: %zu\r\n",
                        status, length);
    if (status == 200 && digest_compute(DIGEST_SHA256, SLICE(canned_index), &digest))
        (void)buffer_format(&answer,
                            "Content-Type: application/vnd.oci.image.index.v1+json\r\n"
                            "Docker-Content-Digest: %s\r\n",
                            digest.text);
    (void)buffer_append_string(&answer, "\r\n");
    if (!is_head)
        (void)buffer_append(&answer, canned_index, length);
    (void)!send(connection, answer.data, answer.length, MSG_NOSIGNAL);
    buffer_release(&answer);
}

static inline void *canned_registry_main(void *context)
{
    struct canned_registry *registry = context;
    for (;;) {
        int connection = accept(registry->listener, NULL, NULL);
        if (connection < 0)
            return NULL; /* shut down */
        canned_registry_serve(registry, connection);
        (void)close(connection);
    }
}

static inline bool canned_registry_listen(struct canned_registry *registry)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof(address);
    registry->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(registry->listener, (struct sockaddr *)&address, length) != 0 ||
        listen(registry->listener, 64) != 0 ||
        getsockname(registry->listener, (struct sockaddr *)&address, &length) != 0)
        return false;
    (void)snprintf(registry->name, sizeof(registry->name), "127.0.0.1:%u",
                   (unsigned)ntohs(address.sin_port));
    return true;
}

/* Answers `status` (with 200 an index of linux/amd64 and linux/arm64/v8) to everything. */
static inline bool canned_registry_start(struct canned_registry *registry, unsigned status)
{
    *registry = (struct canned_registry){.status = status};
    (void)pthread_mutex_init(&registry->mutex, NULL);
    (void)pthread_cond_init(&registry->changed, NULL);
    return canned_registry_listen(registry) &&
           pthread_create(&registry->thread, NULL, canned_registry_main, registry) == 0;
}

static inline void canned_registry_say(struct canned_registry *registry, unsigned status)
{
    (void)pthread_mutex_lock(&registry->mutex);
    registry->status = status;
    (void)pthread_mutex_unlock(&registry->mutex);
}

static inline void canned_registry_hush(struct canned_registry *registry, bool is_silent)
{
    (void)pthread_mutex_lock(&registry->mutex);
    registry->is_silent = is_silent;
    (void)pthread_cond_broadcast(&registry->changed);
    (void)pthread_mutex_unlock(&registry->mutex);
}

/* Returns once this many requests of the kind have come. */
static inline void canned_registry_wait(struct canned_registry *registry, const unsigned *counter,
                                        unsigned count)
{
    (void)pthread_mutex_lock(&registry->mutex);
    while (*counter < count)
        (void)pthread_cond_wait(&registry->changed, &registry->mutex);
    (void)pthread_mutex_unlock(&registry->mutex);
}

static inline unsigned canned_registry_count(struct canned_registry *registry,
                                             const unsigned *counter)
{
    (void)pthread_mutex_lock(&registry->mutex);
    unsigned count = *counter;
    (void)pthread_mutex_unlock(&registry->mutex);
    return count;
}

static inline void canned_registry_stop(struct canned_registry *registry)
{
    (void)pthread_mutex_lock(&registry->mutex);
    registry->is_ending = true;
    (void)pthread_cond_broadcast(&registry->changed);
    (void)pthread_mutex_unlock(&registry->mutex);
    (void)shutdown(registry->listener, SHUT_RDWR);
    (void)pthread_join(registry->thread, NULL);
    (void)close(registry->listener);
    (void)pthread_cond_destroy(&registry->changed);
    (void)pthread_mutex_destroy(&registry->mutex);
}

#endif
