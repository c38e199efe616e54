# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# What the scripts in this folder share: where things are, building quietly, waiting for servers,
# and leaving nothing behind. Sourced, never run.

set -euo pipefail
export LC_ALL=C # sorting, and other people's messages, are the same everywhere

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
python=/usr/bin/python3

die() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

# Runs a command silently; shows what it printed only when it fails.
quietly() {
    local log status=0
    log=$(mktemp)
    "$@" >"$log" 2>&1 || status=$?
    [ "$status" -eq 0 ] || cat "$log" >&2
    rm -f "$log"
    return "$status"
}

# build_into DIRECTORY [MESON OPTION...]: set up once, compiled as far as anything has changed.
build_into() {
    local directory=$1
    shift
    if [ ! -f "$directory/build.ninja" ]; then
        quietly meson setup "$directory" "$root" "$@" || return
    fi
    quietly ninja -C "$directory"
}

# The daemon as it is shipped, into build-release/.
build_release() {
    build_into "$root/build-release" --buildtype=release -Dtests=false
}

port_is_open() {
    (: <"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

free_port() {
    "$python" -c 'import socket
with socket.socket() as listener:
    listener.bind(("127.0.0.1", 0))
    print(listener.getsockname()[1])'
}

# wait_for_port PORT PID: until PORT answers. Fails when PID ends first, or after 20 seconds.
wait_for_port() {
    local deadline=$((SECONDS + 20))
    until port_is_open "$1"; do
        kill -0 "$2" 2>/dev/null || return 1
        [ "$SECONDS" -lt "$deadline" ] || return 1
        sleep 0.02
    done
}

# Makes $scratch, a directory that is gone, and with it every process told to stop_at_exit, however
# the script ends.
started=()
scratch=
scratch_directory() {
    scratch=$(mktemp -d)
    trap leave_nothing_behind EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
}

stop_at_exit() {
    started+=("$1")
}

leave_nothing_behind() {
    local pid
    for pid in "${started[@]}"; do
        kill "$pid" 2>/dev/null || true
    done
    for pid in "${started[@]}"; do
        wait "$pid" 2>/dev/null || true
    done
    rm -rf "$scratch"
}
