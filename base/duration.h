/*
 * Times as people type them: "4.2s", "150ms", "3us", "1234ns"; a plain number means seconds.
 * Threads: any.
 */
#ifndef WEFT_BASE_DURATION_H
#define WEFT_BASE_DURATION_H

#include <stdbool.h>
#include <stdint.h>

/*
 * The nanoseconds that text means.  Only digits, at most one point between digits, and a unit of
 * s, ms, us, µs, ns: no sign, no blank, no exponent, no hexadecimal.  False for anything else,
 * for what is finer than a nanosecond and for what does not fit; *ns is then untouched.
 */
bool weft_duration_parse(const char *text, uint64_t *ns);

/*
 * "FROM:TO", both as above, FROM < TO; "FROM:" ends at UINT64_MAX, ":TO" begins at 0.  False
 * otherwise; the outputs are then untouched.
 */
bool weft_duration_parse_range(const char *text, uint64_t *from_ns, uint64_t *to_ns);

#endif
