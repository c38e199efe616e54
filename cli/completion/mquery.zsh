#compdef mquery manifest-tool
# SPDX-License-Identifier: Apache-2.0
#
# Completion of mquery for zsh: asks the program itself what may come next (cli/complete.c).
#
#   source <(mquery completion zsh)       or, under the name of _mquery, in a directory of $fpath

_mquery() {
    local -a told
    told=("${(@f)$("${(Q)words[1]}" __complete -- "${(@Q)words[2,CURRENT]}" 2>/dev/null)}")
    if [[ $told[1] == :files ]]; then
        compset -P '--*='
        _files
        return
    fi
    told=("${told[@]/$'\t'/:}")
    _describe mquery told
}

if [[ $funcstack[1] == _mquery ]]; then
    _mquery "$@"
else
    compdef _mquery mquery manifest-tool
fi
