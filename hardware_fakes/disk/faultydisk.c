/* A disk to order under the files below one folder: loaded with LD_PRELOAD, driven through a control file that is
 * mapped into memory (hardware_fakes/disk/faulty.py has the other end).
 *
 * It records, in order, what a program does to these files, together with the marks the program writes itself; makes
 * syncs slow or fail; makes writes fail; kills the process before or after an operation. Names must be absolute, as
 * SQLite's are. What is written through mmap (SQLite's -shm, which it makes anew after a crash) or dup is not seen.
 *
 * cc -shared -fPIC -O2 -o faultydisk.so faultydisk.c -ldl -lpthread */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define FDS 65536
#define MARK UINT64_MAX /* the handle of the file whose writes are marks */
#define MARK_NAME ".mark"

/* The knobs, and what was counted. Every field has 8 bytes; faulty.py knows the order. */
struct control {
    volatile int64_t slow_us;               /* every sync takes so much longer */
    volatile int64_t fail_first, fail_last; /* syncs of these numbers fail with EIO; 0: none */
    volatile int64_t write_errno;           /* every write fails with it; 0: none. EROFS: every change of a name, too */
    volatile int64_t kill_before, kill_after; /* operations; 0: none */
    volatile int64_t operations, syncs, failed;
};

/* One line of the log: this, then `size` bytes. */
struct line {
    uint32_t kind, size;
    uint64_t handle;
    int64_t number; /* offset of a write, length of a truncation, flags of an open */
};

static pthread_mutex_t one = PTHREAD_MUTEX_INITIALIZER, syncing = PTHREAD_MUTEX_INITIALIZER;
static struct control nothing, *control = &nothing;
static char folder[PATH_MAX];
static size_t folder_size;
static int log_fd = -1;
static uint64_t handles[FDS], handle_count;

#define REAL(type, name, ...)                                                        \
    static type (*real_##name)(__VA_ARGS__);                                         \
    __attribute__((constructor)) static void find_##name(void) {                     \
        real_##name = (type(*)(__VA_ARGS__))dlsym(RTLD_NEXT, #name);                 \
    }
#define CALL(name, ...) ((real_##name ? (void)0 : find_##name()), real_##name(__VA_ARGS__))

REAL(int, open, const char *, int, ...)
REAL(int, openat, int, const char *, int, ...)
REAL(int, close, int)
REAL(ssize_t, write, int, const void *, size_t)
REAL(ssize_t, pwrite64, int, const void *, size_t, off64_t)
REAL(ssize_t, writev, int, const struct iovec *, int)
REAL(int, ftruncate64, int, off64_t)
REAL(int, fsync, int)
REAL(int, fdatasync, int)
REAL(int, unlink, const char *)
REAL(int, unlinkat, int, const char *, int)
REAL(int, rename, const char *, const char *)

/* ---------------------------------------------------------------- beginning */

static void lock_all(void) { pthread_mutex_lock(&syncing); pthread_mutex_lock(&one); }
static void unlock_all(void) { pthread_mutex_unlock(&one); pthread_mutex_unlock(&syncing); }

/* Watch a folder from now on; also called by a child that was forked from a warm parent. log_path may be NULL. */
int faultydisk_begin(const char *folder_path, const char *control_path, const char *log_path) {
    int fd = CALL(open, control_path, O_RDWR | O_CLOEXEC);
    if (fd < 0) return -1;
    void *mapped = mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    CALL(close, fd);
    if (mapped == MAP_FAILED) return -1;
    lock_all();
    control = mapped;
    folder_size = (size_t)snprintf(folder, sizeof folder, "%s", folder_path);
    if (log_fd >= 0) CALL(close, log_fd);
    log_fd = log_path && *log_path ? CALL(open, log_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;
    memset(handles, 0, sizeof handles);
    unlock_all();
    return 0;
}

__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("FAULTYDISK_FOLDER"), *by = getenv("FAULTYDISK_CONTROL");
    pthread_atfork(lock_all, unlock_all, unlock_all);
    if (path && by && faultydisk_begin(path, by, getenv("FAULTYDISK_LOG"))) perror("faultydisk: control file");
}

