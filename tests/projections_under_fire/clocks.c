// Preloaded into a process: its clock is off by CLOCK_OFFSET seconds. Other clocks are as they are.
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t clock, struct timespec *time) {
    static long offset;
    static int is_read;
    if (!is_read) {
        const char *text = getenv("CLOCK_OFFSET");
        offset = text ? atol(text) : 0;
        is_read = 1;
    }
    int result = syscall(SYS_clock_gettime, clock, time);
    if (result == 0 && clock == CLOCK_REALTIME) time->tv_sec += offset;
    return result;
}
