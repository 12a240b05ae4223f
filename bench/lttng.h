/*
 * The direct peer: LTTng-UST's wrapper of the pthread functions, recording into a session of its
 * own.  The session daemon is a child of the benchmark, and everything is in one folder, which is
 * removed again.  Only Debian's packages lttng-tools and liblttng-ust-dev are asked for.
 */
#ifndef WEFT_BENCH_LTTNG_H
#define WEFT_BENCH_LTTNG_H

#include <stdbool.h>

/* The wrapper to preload, or NULL: LTTng is not here, or its daemon does not start. */
const char *bench_lttng_start(void);

/* Ends the session and the daemon; what it discarded, as LTTng says it, is printed. */
void bench_lttng_stop(void);

#endif