/* ---------------------------------------------------------------- what all do */

static int is_ours(const char *path) {
    return folder_size && path && !strncmp(path, folder, folder_size) && (path[folder_size] == '/' || !path[folder_size]);
}

static uint64_t handle_of(int fd) { return fd >= 0 && fd < FDS ? handles[fd] : 0; }

static void note(uint32_t kind, uint64_t handle, int64_t number, const void *data, size_t size) {
    struct line line = {kind, (uint32_t)size, handle, number};
    struct iovec parts[2] = {{&line, sizeof line}, {(void *)data, size}};
    if (log_fd >= 0 && CALL(writev, log_fd, parts, 2) < 0) perror("faultydisk: log");
}

/* Begin an operation: its number. The lock is held until `end`. */
static int64_t start(void) {
    pthread_mutex_lock(&one);
    int64_t number = ++control->operations;
    if (number == control->kill_before) kill(getpid(), SIGKILL);
    return number;
}

static void end(int64_t number) {
    if (number && number == control->kill_after) kill(getpid(), SIGKILL);
    int kept = errno;
    pthread_mutex_unlock(&one);
    errno = kept;
}

static int is_read_only(void) {
    if (control->write_errno != EROFS) return 0;
    errno = EROFS;
    return 1;
}

/* ---------------------------------------------------------------- names */

static int opened(int fd, const char *path, int flags) {
    if (fd < 0 || fd >= FDS) return fd;
    handles[fd] = (uint64_t)getpid() << 32 | ++handle_count;
    note('O', handles[fd], flags, path + folder_size, strlen(path + folder_size));
    return fd;
}

static int open_any(int at, const char *path, int flags, mode_t mode) {
    if (!is_ours(path)) {
        int fd = CALL(openat, at, path, flags, mode);
        if (fd >= 0 && fd < FDS) handles[fd] = 0;
        return fd;
    }
    if (!strcmp(path + folder_size, "/" MARK_NAME)) {
        int fd = CALL(open, "/dev/null", O_WRONLY | (flags & O_CLOEXEC));
        if (fd >= 0 && fd < FDS) handles[fd] = MARK;
        return fd;
    }
    if (!(flags & (O_CREAT | O_TRUNC))) {
        pthread_mutex_lock(&one);
        int fd = flags & (O_WRONLY | O_RDWR) && is_read_only() ? -1 : opened(CALL(openat, at, path, flags, mode), path, flags);
        end(0);
        return fd;
    }
    int64_t number = start();
    int fd = is_read_only() ? -1 : opened(CALL(openat, at, path, flags, mode), path, flags);
    end(number);
    return fd;
}

#define OPEN(name, ...)                                      \
    mode_t mode = 0;                                         \
    if (flags & (O_CREAT | O_TMPFILE)) {                     \
        va_list rest;                                        \
        va_start(rest, flags);                               \
        mode = va_arg(rest, mode_t);                         \
        va_end(rest);                                        \
    }                                                        \
    return open_any(__VA_ARGS__, flags, mode);

int open(const char *path, int flags, ...) { OPEN(open, AT_FDCWD, path) }
int open64(const char *path, int flags, ...) { OPEN(open64, AT_FDCWD, path) }
int openat(int at, const char *path, int flags, ...) { OPEN(openat, at, path) }
int openat64(int at, const char *path, int flags, ...) { OPEN(openat64, at, path) }

int close(int fd) {
    if (fd >= 0 && fd < FDS) handles[fd] = 0;
    return CALL(close, fd);
}

int unlink(const char *path) {
    if (!is_ours(path)) return CALL(unlink, path);
    int64_t number = start();
    int rc = is_read_only() ? -1 : CALL(unlink, path);
    if (!rc) note('U', 0, 0, path + folder_size, strlen(path + folder_size));
    end(number);
    return rc;
}

