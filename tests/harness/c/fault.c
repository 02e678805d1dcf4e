/* Ends a program, or fails it, at a file operation that was told beforehand. Preloaded: LD_PRELOAD=fault.so.
 *
 *   FAULT_UNDER   the directory whose files count; operations elsewhere pass
 *   FAULT_LOG     gets a line for each operation that counts: its number from 1 on, its name, where, how many bytes
 *   FAULT_AT      the number of the operation; 0 or absent: none
 *   FAULT_HOW     "kill": SIGKILL instead of the operation; "torn": SIGKILL when it is done, or, of more than a page that
 *                 is written, half of it, as a kernel leaves it; a number: the operation fails with this errno
 *   FAULT_STAYS   if it is there, all that follow fail too, as on a disk that stays full or is gone
 *
 * An operation is what changes a file, a directory or what is on the medium of either. A disk that is full (ENOSPC) has room for
 * what needs none: syncing, removing, cutting. Children of the program are left alone.
 *
 * Build: cc -shared -fPIC fault.c -ldl
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define PAGE 4096
#define CLONE 0x40049409UL /* FICLONE */

/* What becomes of an operation: done, half done and then the end, or failed. */
enum fate { PASS, LAST, FAILED };

static char under[4096];
static size_t under_length;
static int log_fd = -1;
static long at;
static int torn, number, stays;
static atomic_long count;

#define REAL(name) ((__typeof__(&name))real(#name))

static void *
real(const char *name)
{
    void *found = dlsym(RTLD_NEXT, name);

    if (found == NULL)
        _exit(125);
    return found;
}

__attribute__((constructor)) static void
begin(void)
{
    const char *text = getenv("FAULT_UNDER");

    if (text == NULL || strlen(text) >= sizeof(under))
        return;
    under_length = strlen(text);
    memcpy(under, text, under_length + 1);
    text = getenv("FAULT_LOG");
    if (text != NULL)
        log_fd = REAL(open)(text, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    text = getenv("FAULT_AT");
    at = text == NULL ? 0 : atol(text);
    text = getenv("FAULT_HOW");
    torn = text != NULL && strcmp(text, "torn") == 0;
    number = text == NULL ? 0 : atoi(text);
    stays = getenv("FAULT_STAYS") != NULL;
    unsetenv("LD_PRELOAD");
}

static void
die(void)
{
    kill(getpid(), SIGKILL);
    for (;;)
        pause();
}

static int
is_under(const char *path)
{
    return under_length > 0 && strncmp(path, under, under_length) == 0 &&
        (path[under_length] == '/' || path[under_length] == '\0');
}

/* The path of an open file; 0 where it does not count. */
static int
path_of(int fd, char *path)
{
    char link[64];
    ssize_t length;

    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    length = readlink(link, path, 4095);
    if (length < 0 || fd == log_fd)
        return 0;
    path[length] = '\0';
    return is_under(path);
}

/* A path as it is given, made absolute; 0 where it does not count. */
static int
path_at(int directory, const char *given, char *path)
{
    ssize_t length;
    char link[64];

    if (given[0] == '/') {
        snprintf(path, 4096, "%s", given);
        return is_under(path);
    }
    if (directory == AT_FDCWD)
        snprintf(link, sizeof(link), "/proc/self/cwd");
    else
        snprintf(link, sizeof(link), "/proc/self/fd/%d", directory);
    length = readlink(link, path, 2047);
    if (length < 0)
        return 0;
    snprintf(path + length, 4096 - (size_t)length, "/%s", given);
    return is_under(path);
}

static enum fate
strike(const char *name, const char *path, long long offset, size_t bytes, int needs_room)
{
    int saved = errno;
    long mine = atomic_fetch_add(&count, 1) + 1;
    enum fate fate = PASS;
    char line[4400];
    int length;

    if (at > 0 && (mine == at || (mine > at && stays)))
        fate = number == 0 ? LAST : number == ENOSPC && !needs_room ? PASS : FAILED;
    length = snprintf(line, sizeof(line), "%ld %s %s %lld %zu%s\n", mine, name, path + under_length, offset, bytes,
        fate == PASS ? "" : " <--");
    if (log_fd >= 0 && REAL(write)(log_fd, line, (size_t)length) != length)
        _exit(125);
    if (fate == LAST && !torn)
        die();
    errno = fate == FAILED ? number : saved;
    return fate;
}

/* How much of a write is done before the end. */
static size_t
half(size_t bytes)
{
    size_t part = bytes / 2 / PAGE * PAGE;

    return part == 0 ? bytes : part;
}

#define WRITING(name, fd, offset, bytes, whole, part) do { \
        char path[4096]; \
        enum fate fate; \
        if (!path_of(fd, path)) \
            return whole; \
        fate = strike(name, path, (long long)(offset), bytes, 1); \
        if (fate == FAILED) \
            return -1; \
        if (fate == LAST) { \
            (void)!(part); \
            die(); \
        } \
        return whole; \
    } while (0)

