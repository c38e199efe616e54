/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mqueryd.
 */
#include "server/server.h"

int main(int argc, char **argv)
{
    return mqueryd_main(argc, argv);
}
