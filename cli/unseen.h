/*
 * Waits that no recorder inside the program can see, since they are made by bare system calls of
 * libgomp, Go and the like.  Now and then a look at the kernel's account of a process
 * (/proc/PID/task/TID/syscall) says which of its threads are in a system call that is not the C
 * library's.
 * Threads: the main thread only.
 */
#ifndef WEFT_CLI_UNSEEN_H
#define WEFT_CLI_UNSEEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { WEFT_UNSEEN_FILES = 8, WEFT_UNSEEN_NAME = 64 };

struct weft_unseen {
    uint64_t next_look_ns; /* CLOCK_MONOTONIC */
    struct {
        char name[WEFT_UNSEEN_NAME]; /* of the library or program that makes the calls */
        uint32_t looks;              /* that found a thread in it */
        uint32_t threads;            /* at once, at most */
    } files[WEFT_UNSEEN_FILES];
    size_t count;
};

/* Looks, when it is time to. */
void weft_unseen_look(struct weft_unseen *unseen, pid_t pid);

/* One line on stderr for each file in which threads were found waiting. */
void weft_unseen_tell(const struct weft_unseen *unseen);

#endif