#define CHANGING(name, known, offset, bytes, room, call) do { \
        char path[4096]; \
        enum fate fate; \
        __typeof__(call) answer; \
        if (!(known)) \
            return call; \
        fate = strike(name, path, (long long)(offset), bytes, room); \
        if (fate == FAILED) \
            return -1; \
        answer = call; \
        if (fate == LAST) \
            die(); \
        return answer; \
    } while (0)

ssize_t
write(int fd, const void *from, size_t bytes)
{
    WRITING("write", fd, -1, bytes, REAL(write)(fd, from, bytes), REAL(write)(fd, from, half(bytes)));
}

ssize_t
pwrite(int fd, const void *from, size_t bytes, off_t offset)
{
    WRITING("pwrite", fd, offset, bytes, REAL(pwrite)(fd, from, bytes, offset),
        REAL(pwrite)(fd, from, half(bytes), offset));
}

ssize_t
pwrite64(int fd, const void *from, size_t bytes, off64_t offset)
{
    WRITING("pwrite", fd, offset, bytes, REAL(pwrite64)(fd, from, bytes, offset),
        REAL(pwrite64)(fd, from, half(bytes), offset));
}

/* Of several pieces the first one is what is half done. */
ssize_t
writev(int fd, const struct iovec *pieces, int many)
{
    WRITING("writev", fd, -1, many > 0 ? pieces[0].iov_len : 0, REAL(writev)(fd, pieces, many),
        many > 0 ? REAL(write)(fd, pieces[0].iov_base, half(pieces[0].iov_len)) : 0);
}

ssize_t
pwritev(int fd, const struct iovec *pieces, int many, off_t offset)
{
    WRITING("pwritev", fd, offset, many > 0 ? pieces[0].iov_len : 0, REAL(pwritev)(fd, pieces, many, offset),
        many > 0 ? REAL(pwrite)(fd, pieces[0].iov_base, half(pieces[0].iov_len), offset) : 0);
}

ssize_t
pwritev64(int fd, const struct iovec *pieces, int many, off64_t offset)
{
    WRITING("pwritev", fd, offset, many > 0 ? pieces[0].iov_len : 0, REAL(pwritev64)(fd, pieces, many, offset),
        many > 0 ? REAL(pwrite64)(fd, pieces[0].iov_base, half(pieces[0].iov_len), offset) : 0);
}

ssize_t
copy_file_range(int from, off64_t *from_offset, int to, off64_t *to_offset, size_t bytes, unsigned flags)
{
    WRITING("copy_file_range", to, to_offset == NULL ? -1 : *to_offset, bytes,
        REAL(copy_file_range)(from, from_offset, to, to_offset, bytes, flags),
        REAL(copy_file_range)(from, from_offset, to, to_offset, half(bytes), flags));
}

ssize_t sendfile64(int, int, off64_t *, size_t);

ssize_t
sendfile64(int to, int from, off64_t *offset, size_t bytes)
{
    WRITING("sendfile", to, -1, bytes, REAL(sendfile64)(to, from, offset, bytes),
        REAL(sendfile64)(to, from, offset, half(bytes)));
}

int
fsync(int fd)
{
    CHANGING("fsync", path_of(fd, path), -1, 0, 0, REAL(fsync)(fd));
}

int
fdatasync(int fd)
{
    CHANGING("fdatasync", path_of(fd, path), -1, 0, 0, REAL(fdatasync)(fd));
}

int
syncfs(int fd)
{
    CHANGING("syncfs", path_of(fd, path), -1, 0, 0, REAL(syncfs)(fd));
}

/* Whether a file gets longer. */
static int
grows(int fd, off64_t length)
{
    struct stat64 data;

    return fstat64(fd, &data) == 0 && data.st_size < length;
}

