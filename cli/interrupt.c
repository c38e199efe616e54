/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/interrupt.h"

#include <unistd.h>

#include "cli/exit.h"
#include "registry/registry.h"

static void *watch(void *context)
{
    struct interrupt *interrupt = context;

    for (;;) {
        int number = 0;
        if (sigwait(&interrupt->awaited, &number) != 0)
            continue;
        if (atomic_load(&interrupt->is_over))
            return NULL;
        if (atomic_exchange(&interrupt->caught, number) != 0)
            _exit(EXIT_SIGNAL + number);
        registry_cancel(interrupt->registry);
    }
}

static void await(sigset_t *awaited, int number)
{
    struct sigaction action;

    if (sigaction(number, NULL, &action) == 0 && action.sa_handler != SIG_IGN)
        (void)sigaddset(awaited, number);
}

bool interrupt_begin(struct interrupt *interrupt, struct registry *registry, struct error *error)
{
    *interrupt = (struct interrupt){.registry = registry};
    (void)sigemptyset(&interrupt->awaited);
    (void)sigaddset(&interrupt->awaited, SIGUSR1); /* interrupt_end()'s */
    await(&interrupt->awaited, SIGINT);
    await(&interrupt->awaited, SIGTERM);
    await(&interrupt->awaited, SIGHUP);
    (void)pthread_sigmask(SIG_BLOCK, &interrupt->awaited, &interrupt->before);
    if (pthread_create(&interrupt->thread, NULL, watch, interrupt) == 0)
        return true;
    (void)pthread_sigmask(SIG_SETMASK, &interrupt->before, NULL);
    return error_set(error, ERROR_INTERNAL, "cannot start a thread to wait for Ctrl-C");
}

int interrupt_end(struct interrupt *interrupt)
{
    atomic_store(&interrupt->is_over, true);
    (void)pthread_kill(interrupt->thread, SIGUSR1);
    (void)pthread_join(interrupt->thread, NULL);
    (void)pthread_sigmask(SIG_SETMASK, &interrupt->before, NULL);
    return atomic_load(&interrupt->caught);
}
