/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/program.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "base/clock.h"

enum {
    STATUS_OF_SIGNAL = 128, /* as shells count */
    WAIT_MAX_MS = 100       /* until it is looked whether anybody still waits */
};

/* A running program; descriptors are -1 where there is none. */
struct program {
    pid_t id;
    int watch;  /* readable once it has ended */
    int output; /* what it says */
};

static void close_descriptor(const int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
}

/* -- what it is given ----------------------------------------------------------------------- */

/* Settings and credentials are ours, and so are the sockets systemd told us of. */
static bool is_private(const char *variable)
{
    static const char *const names[] = {"MQUERY_",
                                        "DOCKER_AUTH_CONFIG=", "NOTIFY_SOCKET=", "LISTEN_"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strncmp(variable, names[i], strlen(names[i])) == 0)
            return true;
    }
    return false;
}

/* The caller frees the list, not its strings. NULL: no memory. */
static char **list_environment(void)
{
    size_t count = 0;
    size_t kept = 0;

    while (environ && environ[count])
        count++;
    char **list = calloc(count + 1, sizeof(*list));
    if (!list)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        if (!is_private(environ[i]))
            list[kept++] = environ[i];
    }
    return list;
}

/* The reading end of a pipe that holds `input` and then ends, or -1. It is written before there is
 * a reader that could go away: no SIGPIPE, and no waiting, since a pipe has room for that much. */
static int open_input(struct slice input)
{
    int ends[2];

    if (input.length > PROGRAM_INPUT_MAX || pipe2(ends, O_CLOEXEC) != 0)
        return -1;
    bool is_written = write(ends[1], input.data, input.length) == (ssize_t)input.length;
    (void)close(ends[1]);
    if (is_written)
        return ends[0];
    (void)close(ends[0]);
    return -1;
}

/* -- starting ------------------------------------------------------------------------------- */

static int prepare_actions(posix_spawn_file_actions_t *actions, int input, int output)
{
    int problem = posix_spawn_file_actions_adddup2(actions, input, STDIN_FILENO);

    if (!problem)
        problem = posix_spawn_file_actions_adddup2(actions, output, STDOUT_FILENO);
    if (!problem)
        problem =
            posix_spawn_file_actions_addopen(actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    /* Ours are close-on-exec; those of libraries need not be. */
    return problem ? problem : posix_spawn_file_actions_addclosefrom_np(actions, STDERR_FILENO + 1);
}

/* Signals as a program expects them: what our threads block or ignore, it would inherit. */
static int prepare_attributes(posix_spawnattr_t *attributes)
{
    short flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
    sigset_t none;
    sigset_t all;

    (void)sigemptyset(&none);
    (void)sigfillset(&all);
    int problem = posix_spawnattr_setflags(attributes, flags);
    if (!problem)
        problem = posix_spawnattr_setpgroup(attributes, 0);
    if (!problem)
        problem = posix_spawnattr_setsigmask(attributes, &none);
    return problem ? problem : posix_spawnattr_setsigdefault(attributes, &all);
}

static int spawn(char *const words[], char *const environment[], int input, int output, pid_t *id)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;

    if (posix_spawn_file_actions_init(&actions) != 0)
        return ENOMEM;
    if (posix_spawnattr_init(&attributes) != 0) {
        (void)posix_spawn_file_actions_destroy(&actions);
        return ENOMEM;
    }
    int problem = prepare_actions(&actions, input, output);
    if (!problem)
        problem = prepare_attributes(&attributes);
    if (!problem)
        problem = posix_spawnp(id, words[0], &actions, &attributes, words, environment);
    (void)posix_spawnattr_destroy(&attributes);
    (void)posix_spawn_file_actions_destroy(&actions);
    return problem;
}

static bool explain_start(int problem, struct error *error)
{
    enum error_code code = ERROR_INVALID;

    if (problem == ENOENT)
        return error_set(error, ERROR_NOT_FOUND, "is not installed");
    if (problem == EACCES || problem == ENOTDIR) /* said of PATH's directories, too */
        code = ERROR_NOT_FOUND;
    if (problem == ENOMEM)
        code = ERROR_INTERNAL;
    return error_set(error, code, "cannot be run: %s", strerrordesc_np(problem));
}

static bool program_start(struct program *program, char *const words[], struct slice input,
                          struct error *error)
{
    CLEANUP(close_descriptor) int in = open_input(input);
    CLEANUP(close_descriptor) int out = -1;
    int ends[2];

