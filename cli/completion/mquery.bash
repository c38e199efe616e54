# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Completion of mquery for bash: asks the program itself what may come next (cli/complete.c).
#
#   source <(mquery completion bash)

# The line is split at blanks, not as in COMP_WORDS, where "localhost:5000/app" is three words and
# "--type=oci" too; of such a word bash replaces only what stands behind the '='.
_mquery() {
    local line=${COMP_LINE:0:COMP_POINT} current words=() told=()
    read -ra words <<<"$line"
    [[ $line != *[[:blank:]] ]] || words+=("")
    current=${words[-1]}
    mapfile -t told < <("$1" __complete -- "${words[@]:1}" 2>/dev/null)
    if [ "${told[0]-}" = :files ]; then
        compopt -o filenames
        mapfile -t COMPREPLY < <(compgen -f -- "${current#--*=}")
        return
    fi
    mapfile -t COMPREPLY < <(compgen -W "${told[*]%%$'\t'*}" -- "$current")
    [[ $COMP_WORDBREAKS != *=* ]] || COMPREPLY=("${COMPREPLY[@]#--*=}")
}

complete -F _mquery mquery manifest-tool
