/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mquery serve: one program, two names. A container image that holds only mquery serves with
 * `serve` and asks with anything else.
 */
#include "cli/command.h"
#include "server/server.h"

int command_serve(int argc, char **argv)
{
    return mqueryd_main(argc, argv);
}