int
ftruncate(int fd, off_t length)
{
    CHANGING("ftruncate", path_of(fd, path), length, 0, grows(fd, length), REAL(ftruncate)(fd, length));
}

int
ftruncate64(int fd, off64_t length)
{
    CHANGING("ftruncate", path_of(fd, path), length, 0, grows(fd, length), REAL(ftruncate64)(fd, length));
}

int
fallocate(int fd, int mode, off_t offset, off_t bytes)
{
    CHANGING("fallocate", path_of(fd, path), offset, (size_t)bytes, 1, REAL(fallocate)(fd, mode, offset, bytes));
}

int
fallocate64(int fd, int mode, off64_t offset, off64_t bytes)
{
    CHANGING("fallocate", path_of(fd, path), offset, (size_t)bytes, 1, REAL(fallocate64)(fd, mode, offset, bytes));
}

int
rename(const char *from, const char *to)
{
    CHANGING("rename", path_at(AT_FDCWD, to, path), -1, 0, 1, REAL(rename)(from, to));
}

int
renameat(int from_directory, const char *from, int to_directory, const char *to)
{
    CHANGING("rename", path_at(to_directory, to, path), -1, 0, 1,
        REAL(renameat)(from_directory, from, to_directory, to));
}

int
renameat2(int from_directory, const char *from, int to_directory, const char *to, unsigned flags)
{
    CHANGING("rename", path_at(to_directory, to, path), -1, 0, 1,
        REAL(renameat2)(from_directory, from, to_directory, to, flags));
}

int
link(const char *from, const char *to)
{
    CHANGING("link", path_at(AT_FDCWD, to, path), -1, 0, 1, REAL(link)(from, to));
}

int
unlink(const char *given)
{
    CHANGING("unlink", path_at(AT_FDCWD, given, path), -1, 0, 0, REAL(unlink)(given));
}

int
unlinkat(int directory, const char *given, int flags)
{
    CHANGING("unlink", path_at(directory, given, path), -1, 0, 0, REAL(unlinkat)(directory, given, flags));
}

int
fchmod(int fd, mode_t mode)
{
    CHANGING("fchmod", path_of(fd, path), -1, 0, 0, REAL(fchmod)(fd, mode));
}

int
fchown(int fd, uid_t owner, gid_t group)
{
    CHANGING("fchown", path_of(fd, path), -1, 0, 0, REAL(fchown)(fd, owner, group));
}

int
fsetxattr(int fd, const char *name, const void *value, size_t bytes, int flags)
{
    int (*next)(int, const char *, const void *, size_t, int) = real("fsetxattr");

    CHANGING("fsetxattr", path_of(fd, path), -1, bytes, 1, next(fd, name, value, bytes, flags));
}

int
ioctl(int fd, unsigned long request, ...)
{
    va_list more;
    void *argument;

    va_start(more, request);
    argument = va_arg(more, void *);
    va_end(more);
    if (request != CLONE)
        return REAL(ioctl)(fd, request, argument);
    CHANGING("clone", path_of(fd, path), -1, 0, 1, REAL(ioctl)(fd, request, argument));
}

/* Opening counts where it makes a file, or may cut one. */
#define OPENING(directory, given, flags, call) do { \
        if ((flags & (O_CREAT | O_TRUNC)) == 0 && (flags & O_TMPFILE) != O_TMPFILE) \
            return call; \
        CHANGING("create", path_at(directory, given, path), -1, 0, (flags & O_TRUNC) == 0, call); \
    } while (0)

#define MODE(last) \
    mode_t mode = 0; \
    va_list more; \
    va_start(more, last); \
    if ((flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE) \
        mode = va_arg(more, mode_t); \
    va_end(more)

int
open(const char *given, int flags, ...)
{
    MODE(flags);
    OPENING(AT_FDCWD, given, flags, REAL(open)(given, flags, mode));
}

int
open64(const char *given, int flags, ...)
{
    MODE(flags);
    OPENING(AT_FDCWD, given, flags, REAL(open64)(given, flags, mode));
}

int
openat(int directory, const char *given, int flags, ...)
{
    MODE(flags);
    OPENING(directory, given, flags, REAL(openat)(directory, given, flags, mode));
}

int
openat64(int directory, const char *given, int flags, ...)
{
    MODE(flags);
    OPENING(directory, given, flags, REAL(openat64)(directory, given, flags, mode));
}
