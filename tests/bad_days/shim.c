// Stands between a process and its disk (LD_PRELOAD): counts what it changes below one folder, lets a change fail or
// take its time, or writes all of them down. Python tells it what to do through the functions at the end. Its clock can
// be set, too. See shim.py.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static char below[PATH_MAX];
static int seen, first, many, error, pause_ms, record = -1;
static long long moved;  // seconds that the clock is ahead



static int is_ours(const char *path) { return below[0] && !strncmp(path, below, strlen(below)); }

// The path as the log names it: what is relative lies in the folder of the process, or in the folder `at`.
static const char *whole(int at, const char *path, char *room) {
  char folder[PATH_MAX] = "";
  if (path[0] == '/') return path;
  if (at == AT_FDCWD) {
    if (syscall(SYS_getcwd, folder, sizeof folder) < 0) return path;
  } else {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", at);
    ssize_t size = readlink(link, folder, sizeof folder - 1);
    folder[size < 0 ? 0 : size] = 0;
  }
  snprintf(room, PATH_MAX, "%.2000s/%.2000s", folder, path);
  return room;
}

static const char *of(int fd, char *room) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t size = readlink(link, room, PATH_MAX - 1);
  room[size < 0 ? 0 : size] = 0;
  return room;
}

// What the change has to fail with, or 0. Room is made on a full disk, so what removes something goes through there.
static int fails(const char *what) {
  int number = __sync_add_and_fetch(&seen, 1);
  if (pause_ms) usleep(pause_ms * 1000);
  int removes = !strcmp(what, "unlink") || !strcmp(what, "rmdir");
  return first && number >= first && number < first + many && !(removes && error == ENOSPC) ? error : 0;
}

static void note(const char *what, const char *path, const char *other, long long at, const void *data, size_t size) {
  if (record < 0) return;
  size_t room = size + 2 * PATH_MAX + 64;
  char *line = malloc(room);
  int head = snprintf(line, room, "%s\t%s\t%s\t%lld\t%zu\n", what, path, other, at, size);
  memcpy(line + head, data, size);
  syscall(SYS_write, record, line, head + size);
  free(line);
}

#define REFUSE(what, path)          \
  if (is_ours(path)) {              \
    int wrong = fails(what);        \
    if (wrong) return errno = wrong, -1; \
  }

static int opened(int at, const char *path, int flags, mode_t mode) {
  char room[PATH_MAX];
  const char *name = whole(at, path, room);
  int changes = (flags & O_CREAT) || (flags & O_TRUNC);
  if (changes) REFUSE("open", name)
  int fd = syscall(SYS_openat, at, path, flags | O_LARGEFILE, mode);
  if (changes && fd >= 0 && is_ours(name)) note(flags & O_TRUNC ? "truncated" : "opened", name, "", 0, "", 0);
  return fd;
}

#define OPENS(name)                                 \
  int name(const char *path, int flags, ...) {      \
    va_list more;                                   \
    va_start(more, flags);                          \
    mode_t mode = va_arg(more, mode_t);             \
    va_end(more);                                   \
    return opened(AT_FDCWD, path, flags, mode);     \
  }
#define OPENS_AT(name)                                   \
  int name(int at, const char *path, int flags, ...) {   \
    va_list more;                                        \
    va_start(more, flags);                               \
    mode_t mode = va_arg(more, mode_t);                  \
    va_end(more);                                        \
    return opened(at, path, flags, mode);                \
  }
OPENS(open)
OPENS(open64)
OPENS_AT(openat)
OPENS_AT(openat64)

ssize_t write(int fd, const void *data, size_t size) {
  char path[PATH_MAX];
  if (!below[0] || fd == record || !is_ours(of(fd, path))) return syscall(SYS_write, fd, data, size);
  REFUSE("write", path)
  ssize_t done = syscall(SYS_write, fd, data, size);
  if (done > 0) note("write", path, "", lseek(fd, 0, SEEK_CUR) - done, data, done);
  return done;
}

static ssize_t written_at(int fd, const void *data, size_t size, off64_t at) {
  char path[PATH_MAX];
  int ours = below[0] && is_ours(of(fd, path));
  if (ours) REFUSE("write", path)
  ssize_t done = syscall(SYS_pwrite64, fd, data, size, at);
  if (ours && done > 0) note("write", path, "", at, data, done);
  return done;
}
ssize_t pwrite(int fd, const void *data, size_t size, off_t at) { return written_at(fd, data, size, at); }
ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at) { return written_at(fd, data, size, at); }

