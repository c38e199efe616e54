-- SPDX-License-Identifier: Apache-2.0
-- For wrk: asks each of many targets once.
--
--   wrk ... -s asks.lua URL -- PATTERN FIRST COUNT THREADS [ACCEPT]
--
-- PATTERN is a path with one %d, which becomes FIRST, FIRST + 1, ... FIRST + COUNT - 1, shared out
-- among the threads. wrk ends when its time is over, or when one thread's share is answered.
local threads_made = 0

function setup(thread)
    thread:set("serial", threads_made)
    threads_made = threads_made + 1
end

function init(args)
    pattern = args[1]
    local share = math.floor(tonumber(args[3]) / tonumber(args[4]))
    following = tonumber(args[2]) + serial * share
    last = following + share - 1
    unanswered = share
    if args[5] then
        wrk.headers["Accept"] = args[5]
    end
end

-- Once all has been asked, free connections ask the last one again.
function request()
    local asked = following
    following = math.min(following + 1, last)
    return wrk.format("GET", pattern:format(asked))
end

function response()
    unanswered = unanswered - 1
    if unanswered == 0 then
        print("all targets were asked")
        io.popen("kill -INT $PPID") -- the shell's parent is wrk, which would sleep on
    end
end
