/* SPDX-License-Identifier: Apache-2.0 */
#include "config/config.h"
#include "docs/man/insert.h"

/* -- the page ------------------------------------------------------------------------------- */

static void insert_facts(struct buffer *out, const struct config_description *setting)
{
    (void)buffer_append_string(out, "\tDefault: *");
    insert_text(out, setting->initial);
    (void)buffer_append_string(out, "*. Wanted: ");
    insert_text(out, buffer_string(&setting->values));
    (void)buffer_append_string(out, ".");
    if (setting->needs_restart)
        (void)buffer_append_string(out, " A change waits for the next start.");
    (void)buffer_append_string(out, "\n\n");
}

static void insert_table(struct buffer *out, enum config_table table)
{
    struct config_description setting = CONFIG_DESCRIPTION_INIT;

    for (size_t i = 0; config_describe(table, i, &setting); i++) {
        insert_term(out, setting.name, NULL);
        (void)buffer_append_char(out, '\t');
        insert_text(out, setting.help);
        (void)buffer_append_string(out, "\n\n");
        insert_facts(out, &setting);
    }
    buffer_release(&setting.values);
}

void insert_settings(struct buffer *out)
{
    insert_table(out, CONFIG_SETTINGS);
}

void insert_host_settings(struct buffer *out)
{
    insert_table(out, CONFIG_HOST_SETTINGS);
}

/* -- the sample ----------------------------------------------------------------------------- */

/* One host with all its keys; it has to have a name. Behind the '#' of a line that is no remark
 * comes what it is without. */
static void insert_sample_host(struct buffer *out)
{
    struct config_description setting = CONFIG_DESCRIPTION_INIT;

    for (size_t i = 0; config_describe(CONFIG_HOST_SETTINGS, i, &setting); i++) {
        bool is_name = strcmp(setting.name, "name") == 0;
        (void)buffer_format(out, "  #    # %s\n", setting.help);
        (void)buffer_format(out, "  #  %s %s: %s\n", is_name ? "-" : " ", setting.name,
                            is_name ? "registry.example.com:5000" : setting.initial);
    }
    buffer_release(&setting.values);
}

void insert_sample(struct buffer *out)
{
    struct config_description setting = CONFIG_DESCRIPTION_INIT;
    struct slice section = {0};

    for (size_t i = 0; config_describe(CONFIG_SETTINGS, i, &setting); i++) {
        struct slice name = slice_from_string(setting.name);
        size_t dot = (size_t)slice_find(name, '.');
        const char *key = setting.name + dot + 1;
        bool is_hosts = strcmp(setting.name, "registry.hosts") == 0;
        if (!slice_equal(section, slice_until(name, dot))) {
            section = slice_until(name, dot);
            (void)buffer_format(out, "\n%.*s:\n", (int)section.length, section.data);
        }
        (void)buffer_format(out, "  # %s\n  #%s:", setting.help, key);
        (void)buffer_format(out, "%s%s\n", is_hosts ? "" : " ", is_hosts ? "" : setting.initial);
        if (is_hosts)
            insert_sample_host(out);
    }
    buffer_release(&setting.values);
}
