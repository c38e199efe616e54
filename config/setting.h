/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One setting: a row of the table in settings.c, and what all rows can do, each by its type: be
 * read from YAML or from a variable's text, be printed, be released; private to config/.
 */
#ifndef CONFIG_SETTING_H
#define CONFIG_SETTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"
#include "data/yaml.h"

/* What a reload does where a row's value has changed. */
enum setting_change {
    SETTING_LIVE,    /* it holds from the next request on */
    SETTING_FORGETS, /* the same, and nothing that was learnt before it is told any more */
    SETTING_RESTART  /* the old one stays until the next start */
};

struct setting {
    const char *name; /* "cache.fresh" */
    const struct setting_type *type;
    size_t offset; /* of the value, in struct config or struct config_host */
    enum setting_change change;
    const char *initial; /* as setting_print() prints it */
    uint64_t min;        /* of numbers; both 0: any */
    uint64_t max;
    const char *const *words; /* of setting_word: the values 0, 1, ..., then NULL */
    const char *help;
};

/* Where a value comes from, and where to complain. */
struct setting_source {
    const char *name; /* a file, a variable, a flag's setting: starts every message */
    struct error *error;
};

struct setting_type {
    const char *expected; /* "a duration such as 30s or 1h30m" */
    bool is_collection;   /* may be given as YAML in a variable */
    bool (*read)(const struct setting *setting, const struct yaml_node *node, void *slot,
                 const struct setting_source *source);
    void (*print)(const struct setting *setting, const void *slot, struct buffer *out);
    /* NULL: of a type that nothing has a default of. */
    bool (*copy)(const struct setting *setting, const void *from, void *to, struct error *error);
    void (*release)(void *slot); /* NULL: nothing to do */

    /* Of numbers. */
    size_t width;
    bool (*parse)(struct slice text, uint64_t *out);
    void (*format)(uint64_t value, struct buffer *out);

    /* Of texts and lists of texts. */
    bool (*accepts)(struct slice text);
    bool is_lowered;  /* hosts are compared in lower case */
    bool is_optional; /* NULL is a value */
};

extern const struct setting_type setting_boolean;          /* bool */
extern const struct setting_type setting_count;            /* uint32_t */
extern const struct setting_type setting_duration;         /* int64_t, milliseconds */
extern const struct setting_type setting_size;             /* uint64_t, bytes */
extern const struct setting_type setting_word;             /* an enum */
extern const struct setting_type setting_optional;         /* char *, NULL when not set */
extern const struct setting_type setting_address;          /* char * */
extern const struct setting_type setting_optional_address; /* char *, NULL when not set */
extern const struct setting_type setting_credentials;      /* char * */
extern const struct setting_type setting_proxy;            /* char * */
extern const struct setting_type setting_host_pattern;     /* char *, NULL when not set */
extern const struct setting_type setting_helper;           /* char *, NULL when not set */
extern const struct setting_type setting_host_list;        /* struct string_list */
extern const struct setting_type setting_pattern_list;     /* struct string_list */
extern const struct setting_type setting_origin_list;      /* struct string_list */
extern const struct setting_type setting_text_list;        /* struct string_list */
extern const struct setting_type setting_mirrors;          /* struct config_mirrors */
extern const struct setting_type setting_hosts; /* of struct config_registry: its hosts */

/* THE table, in the order they are printed; its names are SECTION.KEY, a section's rows together.
 */
extern const struct setting settings[];
extern const size_t setting_total;
/* The rows of one item of registry.hosts; their names are the keys. */
extern const struct setting host_settings[];
extern const size_t host_setting_total;

/* All of them replace what `owner` (the struct the offset is in) holds; on failure it keeps it. */
bool setting_read(const struct setting *setting, const struct yaml_node *node, void *owner,
                  const struct setting_source *source) MUST_USE;
/* Lists as YAML in brackets, or separated by commas. */
bool setting_read_text(const struct setting *setting, struct slice text, void *owner,
                       const struct setting_source *source) MUST_USE;
/* The defaults of all rows of a table. */
bool setting_read_initial(const struct setting *table, size_t count, void *owner,
                          struct error *error) MUST_USE;

/* Gives `to` a copy of what `from` holds; both are owners. Errors: internal. */
bool setting_copy(const struct setting *setting, const void *from, void *to,
                  struct error *error) MUST_USE;
void setting_print(const struct setting *setting, const void *owner, struct buffer *out);
void setting_release(const struct setting *table, size_t count, void *owner);

/* ASCII letters in lower case, in place. */
void setting_lower(char *text);

struct config_mirror;
/* Copies of both; an empty prefix is none. Errors: internal. */
bool setting_mirror_fill(struct config_mirror *mirror, struct slice host, struct slice prefix,
                         struct error *error) MUST_USE;

/* "a whole number, from 1 to 256", "one of all, misses, none". */
bool setting_describe_values(const struct setting *setting, struct buffer *out);

/* "SOURCE:LINE:COLUMN: ..." where the node has a place, else "SOURCE: ..."; returns false. */
bool setting_fail(const struct setting_source *source, const struct yaml_node *where,
                  const char *format, ...) PRINTF(3, 4);
/* The same for a value: "'5x' is not a duration such as 30s or 1h30m, from 1s to 24h". */
bool setting_refuse(const struct setting *setting, const struct yaml_node *node, struct slice text,
                    const struct setting_source *source);

#endif