int unlinkat(int at, const char *path, int flags) {
    return is_ours(path) && !flags ? unlink(path) : CALL(unlinkat, at, path, flags);
}

int rename(const char *from, const char *to) {
    if (!is_ours(from) || !is_ours(to)) return CALL(rename, from, to);
    char both[2 * PATH_MAX];
    int64_t number = start();
    int rc = is_read_only() ? -1 : CALL(rename, from, to);
    size_t size = (size_t)snprintf(both, sizeof both, "%s%c%s", from + folder_size, 0, to + folder_size);
    if (!rc) note('R', 0, 0, both, size);
    end(number);
    return rc;
}

/* ---------------------------------------------------------------- contents */

/* What every write does. offset < 0: where the file stands. */
static ssize_t write_any(int fd, const void *data, size_t size, off64_t offset) {
    uint64_t handle = handle_of(fd);
    if (handle == MARK) {
        pthread_mutex_lock(&one);
        note('A', 0, 0, data, size);
        end(0);
        return (ssize_t)size;
    }
    if (!handle) return offset < 0 ? CALL(write, fd, data, size) : CALL(pwrite64, fd, data, size, offset);
    int64_t number = start();
    ssize_t written = -1;
    if (control->write_errno) errno = (int)control->write_errno;
    else written = offset < 0 ? CALL(write, fd, data, size) : CALL(pwrite64, fd, data, size, offset);
    if (written > 0) note('W', handle, offset < 0 ? lseek64(fd, 0, SEEK_CUR) - written : offset, data, (size_t)written);
    end(number);
    return written;
}

ssize_t write(int fd, const void *data, size_t size) { return write_any(fd, data, size, -1); }
ssize_t pwrite(int fd, const void *data, size_t size, off_t offset) { return write_any(fd, data, size, offset); }
ssize_t pwrite64(int fd, const void *data, size_t size, off64_t offset) { return write_any(fd, data, size, offset); }

ssize_t writev(int fd, const struct iovec *parts, int count) {
    ssize_t sum = 0;
    if (!handle_of(fd)) return CALL(writev, fd, parts, count);
    for (int i = 0; i < count; i++) { /* may be cut off between two parts, as the kernel's may */
        ssize_t written = write_any(fd, parts[i].iov_base, parts[i].iov_len, -1);
        if (written < 0) return sum ? sum : -1;
        sum += written;
    }
    return sum;
}

int ftruncate64(int fd, off64_t length) {
    uint64_t handle = handle_of(fd);
    if (!handle || handle == MARK) return CALL(ftruncate64, fd, length);
    int64_t number = start();
    int rc = is_read_only() ? -1 : CALL(ftruncate64, fd, length);
    if (!rc) note('T', handle, length, NULL, 0);
    end(number);
    return rc;
}
int ftruncate(int fd, off_t length) { return ftruncate64(fd, length); }

static void sleep_us(int64_t us) {
    struct timespec left = {us / 1000000, us % 1000000 * 1000};
    while (nanosleep(&left, &left) && errno == EINTR) {}
}

/* One sync at a time, as a slow card does it; while it waits, others may write. A failed one leaves its data behind. */
static int sync_any(int fd, int only_data) {
    uint64_t handle = handle_of(fd);
    if (!handle || handle == MARK) return only_data ? CALL(fdatasync, fd) : CALL(fsync, fd);
    pthread_mutex_lock(&syncing);
    int64_t count = ++control->syncs;
    if (control->slow_us) sleep_us(control->slow_us);
    int64_t number = start();
    int rc = -1;
    if (control->fail_first && count >= control->fail_first && count <= control->fail_last) {
        control->failed++;
        errno = EIO;
    } else rc = only_data ? CALL(fdatasync, fd) : CALL(fsync, fd);
    note(rc ? 'F' : 'S', handle, 0, NULL, 0);
    end(number);
    int kept = errno;
    pthread_mutex_unlock(&syncing);
    errno = kept;
    return rc;
}

int fsync(int fd) { return sync_any(fd, 0); }
int fdatasync(int fd) { return sync_any(fd, 1); }
