/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All flags, and which commands heed them. Help shows them in this order: first what a command is
 * told to do, then whom it asks and how.
 */
#include "cli/command.h"
#include "cli/options.h"

enum {
    PUSH = FOR(PUSH_FROM_SPEC) | FOR(PUSH_FROM_ARGS) | FOR(PUSH_FROM_IMAGES),
    REGISTRY =
        FOR(QUERY) | FOR(INSPECT) | FOR(DIFF) | FOR(AUDIT) | FOR(TAGS) | PUSH | FOR(CHECK_REGISTRY),
    ANSWERING = REGISTRY | FOR(REF)
};

/* clang-format off */
const struct flag flags[OPTION_COUNT] = {
    [OPTION_RAW] = {
        .name = "--raw",
        .help = "print the manifests as indented JSON",
        .commands = FOR(INSPECT)},
    [OPTION_EXPAND_CONFIG] = {
        .name = "--expand-config",
        .help = "with --raw: a lone image's configuration",
        .commands = FOR(INSPECT)},
    [OPTION_TARGET] = {
        .name = "--target", .value = "IMAGE",
        .help = "the image to make",
        .commands = FOR(PUSH_FROM_ARGS) | FOR(PUSH_FROM_IMAGES)},
    [OPTION_PLATFORMS] = {
        .name = "--platforms", .value = "P[,P]",
        .help = "its platforms: linux/amd64,linux/arm/v7",
        .commands = FOR(PUSH_FROM_ARGS), .is_repeatable = true},
    [OPTION_TEMPLATE] = {
        .name = "--template", .value = "IMAGE",
        .help = "sources: the first ARCH, OS, VARIANT is replaced",
        .commands = FOR(PUSH_FROM_ARGS)},
    [OPTION_TAGS] = {
        .name = "--tags", .value = "TAG[,TAG]",
        .help = "further tags for the same image",
        .commands = FOR(PUSH_FROM_ARGS) | FOR(PUSH_FROM_IMAGES), .is_repeatable = true},
    [OPTION_TYPE] = {
        .name = "--type", .value = "docker|oci",
        .help = "a Docker manifest list or an OCI index (docker)",
        .commands = PUSH},
    [OPTION_ANNOTATION] = {
        .name = "--annotation", .value = "K=V",
        .help = "annotate the OCI index; may be repeated",
        .commands = PUSH, .is_repeatable = true},
    [OPTION_ANNOTATIONS] = {
        .name = "--annotations", .value = "K=V[,K=V]",
        .help = "several at once, their values without commas",
        .commands = PUSH, .is_repeatable = true},
    [OPTION_IGNORE_MISSING] = {
        .name = "--ignore-missing",
        .help = "leave out sources that do not exist",
        .commands = PUSH},
    [OPTION_DRY_RUN] = {
        .name = "--dry-run",
        .help = "print what would be pushed, and write nothing",
        .commands = PUSH},
    [OPTION_SERVER] = {
        .name = "--server", .value = "URL",
        .help = "ask this mqueryd, not the registry ($MQUERY_SERVER)",
        .commands = FOR(QUERY) | FOR(AUDIT) | FOR(HEALTHCHECK), .is_common = true},
    [OPTION_JSON] = {
        .name = "--json",
        .help = "print each answer as one line of JSON",
        .commands = ANSWERING, .is_common = true},
    [OPTION_PLATFORM] = {
        .name = "--platform", .value = "P",
        .help = "say whether P is supported; inspect: show only P",
        .commands = FOR(QUERY) | FOR(INSPECT), .is_common = true},
    [OPTION_REQUIRE] = {
        .name = "--require", .value = "P[,P]",
        .help = "exit 0 only if every P is offered, else 1",
        .commands = FOR(QUERY) | FOR(AUDIT), .is_common = true},
    [OPTION_FORMAT] = {
        .name = "--format", .value = "table|csv|json",
        .help = "what the rows look like (table)",
        .commands = FOR(AUDIT)},
    [OPTION_COLOR] = {
        .name = "--color", .value = "auto|always|never",
        .help = "auto: on a terminal, and not with $NO_COLOR",
        .commands = FOR(INSPECT)},
    [OPTION_USERNAME] = {
        .name = "--username", .value = "NAME",
        .help = "whom to log in as to the image's registry",
        .commands = REGISTRY},
    [OPTION_PASSWORD] = {
        .name = "--password", .value = "PASSWORD",
        .help = "seen by all users here; rather --password-stdin",
        .commands = REGISTRY},
    [OPTION_PASSWORD_STDIN] = {
        .name = "--password-stdin",
        .help = "read the password from standard input",
        .commands = REGISTRY},
    [OPTION_DOCKER_CFG] = {
        .name = "--docker-cfg", .value = "PATH",
        .help = "a config.json, or its directory (docker's own)",
        .commands = REGISTRY},
    [OPTION_TIMEOUT] = {
        .name = "--timeout", .value = "TIME",
        .help = "at most this long: 90s (20s; push and check 1h)",
        .commands = REGISTRY, .is_common = true},
    [OPTION_PLAIN_HTTP] = {
        .name = "--plain-http",
        .help = "speak http to the registry, not https",
        .commands = REGISTRY, .is_common = true},
    [OPTION_INSECURE] = {
        .name = "--insecure",
        .help = "accept any certificate",
        .commands = REGISTRY, .is_common = true},
    [OPTION_DEBUG] = {
        .name = "--debug",
        .help = "say on standard error what is asked of whom",
        .commands = REGISTRY},
    [OPTION_HELP] = {
        .name = "--help",
        .help = "print this",
        .commands = ANSWERING, .is_common = true},
    [OPTION_VERSION] = {
        .name = "--version",
        .help = "print the version",
        .commands = ANSWERING, .is_common = true},
};
/* clang-format on */