static int cut(int fd, off64_t size) {
  char path[PATH_MAX];
  int ours = below[0] && is_ours(of(fd, path));
  if (ours) REFUSE("cut", path)
  int done = syscall(SYS_ftruncate, fd, size);
  if (ours && !done) note("cut", path, "", size, "", 0);
  return done;
}
int ftruncate(int fd, off_t size) { return cut(fd, size); }
int ftruncate64(int fd, off64_t size) { return cut(fd, size); }

static int synced(int fd, long number) {
  char path[PATH_MAX];
  int ours = below[0] && is_ours(of(fd, path));
  if (ours) REFUSE("sync", path)
  int done = syscall(number, fd);
  if (ours && !done) note("sync", path, "", 0, "", 0);
  return done;
}
int fsync(int fd) { return synced(fd, SYS_fsync); }
int fdatasync(int fd) { return synced(fd, SYS_fdatasync); }

int renameat(int from, const char *old, int to, const char *new) {
  char one[PATH_MAX], two[PATH_MAX];
  const char *before = whole(from, old, one), *after = whole(to, new, two);
  REFUSE("rename", after)
  int done = syscall(SYS_renameat2, from, old, to, new, 0);
  if (!done && is_ours(after)) note("rename", before, after, 0, "", 0);
  return done;
}
int rename(const char *old, const char *new) { return renameat(AT_FDCWD, old, AT_FDCWD, new); }

int unlinkat(int at, const char *path, int flags) {
  char room[PATH_MAX];
  const char *name = whole(at, path, room), *what = flags & AT_REMOVEDIR ? "rmdir" : "unlink";
  REFUSE(what, name)
  int done = syscall(SYS_unlinkat, at, path, flags);
  if (!done && is_ours(name)) note("unlink", name, "", 0, "", 0);
  return done;
}
int unlink(const char *path) { return unlinkat(AT_FDCWD, path, 0); }
int rmdir(const char *path) { return unlinkat(AT_FDCWD, path, AT_REMOVEDIR); }

int mkdirat(int at, const char *path, mode_t mode) {
  char room[PATH_MAX];
  const char *name = whole(at, path, room);
  REFUSE("mkdir", name)
  int done = syscall(SYS_mkdirat, at, path, mode);
  if (!done && is_ours(name)) note("mkdir", name, "", 0, "", 0);
  return done;
}
int mkdir(const char *path, mode_t mode) { return mkdirat(AT_FDCWD, path, mode); }

int clock_gettime(clockid_t clock, struct timespec *now) {
  int done = syscall(SYS_clock_gettime, clock, now);
  if (!done && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) now->tv_sec += moved;
  return done;
}
int gettimeofday(struct timeval *restrict now, void *restrict zone) {
  (void)zone;
  struct timespec exact;
  clock_gettime(CLOCK_REALTIME, &exact);
  now->tv_sec = exact.tv_sec;
  now->tv_usec = exact.tv_nsec / 1000;
  return 0;
}
time_t time(time_t *kept) {
  struct timespec exact;
  clock_gettime(CLOCK_REALTIME, &exact);
  if (kept) *kept = exact.tv_sec;
  return exact.tv_sec;
}

// What Python calls.

void disk_watch(const char *folder) { snprintf(below, sizeof below, "%s", folder); }

// `count` changes fail from the `at`-th on, which is counted from now; at 0 none does. How many came before.
int disk_fail(int at, int count, int number) {
  int before = seen;
  seen = 0, first = at, many = count, error = number;
  return before;
}
void disk_slow(int milliseconds) { pause_ms = milliseconds; }
void disk_record(const char *path) {
  if (record >= 0) close(record);
  record = path[0] ? syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND, 0600) : -1;
}
void disk_mark(const char *word) { note("mark", word, "", 0, "", 0); }
void clock_move(long long seconds) { moved = seconds; }

__attribute__((constructor)) static void begin(void) {
  const char *seconds = getenv("SHIM_CLOCK");
  if (seconds) moved = atoll(seconds);
}
