/*
 * Programs that forbid themselves system calls by a filter (seccomp): would it hit the recorder?
 * The filter is run here on what the recorder may call, before the kernel gets it.
 * Threads: any; async-signal-safe.
 */
#ifndef WEFT_RUNTIME_PRELOAD_SANDBOX_H
#define WEFT_RUNTIME_PRELOAD_SANDBOX_H

struct sock_fprog;

#pragma GCC visibility push(hidden)

/* Ends the recording when the filter would not let it go on; program: NULL is none. */
void weft_sandbox_check(const struct sock_fprog *program);

#pragma GCC visibility pop

#endif
