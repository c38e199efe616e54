/* SPDX-License-Identifier: Apache-2.0 */
#include "server/process.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/buffer.h"

enum {
    LINE_MAX_SIZE = 256
};

static int64_t count_entries(const char *directory)
{
    DIR *open_directory = opendir(directory);
    int64_t count = 0;

    if (!open_directory)
        return 0;
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): glibc's is safe for streams of one's own */
    for (const struct dirent *entry; (entry = readdir(open_directory));)
        count += entry->d_name[0] != '.';
    (void)closedir(open_directory);
    return count;
}

/* Since Linux 6.2 the directory's size is their number: twenty thousand take as long as one. Before
 * that they are counted. */
static int64_t count_descriptors(void)
{
    static const char directory[] = "/proc/self/fd";
    struct stat status;

    if (stat(directory, &status) == 0 && status.st_size > 0)
        return status.st_size;
    int64_t count = count_entries(directory);
    return count > 0 ? count - 1 : 0; /* but the one it has been read through */
}

/* Takes the digits that `rest` begins with, and the byte after them. */
static int64_t take_number(struct slice *rest)
{
    size_t length = 0;
    int64_t value = 0;

    for (; length < rest->length && rest->data[length] >= '0' && rest->data[length] <= '9';
         length++)
        value = value * 10 + (rest->data[length] - '0');
    *rest = slice_from(*rest, length + 1);
    return value;
}

/* /proc/self/statm: in pages, the whole size and what is resident (proc(5)). */
static void read_sizes(struct process_numbers *numbers)
{
    char line[LINE_MAX_SIZE];
    int64_t page = sysconf(_SC_PAGESIZE);
    int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return;
    ssize_t length = read(fd, line, sizeof(line));
    (void)close(fd);
    struct slice rest = slice_of(line, length > 0 ? (size_t)length : 0);
    numbers->virtual_size = take_number(&rest) * page;
    numbers->resident = take_number(&rest) * page;
}

struct process_numbers process_numbers_read(void)
{
    struct process_numbers numbers = {
        .open_fds = count_descriptors(),
        .threads = count_entries("/proc/self/task"),
    };
    struct timespec cpu;
    struct rlimit descriptors;

    if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu) == 0)
        numbers.cpu = (int64_t)cpu.tv_sec * 1000 + cpu.tv_nsec / 1000000;
    if (getrlimit(RLIMIT_NOFILE, &descriptors) == 0)
        numbers.max_fds = (int64_t)descriptors.rlim_cur;
    read_sizes(&numbers);
    return numbers;
}

bool process_can_open(size_t more, struct error *error)
{
    const rlim_t wanted = (rlim_t)count_descriptors() + more;
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted)
        return true;
    return error_set(error, ERROR_INTERNAL,
                     "the limit on open files (LimitNOFILE=, ulimit -n) is %ju; %ju are the least",
                     (uintmax_t)limit.rlim_cur, (uintmax_t)wanted);
}
