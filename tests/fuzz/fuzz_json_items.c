/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A document read item by item is the document that json_parse() reads: the same texts are taken,
 * and the same items found, wherever both may read them.
 */
#include "data/json.h"
#include "data/json_items.h"
#include "tests/fuzz/fuzz.h"

struct seen {
    struct slice text;
    size_t count;
};

static bool see(void *context, struct slice item, struct error *error)
{
    struct seen *seen = context;

    (void)error;
    must(item.length > 0 && item.data >= seen->text.data);
    must(item.data + item.length <= seen->text.data + seen->text.length);
    seen->count++;
    return true;
}

static bool is_list(const struct json *document)
{
    enum json_kind kind = json_kind(json_get(document, "tags"));

    return json_kind(document) == JSON_OBJECT &&
           (kind == JSON_ABSENT || kind == JSON_NULL || kind == JSON_ARRAY);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct seen seen = {.text = fuzz_input(data, size)};
    struct json_items items = {.name = "tags", .visit = see, .context = &seen};
    struct error error = {0};
    struct error parse_error = {0};

    bool is_walked = json_each_item(seen.text, &items, &error);
    struct json *document = json_parse(seen.text, &parse_error);
    if (document) {
        const struct json *tags = json_get(document, "tags");
        must(is_walked == is_list(document));
        must(!is_walked || seen.count == json_count(tags));
        must(!is_walked || items.is_there == (json_kind(tags) != JSON_ABSENT));
    } else if (is_walked) {
        must(parse_error.code == ERROR_TOO_LARGE);
    }
    json_free(document);
    return 0;
}
