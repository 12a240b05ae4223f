/*
 * Takes zstd off the bytes of a trace while they are read.  Inside the reader only.
 *
 * Memory is bounded: a frame that asks for a window of more than 128 MiB (2^27, what the zstd
 * program itself takes unless told otherwise) is damaged.  What came before damage stays good.
 * Threads: one at a time.
 */
#ifndef WEFT_TRACES_UNPACK_H
#define WEFT_TRACES_UNPACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct weft_unpack;

/* The packed bytes: as read(2), 0 at the end. */
typedef ssize_t weft_unpack_source(void *ctx, char *to, size_t room);

/* Are these the first four bytes of a zstd frame? */
bool weft_unpack_is_packed(const char *head, size_t len);

/* `head`, at most a few bytes, stands before what the source gives.  NULL: no memory. */
struct weft_unpack *weft_unpack_new(const char *head, size_t len, weft_unpack_source *source,
                                    void *ctx);
void weft_unpack_free(struct weft_unpack *unpack);

/*
 * As read(2).  0 is the end of what there is: of the source, or *damage says in a few words what
 * is wrong with the rest.
 */
ssize_t weft_unpack_read(struct weft_unpack *unpack, char *to, size_t room, const char **damage);

/* Would more of the file go on with it?  Not behind what is damaged. */
bool weft_unpack_may_grow(const struct weft_unpack *unpack);

#endif
