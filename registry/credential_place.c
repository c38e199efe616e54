/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/credential_place.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/escape.h"
#include "registry/secret.h"

enum {
    TEXT_MAX = 1024 * 1024, /* C2 */
    PATH_MAX_BYTES = 4096
};

static const char variable[] = "DOCKER_AUTH_CONFIG";

/* -- where they are (C1, C12) --------------------------------------------------------------- */

struct list {
    struct credential_place *places;
    size_t count;
    bool has_memory;
};

static const char *find_variable(const char *name)
{
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): nobody changes the environment */
    const char *value = getenv(name);

    return value && value[0] ? value : NULL;
}

static struct credential_place *add_place(struct list *list, const char *name)
{
    struct credential_place *place = &list->places[list->count++];

    *place = (struct credential_place){.name = strdup(name)};
    (void)pthread_mutex_init(&place->lock, NULL);
    list->has_memory = list->has_memory && place->name;
    return place;
}

/* DIRECTORY/FILE, or nothing where the directory is not known. */
static struct credential_place *add_file(struct list *list, const char *directory, const char *file)
{
    CLEANUP(buffer_release) struct buffer path = BUFFER_INIT(PATH_MAX_BYTES);

    if (!directory)
        return NULL;
    list->has_memory = buffer_format(&path, "%s/%s", directory, file) && list->has_memory;
    return add_place(list, buffer_string(&path));
}

static void add_variable(struct list *list)
{
    const char *text = find_variable(variable);

    if (!text)
        return;
    struct credential_place *place = add_place(list, variable);
    place->kind = CREDENTIAL_FILE_VARIABLE;
    place->text = strdup(text);
    list->has_memory = list->has_memory && place->text;
}

static void add_podmans(struct list *list, const char *home)
{
    CLEANUP(buffer_release) struct buffer run = BUFFER_INIT(64);
    const char *named = find_variable("REGISTRY_AUTH_FILE");
    const char *runtime = find_variable("XDG_RUNTIME_DIR");
    const char *config = find_variable("XDG_CONFIG_HOME");

    if (named)
        (void)add_place(list, named);
    list->has_memory =
        buffer_format(&run, "/run/containers/%u", (unsigned)getuid()) && list->has_memory;
    if (runtime)
        (void)add_file(list, runtime, "containers/auth.json");
    else
        (void)add_file(list, buffer_string(&run), "auth.json");
    if (config)
        (void)add_file(list, config, "containers/auth.json");
    else
        (void)add_file(list, home, ".config/containers/auth.json");
}

static void add_usual(struct list *list)
{
    const char *home = find_variable("HOME");
    const char *config = find_variable("DOCKER_CONFIG");

    add_variable(list);
    if (config)
        (void)add_file(list, config, "config.json");
    else
        (void)add_file(list, home, ".docker/config.json");
    add_podmans(list, home);
    (void)add_file(list, home, ".dockercfg");
}

static void add_named(struct list *list, const char *path)
{
    struct stat state;
    bool is_directory = stat(path, &state) == 0 && S_ISDIR(state.st_mode);
    struct credential_place *place =
        is_directory ? add_file(list, path, "config.json") : add_place(list, path);

    place->kind = CREDENTIAL_FILE_NAMED;
    place->must_exist = true;
}

size_t credential_places_find(const char *source, struct credential_place places[],
                              bool *has_memory)
{
    struct list list = {.places = places, .has_memory = true};

    if (strcmp(source, "docker") == 0)
        add_usual(&list);
    else if (strcmp(source, "none") != 0)
        add_named(&list, source);
    *has_memory = list.has_memory;
    return list.count;
}

void credential_place_release(struct credential_place *place)
{
    credential_file_unref(place->file);
    secret_free(place->text);
    free(place->name);
    (void)pthread_mutex_destroy(&place->lock);
    *place = (struct credential_place){0};
}

/* -- reading -------------------------------------------------------------------------------- */

static bool is_same_time(struct timespec a, struct timespec b)
{
    return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

static bool is_same_state(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
           is_same_time(a->st_mtim, b->st_mtim) && is_same_time(a->st_ctim, b->st_ctim);
}

/* A reference to what was read of this very state of the file, or NULL. */
static struct credential_file *recall(struct credential_place *place, const struct stat *state)
{
    struct credential_file *file = NULL;

    pthread_mutex_lock(&place->lock);
    if (place->file && is_same_state(&place->state, state))
        file = credential_file_ref(place->file);
    pthread_mutex_unlock(&place->lock);
    return file;
}

static void remember(struct credential_place *place, const struct stat *state,
                     struct credential_file *file)
{
    struct credential_file *old = NULL;

    pthread_mutex_lock(&place->lock);
    old = place->file;
    place->file = credential_file_ref(file);
    place->state = *state;
    pthread_mutex_unlock(&place->lock);
    credential_file_unref(old);
}

static bool refuse(const char *why, struct error *error)
{
    return error_set(error, ERROR_INVALID, "%s", why);
}

/* As much as there was when its state was taken: what has grown since has another state, and is
 * read at the next question. */
static bool read_text(int fd, size_t size, struct buffer *out, struct error *error)
{
    if (!secret_reserve(out, size))
        return error_no_memory(error);
    while (out->length < size) {
        ssize_t length = read(fd, out->data + out->length, size - out->length);
        if (length < 0 && errno != EINTR)
            return refuse(strerrordesc_np(errno), error);
        if (length == 0)
            break;
        out->length += length > 0 ? (size_t)length : 0;
    }
    return true;
}

static struct credential_file *parse(struct credential_place *place, const struct stat *state,
                                     struct slice text, struct error *error)
{
    struct credential_file *file = credential_file_parse(text, place->kind, error);

    if (file)
        remember(place, state, file);
    return file;
}

static struct credential_file *read_variable(struct credential_place *place, struct error *error)
{
    const struct stat always = {0};
    struct credential_file *known = recall(place, &always);

    return known ? known : parse(place, &always, slice_from_string(place->text), error);
}

/* S34: what is no file could block, or never end. */
static struct credential_file *read_open(struct credential_place *place, int fd,
                                         struct error *error)
{
    CLEANUP(secret_release) struct buffer text = BUFFER_INIT(TEXT_MAX);
    struct stat state;

    if (fstat(fd, &state) != 0 || !S_ISREG(state.st_mode)) {
        (void)refuse("it is not a file", error);
        return NULL;
    }
    if (state.st_size > TEXT_MAX) {
        (void)refuse("larger than 1 MiB", error);
        return NULL;
    }
    struct credential_file *known = recall(place, &state);
    if (known || !read_text(fd, (size_t)state.st_size, &text, error))
        return known;
    return parse(place, &state, buffer_slice(&text), error);
}

static struct credential_file *read_file(struct credential_place *place, struct error *error)
{
    int fd = open(place->name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

    if (fd < 0) {
        bool is_absent = (errno == ENOENT || errno == ENOTDIR) && !place->must_exist;
        (void)refuse(strerrordesc_np(errno), error);
        if (is_absent)
            error->code = ERROR_NONE;
        return NULL;
    }
    struct credential_file *file = read_open(place, fd, error);
    (void)close(fd);
    return file;
}

struct credential_file *credential_place_read(struct credential_place *place, struct error *error)
{
    struct credential_file *file =
        place->text ? read_variable(place, error) : read_file(place, error);

    if (file || error->code == ERROR_NONE || error->code == ERROR_INTERNAL)
        return file;
    error->code = ERROR_INVALID;
    error_prefix(error, "%s: ", ESCAPED(slice_from_string(place->name)));
    return NULL;
}
