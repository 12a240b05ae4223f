/*
 * The fuzz targets: each takes any bytes as a trace and must neither crash nor break what is
 * asserted inside.  libFuzzer calls one of them; the replay program calls all over the corpus.
 * Threads: one at a time.
 */
#ifndef WEFT_TESTS_FUZZ_TARGETS_H
#define WEFT_TESTS_FUZZ_TARGETS_H

#include <stddef.h>
#include <stdint.h>

/* The reader, and: what the fast path takes, the slow path reads alike. */
void fuzz_read(const uint8_t *bytes, size_t len);

/* The reader into the model, and every question that the model answers. */
void fuzz_model(const uint8_t *bytes, size_t len);

/* All answers about a trace: findings, numbers, chains, the path, sentences, a comparison. */
void fuzz_analysis(const uint8_t *bytes, size_t len);

/* Not a trace, but a recording whose weft was killed, as weft recover finds it. */
void fuzz_spool(const uint8_t *bytes, size_t len);

#endif
