/* SPDX-License-Identifier: Apache-2.0 */
#include "server/state_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "base/escape.h"

enum {
    VERSION = 1,
    HASH_SIZE = 32,
    PENDING_MAX = 64 * 1024
};

struct head {
    char magic[8];
    uint32_t version;
    uint32_t reserved;
    uint64_t length; /* of what follows, in this machine's order of bytes: so is the version */
    unsigned char hash[HASH_SIZE];
};

static const char magic[sizeof(((struct head *)0)->magic)] = "mqueryd\n";

static bool refuse(enum error_code code, const char *path, const char *reason, struct error *error)
{
    return error_set(error, code, "%s: %s", ESCAPED(slice_from_string(path)), reason);
}

/* What it says is told to clients, so nobody else may have written it. */
static const char *find_fault(int fd)
{
    struct stat status;

    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode))
        return "it is no regular file";
    if (status.st_uid != geteuid())
        return "it belongs to another user";
    return status.st_mode & (S_IWGRP | S_IWOTH) ? "other users may write to it" : NULL;
}

/* -- writing -------------------------------------------------------------------------------- */

struct state_writer {
    const char *path;
    char *temporary; /* NULL once it is committed */
    int fd;
    int code; /* errno of the first failure */
    EVP_MD_CTX *hash;
    struct buffer pending;
    uint64_t length;
};

static void write_all(struct state_writer *writer, struct slice bytes)
{
    while (bytes.length > 0 && !writer->code) {
        ssize_t written = write(writer->fd, bytes.data, bytes.length);
        if (written < 0 && errno != EINTR)
            writer->code = errno;
        if (written > 0)
            bytes = slice_from(bytes, (size_t)written);
    }
}

static void flush(struct state_writer *writer)
{
    struct slice bytes = buffer_slice(&writer->pending);

    if (bytes.length > 0 && EVP_DigestUpdate(writer->hash, bytes.data, bytes.length) != 1)
        writer->code = ENOMEM;
    write_all(writer, bytes);
    writer->length += bytes.length;
    buffer_clear(&writer->pending);
}

/* A process that was killed has left it behind, and its lock went with the process. Whoever still
 * has it saves at this moment; so does whoever renamed it between our two looks. */
static const char *lock_temporary(int fd, const char *name)
{
    struct stat ours;
    struct stat named;

    if (flock(fd, LOCK_EX | LOCK_NB) != 0)
        return "another process is saving, too";
    if (fstat(fd, &ours) != 0 || lstat(name, &named) != 0 || ours.st_ino != named.st_ino)
        return "another process has just saved";
    return ftruncate(fd, 0) == 0 ? NULL : strerrordesc_np(errno);
}

