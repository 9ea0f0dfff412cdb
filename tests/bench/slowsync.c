/* Every sync takes SLOWSYNC_US longer, one at a time, as on a slow SD card. For LD_PRELOAD; breaks nothing else. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

static pthread_mutex_t card = PTHREAD_MUTEX_INITIALIZER;

static int slowly(const char *name, int file) {
    int (*sync_file)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
    const char *us = getenv("SLOWSYNC_US");
    pthread_mutex_lock(&card);
    usleep(us ? (useconds_t)atol(us) : 0);
    int done = sync_file(file);
    pthread_mutex_unlock(&card);
    return done;
}

int fsync(int file) { return slowly("fsync", file); }
int fdatasync(int file) { return slowly("fdatasync", file); }
