#include "viewer/moment.h"

#include "traces/analysis/owners.h"

#include <string.h>

enum { NO_NODE = WEFT_MOMENT_NODES, HOLDS_LOOKED_AT = 64 };

static uint32_t node_of(struct weft_moment *moment, bool thread, uint32_t index)
{
    for (uint32_t i = 0; i < moment->node_count; i++) {
        if (moment->nodes[i].thread == thread && moment->nodes[i].index == index) {
            return i;
        }
    }
    if (moment->node_count == WEFT_MOMENT_NODES) {
        return NO_NODE;
    }
    moment->nodes[moment->node_count] = (struct weft_moment_node){.thread = thread, .index = index};
    return moment->node_count++;
}

static void connect(struct weft_moment *moment, uint32_t from, uint32_t to, bool owns)
{
    if (from == NO_NODE || to == NO_NODE || moment->edge_count == WEFT_MOMENT_EDGES) {
        return;
    }
    for (uint32_t i = 0; i < moment->edge_count; i++) {
        const struct weft_moment_edge *edge = &moment->edges[i];
        if (edge->from == from && edge->to == to) {
            return;
        }
    }
    moment->edges[moment->edge_count++] =
        (struct weft_moment_edge){.from = (uint8_t)from, .to = (uint8_t)to, .owns = owns};
}

static void add_wait(struct weft_moment *moment, const struct weft_model *model, uint32_t thread,
                     uint64_t t_ns)
{
    const uint32_t index = weft_model_span_shown(model, thread, t_ns);

    if (index == WEFT_NONE) {
        return;
    }
    const struct weft_span span = weft_model_span(model, thread, index);
    const bool joins = span.state == WEFT_STATE_JOIN;
    const size_t known = joins ? model->threads.count : model->objects.count;
    if (!weft_state_is_wait((enum weft_state)span.state) || span.object >= known) {
        return;
    }
    moment->waiting++;
    /* Both ends or none: half an edge would look like somebody who waits for nobody. */
    if (moment->node_count + 2 > WEFT_MOMENT_NODES || moment->edge_count == WEFT_MOMENT_EDGES) {
        moment->left_out++;
        return;
    }
    const uint32_t from = node_of(moment, true, thread);
    connect(moment, from, node_of(moment, joins, span.object), false);
}

/* Edges from an object to those who have it at t_ns, the newest first. */
static void add_owners(struct weft_moment *moment, const struct weft_model *model, uint32_t node,
                       uint64_t t_ns)
{
    const struct weft_object *object = &model->objects.at[moment->nodes[node].index];
    const size_t begun = weft_object_holds_begun(model, object, t_ns);

    for (size_t i = begun; i > 0 && begun - i < HOLDS_LOOKED_AT; i--) {
        const struct weft_hold hold = weft_object_hold(model, object, i - 1);
        if (hold.end_ns > t_ns || (hold.flags & WEFT_SPAN_OPEN) != 0) {
            connect(moment, node, node_of(moment, true, hold.thread), true);
        }
    }
}

/* Follows edges from `at`; on coming back to a node of the path there is a cycle. */
struct walk {
    uint8_t path[WEFT_MOMENT_NODES];
    uint32_t length;
    bool on_path[WEFT_MOMENT_NODES], done[WEFT_MOMENT_NODES];
};

static bool find_cycle(struct weft_moment *moment, struct walk *walk, uint32_t at)
{
    walk->path[walk->length++] = (uint8_t)at;
    walk->on_path[at] = true;
    for (uint32_t i = 0; i < moment->edge_count; i++) {
        const struct weft_moment_edge *edge = &moment->edges[i];
        if (edge->from != at || walk->done[edge->to]) {
            continue;
        }
        if (walk->on_path[edge->to]) {
            uint32_t first = 0;
            while (walk->path[first] != edge->to) {
                first++;
            }
            moment->cycle_length = walk->length - first;
            for (uint32_t k = first; k < walk->length; k++) {
                moment->nodes[walk->path[k]].in_cycle = true;
                moment->nodes[walk->path[k]].turn = k - first;
            }
            return true;
        }
        if (find_cycle(moment, walk, edge->to)) {
            return true;
        }
    }
    walk->on_path[at] = false;
    walk->done[at] = true;
    walk->length--;
    return false;
}

static void mark_cycle(struct weft_moment *moment)
{
    struct walk walk = {.length = 0};

    for (uint32_t i = 0; i < moment->node_count && moment->cycle_length == 0; i++) {
        if (!walk.done[i]) {
            (void)find_cycle(moment, &walk, i);
        }
    }
    for (uint32_t i = 0; i < moment->edge_count; i++) {
        struct weft_moment_edge *edge = &moment->edges[i];
        const struct weft_moment_node *from = &moment->nodes[edge->from];
        const struct weft_moment_node *to = &moment->nodes[edge->to];
        edge->in_cycle =
            from->in_cycle && to->in_cycle && to->turn == (from->turn + 1) % moment->cycle_length;
    }
}

/* The longest way to a root; ways through a cycle end at it. */
static void rank_nodes(struct weft_moment *moment)
{
    bool changed = true;

    for (uint32_t round = 0; changed && round < WEFT_MOMENT_NODES; round++) {
        changed = false;
        for (uint32_t i = 0; i < moment->edge_count; i++) {
            struct weft_moment_node *from = &moment->nodes[moment->edges[i].from];
            const uint32_t rank = moment->nodes[moment->edges[i].to].rank + 1;
            if (!from->in_cycle && from->rank < rank && rank < WEFT_MOMENT_NODES) {
                from->rank = rank;
                changed = true;
            }
        }
    }
}

void weft_moment_build(struct weft_moment *moment, const struct weft_model *model, uint64_t t_ns)
{
    *moment = (struct weft_moment){.node_count = 0};
    for (uint32_t i = 0; i < model->threads.count; i++) {
        add_wait(moment, model, i, t_ns);
    }
    for (uint32_t i = 0; i < moment->node_count; i++) {
        if (!moment->nodes[i].thread) {
            add_owners(moment, model, i, t_ns);
        }
    }
    mark_cycle(moment);
    rank_nodes(moment);
}