static bool open_temporary(struct state_writer *writer, struct error *error)
{
    static const struct head nothing;
    CLEANUP(buffer_release) struct buffer name = BUFFER_INIT(PATH_MAX);

    (void)buffer_format(&name, "%s.new", writer->path);
    if (!buffer_ok(&name))
        return refuse(ERROR_INTERNAL, writer->path, "the name is too long", error);
    writer->fd =
        open(buffer_string(&name), O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
    if (writer->fd < 0)
        return refuse(ERROR_INTERNAL, writer->path, strerrordesc_np(errno), error);
    const char *fault = find_fault(writer->fd);
    if (!fault)
        fault = lock_temporary(writer->fd, buffer_string(&name));
    if (fault)
        return refuse(ERROR_INTERNAL, buffer_string(&name), fault, error);
    writer->temporary = buffer_take(&name);
    write_all(writer, slice_of((const char *)&nothing, sizeof(nothing)));
    return true;
}

struct state_writer *state_writer_new(const char *path, struct error *error)
{
    struct state_writer *writer = calloc(1, sizeof(*writer));
    if (!writer) {
        (void)error_no_memory(error);
        return NULL;
    }
    writer->path = path;
    writer->fd = -1;
    buffer_init(&writer->pending, PENDING_MAX);
    writer->hash = EVP_MD_CTX_new();
    if (!writer->hash || EVP_DigestInit_ex(writer->hash, EVP_sha256(), NULL) != 1) {
        (void)error_no_memory(error);
        goto fail;
    }
    if (open_temporary(writer, error))
        return writer;
fail:
    state_writer_free(writer);
    return NULL;
}

void state_writer_append(struct state_writer *writer, struct slice bytes)
{
    while (bytes.length > 0) {
        size_t room = PENDING_MAX - writer->pending.length;
        struct slice part = slice_until(bytes, room);
        if (!buffer_append_slice(&writer->pending, part)) {
            writer->code = ENOMEM;
            return;
        }
        bytes = slice_from(bytes, part.length);
        if (writer->pending.length == PENDING_MAX)
            flush(writer);
    }
}

static void write_head(struct state_writer *writer)
{
    struct head head = {.version = VERSION, .length = writer->length};

    memcpy(head.magic, magic, sizeof(magic));
    if (EVP_DigestFinal_ex(writer->hash, head.hash, NULL) != 1)
        writer->code = ENOMEM;
    if (!writer->code && pwrite(writer->fd, &head, sizeof(head), 0) != sizeof(head))
        writer->code = errno ? errno : EIO;
}

/* Without it the new name may be lost with the machine's power; the old file is still whole then.
 */
static void sync_directory(const char *path)
{
    struct slice name = slice_from_string(path);
    ptrdiff_t slash = slice_find_last(name, '/');
    CLEANUP(free_p)
    char *directory = slice_copy(slash < 0 ? SLICE(".") : slice_until(name, (size_t)slash + 1));
    int fd = directory ? open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

    if (fd < 0)
        return;
    (void)fsync(fd);
    (void)close(fd);
}

bool state_writer_commit(struct state_writer *writer, struct error *error)
{
    flush(writer);
    write_head(writer);
    if (!writer->code && fsync(writer->fd) != 0)
        writer->code = errno;
    if (!writer->code && rename(writer->temporary, writer->path) != 0)
        writer->code = errno;
    if (writer->code)
        return refuse(ERROR_INTERNAL, writer->path, strerrordesc_np(writer->code), error);
    free(TAKE(writer->temporary));
    sync_directory(writer->path);
    return true;
}

void state_writer_free(struct state_writer *writer)
{
    if (!writer)
        return;
    if (writer->temporary)
        (void)unlink(writer->temporary);
    if (writer->fd >= 0)
        (void)close(writer->fd); /* and with it the lock */
    free(writer->temporary);
    EVP_MD_CTX_free(writer->hash);
    buffer_release(&writer->pending);
    free(writer);
}

/* -- reading -------------------------------------------------------------------------------- */

/* How much of `size` bytes was there. */
static size_t read_all(int fd, void *out, size_t size)
{
    size_t length = 0;

    while (length < size) {
        ssize_t part = read(fd, (char *)out + length, size - length);
        if (part == 0 || (part < 0 && errno != EINTR))
            break;
        length += part > 0 ? (size_t)part : 0;
    }
    return length;
}

static const char *read_head(int fd, size_t limit, struct head *out)
{
    struct stat status;

    if (read_all(fd, out, sizeof(*out)) != sizeof(*out) ||
        memcmp(out->magic, magic, sizeof(magic)) != 0)
        return "it is damaged, or no such file of ours";
    if (out->version != VERSION)
        return "it is of another version";
    if (out->length > limit)
        return "it is larger than cache.memory allows";
    if (fstat(fd, &status) != 0 || (uint64_t)status.st_size != sizeof(*out) + out->length)
        return "it is damaged: its length is wrong";
    return NULL;
}

static const char *read_body(int fd, const struct head *head, struct buffer *out)
{
    unsigned char hash[HASH_SIZE];
    char part[PENDING_MAX];
    size_t length = 0;

    while ((length = read_all(fd, part, sizeof(part))) > 0)
        (void)buffer_append(out, part, length);
    if (!buffer_ok(out))
        return "there is no memory for it";
    if (EVP_Digest(out->data, out->length, hash, NULL, EVP_sha256(), NULL) != 1 ||
        memcmp(hash, head->hash, HASH_SIZE) != 0)
        return "it is damaged: its checksum is wrong";
    return NULL;
}

bool state_file_read(const char *path, struct buffer *out, struct error *error)
{
    struct head head;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

    if (fd < 0)
        return errno == ENOENT || refuse(ERROR_INVALID, path, strerrordesc_np(errno), error);
    const char *fault = find_fault(fd);
    if (!fault)
        fault = read_head(fd, out->ceiling, &head);
    if (!fault)
        fault = read_body(fd, &head, out);
    (void)close(fd);
    return !fault || refuse(ERROR_INVALID, path, fault, error);
}