    if (in < 0 || pipe2(ends, O_CLOEXEC) != 0)
        return error_set(error, ERROR_INTERNAL, "cannot be run: no pipe (errno %d)", errno);
    program->output = ends[0];
    out = ends[1];
    char **environment = list_environment();
    int problem = environment ? spawn(words, environment, in, out, &program->id) : ENOMEM;
    free(environment);
    if (problem)
        return explain_start(problem, error);
    /* Not by the wrapper, which older C libraries lack. */
    program->watch = (int)syscall(SYS_pidfd_open, program->id, 0);
    return program->watch >= 0 ||
           error_set(error, ERROR_INTERNAL, "cannot be waited for (errno %d): Linux 5.3 is needed",
                     errno);
}

/* -- listening ------------------------------------------------------------------------------ */

/* False at the end of the output. */
static bool take_output(int fd, struct buffer *output)
{
    char part[4096];
    ssize_t length = read(fd, part, sizeof(part));

    if (length > 0)
        (void)buffer_append(output, part, (size_t)length);
    OPENSSL_cleanse(part, sizeof(part));
    return length > 0 || (length < 0 && errno == EINTR);
}

static bool wait_for_event(struct pollfd watched[2], const struct program_limit *limit,
                           struct error *error)
{
    for (;;) {
        int64_t left = limit->deadline - clock_monotonic_ms();
        if (left <= 0)
            return error_set(error, ERROR_TIMEOUT, "took too long");
        if (atomic_load(limit->is_cancelled))
            return error_set(error, ERROR_DRAINING, "was stopped with the service");
        int count = poll(watched, 2, left < WAIT_MAX_MS ? (int)left : WAIT_MAX_MS);
        if (count > 0)
            return true;
        if (count < 0 && errno != EINTR)
            return error_set(error, ERROR_INTERNAL, "cannot be waited for (errno %d)", errno);
    }
}

static bool check_output(const struct buffer *output, struct error *error)
{
    if (output->state == BUFFER_FULL)
        return error_set(error, ERROR_TOO_LARGE, "says more than %zu bytes", output->ceiling);
    return buffer_ok(output) ||
           error_set(error, ERROR_INTERNAL, "says more than there is memory for");
}

/* Until it has ended and all it said is read. Its end counts, not the output's: what it leaves
 * behind (an agent, say) may keep that open. */
static bool program_listen(const struct program *program, const struct program_limit *limit,
                           struct buffer *output, struct error *error)
{
    struct pollfd watched[] = {{.fd = program->output, .events = POLLIN},
                               {.fd = program->watch, .events = POLLIN}};

    while (wait_for_event(watched, limit, error)) {
        /* It has ended. Looked at again: it may have spoken between the two looks of poll(). */
        if (!watched[0].revents && poll(watched, 1, 0) <= 0)
            return true;
        if (!take_output(program->output, output))
            watched[0].fd = -1;
        if (!check_output(output, error))
            return false;
    }
    return false;
}

/* -- ending --------------------------------------------------------------------------------- */

/* What it started and left behind falls to the first process of a container, and nobody else waits
 * for it. Killed, it ends soon; else only what has ended already is looked for. */
static void program_bury_group(const struct program *program, bool is_killed)
{
    pid_t ended = 0;

    if (getpid() != 1)
        return;
    do {
        ended = waitpid(-program->id, NULL, is_killed ? 0 : WNOHANG);
    } while (ended > 0 || (ended < 0 && errno == EINTR));
}

/* The group as well, as long as the id is not free for others; what is killed ends soon. */
static bool program_end(struct program *program, bool has_ended, int *status, struct error *error)
{
    int how = 0;
    pid_t ended = 0;

    if (!has_ended)
        (void)kill(-program->id, SIGKILL);
    do {
        ended = waitpid(program->id, &how, 0);
    } while (ended < 0 && errno == EINTR);
    program_bury_group(program, !has_ended);
    if (!has_ended)
        return false;
    if (ended < 0)
        return error_set(error, ERROR_INTERNAL, "ended unseen (errno %d)", errno);
    *status = WIFEXITED(how) ? WEXITSTATUS(how) : STATUS_OF_SIGNAL + WTERMSIG(how);
    return true;
}

bool program_run(char *const words[], struct slice input, const struct program_limit *limit,
                 struct buffer *output, int *status, struct error *error)
{
    struct program program = {.watch = -1, .output = -1};

    bool done = program_start(&program, words, input, error) &&
                program_listen(&program, limit, output, error);
    if (program.id > 0)
        done = program_end(&program, done, status, error);
    close_descriptor(&program.watch);
    close_descriptor(&program.output);
    return done;
}
