# SPDX-License-Identifier: Apache-2.0
#
# Completion of mquery for fish: asks the program itself what may come next (cli/complete.c).
#
#   mquery completion fish | source

function __mquery_complete
    set -l current (commandline -ct)
    set -l words (commandline -opc) "$current"
    set -l told (command $words[1] __complete -- $words[2..-1] 2>/dev/null)
    if test "$told[1]" != :files
        printf '%s\n' $told
        return
    end
    set -l parts (string match -r '^((?:--[^=]*=)?)(.*)$' -- "$current")
    for path in (__fish_complete_path "$parts[3]")
        printf '%s\n' "$parts[2]$path"
    end
end

for program in mquery manifest-tool
    complete -c $program -f -a '(__mquery_complete)'
end
