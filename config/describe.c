/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What there is to say of each setting.
 */
#include "config/config.h"
#include "config/setting.h"

bool config_describe(enum config_table table, size_t position, struct config_description *out)
{
    const struct setting *rows = table == CONFIG_SETTINGS ? settings : host_settings;
    size_t count = table == CONFIG_SETTINGS ? setting_total : host_setting_total;

    if (position >= count)
        return false;
    const struct setting *setting = &rows[position];
    out->name = setting->name;
    out->help = setting->help;
    out->initial = setting->initial;
    out->needs_restart = setting->change == SETTING_RESTART;
    buffer_clear(&out->values);
    return setting_describe_values(setting, &out->values);
}
