/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Judging a list before it is written: what the reference refuses is refused (rules P17, P18), and
 * what it passes over in silence is warned of (P24).
 */
#include "manifest/assemble.h"

#include "base/escape.h"
#include "manifest/list.h"

static const struct {
    const char *word;
    const char *list;
    const char *child;
    enum media_type list_type;
    enum media_type child_type;
} families[] = {
    [LIST_DOCKER] = {"docker", "a Docker list", "a Docker manifest", MEDIA_TYPE_DOCKER_LIST,
                     MEDIA_TYPE_DOCKER_MANIFEST},
    [LIST_OCI] = {"oci", "an OCI index", "an OCI manifest", MEDIA_TYPE_OCI_INDEX,
                  MEDIA_TYPE_OCI_MANIFEST},
};

enum {
    FAMILIES = sizeof(families) / sizeof(families[0])
};

bool list_type_parse(struct slice text, enum list_type *out, struct error *error)
{
    for (size_t i = 0; i < FAMILIES; i++) {
        if (!slice_equal_string(text, families[i].word))
            continue;
        *out = (enum list_type)i;
        return true;
    }
    return error_set(error, ERROR_INVALID, "the type '%s' is neither docker nor oci",
                     ESCAPED(text));
}

const char *list_type_media_type(enum list_type type)
{
    return media_type_name(families[type].list_type);
}

/* -- platforms ------------------------------------------------------------------------------ */

static bool equal_strings(const char *const *a, size_t a_count, const char *const *b,
                          size_t b_count)
{
    if (a_count != b_count)
        return false;
    for (size_t i = 0; i < a_count; i++) {
        if (strcmp(a[i], b[i]) != 0)
            return false;
    }
    return true;
}

/* To the letter, as the reference compares: what it takes for two platforms stays two here. */
static bool is_same_platform(const struct platform *a, const struct platform *b)
{
    return strcmp(a->architecture, b->architecture) == 0 && strcmp(a->os, b->os) == 0 &&
           strcmp(a->variant, b->variant) == 0 && strcmp(a->os_version, b->os_version) == 0 &&
           equal_strings(a->os_features, a->os_feature_count, b->os_features, b->os_feature_count);
}

static bool refuse_duplicate(const struct list_entry *first, const struct list_entry *second,
                             struct error *error)
{
    CLEANUP(buffer_release) struct buffer platform = BUFFER_INIT(PLATFORM_TEXT_MAX);

    (void)platform_write_version(&second->platform, &platform);
    return error_set(error, ERROR_INVALID, "both '%.80s' and '%.80s' are for %s",
                     ESCAPED(slice_from_string(first->source)),
                     ESCAPED(slice_from_string(second->source)), buffer_string(&platform));
}

/* That the image at `place` is for a known platform, which none before it is for. */
static bool check_image(const struct list_plan *plan, size_t place, struct error *error)
{
    const struct list_entry *entry = &plan->entries[place];

    if (!list_check_platform(&entry->platform, entry->source, error))
        return false;
    for (size_t i = 0; i < place; i++) {
        const struct list_entry *other = &plan->entries[i];
        if (!other->is_attestation && is_same_platform(&other->platform, &entry->platform))
            return refuse_duplicate(other, entry, error);
    }
    return true;
}

bool list_check_annotations(enum list_type type, size_t count, struct error *error)
{
    return type != LIST_DOCKER || count == 0 ||
           error_set(error, ERROR_INVALID,
                     "a Docker list has no annotations; an OCI index has (type oci)");
}

static bool check_plan(const struct list_plan *plan, struct error *error)
{
    if (!list_check_annotations(plan->type, plan->annotation_count, error))
        return false;
    if (plan->count == 0)
        return error_set(error, ERROR_INVALID, "there is nothing to list");
    if (plan->count > INDEX_ENTRIES_MAX)
        return error_set(error, ERROR_TOO_LARGE, "%zu entries, more than %d", plan->count,
                         INDEX_ENTRIES_MAX);
    for (size_t i = 0; i < plan->count; i++) {
        if (!plan->entries[i].is_attestation && !check_image(plan, i, error))
            return false;
    }
    return true;
}

/* -- warnings ------------------------------------------------------------------------------- */

static void warn_of_family(const struct list_plan *plan, const struct list_entry *entry,
                           struct warnings *warnings)
{
    enum list_type other = plan->type == LIST_DOCKER ? LIST_OCI : LIST_DOCKER;

    if (media_type_parse(slice_from_string(entry->media_type)) == families[other].child_type) {
        warnings_add(warnings, "'%.120s' is %s in %s, which not every client reads",
                     ESCAPED(slice_from_string(entry->source)), families[other].child,
                     families[plan->type].list);
    }
}

static void warn_of_features(const struct list_plan *plan, const struct list_entry *entry,
                             struct warnings *warnings)
{
    const char *what =
        plan->type == LIST_DOCKER
            ? "are in the list; manifest-tool 2 drops them, and so has another digest"
            : "are left out, an OCI index has no place for them";

    if (entry->feature_count)
        warnings_add(warnings, "the CPU features of '%.120s' %s",
                     ESCAPED(slice_from_string(entry->source)), what);
}

/* -- the whole ------------------------------------------------------------------------------ */

bool list_assemble(const struct list_plan *plan, struct buffer *out, struct warnings *warnings,
                   struct error *error)
{
    if (!check_plan(plan, error))
        return false;
    for (size_t i = 0; i < plan->count; i++) {
        warn_of_family(plan, &plan->entries[i], warnings);
        warn_of_features(plan, &plan->entries[i], warnings);
    }
    CLEANUP(list_extras_free_p)
    struct list_extras *extras = list_extras_read(plan, warnings, error);
    if (!extras)
        return false;
    list_write(plan, extras, out);
    return buffer_check(out, "list", error);
}
