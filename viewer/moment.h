/*
 * Who waits for whom at one moment, as a graph: threads and objects are its nodes, "owns" and
 * "waits for" its edges.  A cycle of these is a deadlock.
 * Threads: any.
 */
#ifndef WEFT_VIEWER_MOMENT_H
#define WEFT_VIEWER_MOMENT_H

#include "traces/model/model.h"

#include <stdbool.h>

enum { WEFT_MOMENT_NODES = 48, WEFT_MOMENT_EDGES = 96 };

struct weft_moment_node {
    bool thread;
    uint32_t index;
    uint32_t rank; /* steps to one that waits for nobody; of a cycle's nodes 0 */
    bool in_cycle;
    uint32_t turn; /* in a cycle: its place on the way round */
};

struct weft_moment_edge {
    uint8_t from, to; /* nodes */
    bool owns;        /* object → thread; else a thread waits for an object or a thread */
    bool in_cycle;
};

struct weft_moment {
    struct weft_moment_node nodes[WEFT_MOMENT_NODES];
    struct weft_moment_edge edges[WEFT_MOMENT_EDGES];
    uint32_t node_count, edge_count;
    uint32_t waiting;      /* threads that wait for somebody or something */
    uint32_t left_out;     /* of these, in no node: there was no room */
    uint32_t cycle_length; /* nodes of the cycle, 0: none */
};

/* Builds it for t_ns.  Cost: a binary search a thread; a bounded walk through an object's holds. */
void weft_moment_build(struct weft_moment *moment, const struct weft_model *model, uint64_t t_ns);

#endif
