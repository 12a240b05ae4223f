/*
 * lock-order: locks that threads took in orders that could deadlock, although they did not this
 * time.  Each time a thread takes a lock while it has others, that is an edge from each of these; a
 * ring of edges is a finding when its edges
 *
 *   are by different threads           one thread alone does not stand in its own way
 *   have no lock in common             a gate, held outside, lets only one in at a time
 *   could happen at the same time      not one before the other was created, or after it was joined
 *   would wait for ever                no tries, no time limits, not reader behind reader
 */
#include "base/tongue.h"
#include "traces/analysis/finding.h"
#include "traces/analysis/sections.h"

#include "base/map.h"
#include "base/vec.h"

#include <stdlib.h>

enum {
    RING_MAX = 6,          /* locks in a ring */
    WAYS_MAX = 64,         /* different ways of taking an edge that are kept */
    GATES_MAX = 4,         /* locks held outside that are kept of each */
    STEPS_MAX = 2000000,   /* of the search, in all */
    ORDERS_MAX = 20000000, /* events looked at to tell what came before what, in all */
};

/* One way of taking an edge: by this thread, in this stretch of its life, with these gates. */
struct way {
    uint64_t from_ns, to_ns; /* of the two acquires, the first time */
    uint32_t thread, segment;
    uint32_t from_site, to_site;
    uint32_t gates[GATES_MAX];
    uint32_t gate_count;
    bool has_shared, wants_shared;
    uint32_t next; /* way of the same edge */
};

struct edge {
    uint32_t from, to;
    uint32_t ways; /* the first, WEFT_NONE: none */
    uint32_t way_count;
    bool told;
};

/* A creation or a join: what `from` did before is known to `to` behind it. */
struct meeting {
    uint64_t t_ns;
    uint32_t from, to;
    bool creates;
};

struct orders {
    struct weft_findings *findings;
    struct weft_map edge_of; /* from << 32 | to */
    struct {
        struct edge *at;
        size_t count, room;
    } edges;
    struct {
        struct way *at;
        size_t count, room;
    } ways;
    struct {
        struct meeting *at;
        size_t count, room;
    } meetings;
    uint32_t *segment;  /* by thread */
    uint64_t *known_ns; /* by thread, for one question */
    uint32_t *first_of; /* by lock: its first edge, when they are sorted; edges.count: none */
    uint64_t steps, looked;
};

/* Collecting ────────────────────────────────────────────────────────────────────────────────── */

static bool same_gates(const struct way *a, const struct way *b)
{
    if (a->gate_count != b->gate_count) {
        return false;
    }
    for (uint32_t i = 0; i < a->gate_count; i++) {
        if (a->gates[i] != b->gates[i]) {
            return false;
        }
    }
    return true;
}

static bool add_way(struct orders *orders, struct edge *edge, struct way way)
{
    for (uint32_t i = edge->ways; i != WEFT_NONE; i = orders->ways.at[i].next) {
        const struct way *known = &orders->ways.at[i];
        if (known->thread == way.thread && known->segment == way.segment &&
            known->has_shared == way.has_shared && known->wants_shared == way.wants_shared &&
            same_gates(known, &way)) {
            return true;
        }
    }
    if (edge->way_count == WAYS_MAX) {
        return true;
    }
    way.next = edge->ways;
    edge->ways = (uint32_t)orders->ways.count;
    edge->way_count++;
    return weft_vec_push(&orders->ways, way);
}

static struct edge *edge_at(struct orders *orders, uint32_t from, uint32_t to)
{
    const uint64_t key = (uint64_t)from << 32 | to;
    const uint32_t *index = weft_map_find(&orders->edge_of, key);

    if (index != NULL) {
        return &orders->edges.at[*index];
    }
    if (!weft_map_put(&orders->edge_of, key, (uint32_t)orders->edges.count) ||
        !weft_vec_push(&orders->edges, (struct edge){from, to, WEFT_NONE, 0, false})) {
        return NULL;
    }
    return &orders->edges.at[orders->edges.count - 1];
}

static bool add_edges(struct orders *orders, const struct weft_sections *sections)
{
    const struct weft_section *taken = &sections->taken;
    const struct weft_sections_thread *thread = sections->thread;

    for (uint32_t i = 0; i < thread->count; i++) {
        const struct weft_section *has = &thread->held[i];
        if (has->object == taken->object) {
            continue;
        }
        struct way way = {.from_ns = has->t_ns,
                          .to_ns = taken->t_ns,
                          .thread = sections->point.thread,
                          .segment = orders->segment[sections->point.thread],
                          .from_site = has->site,
                          .to_site = taken->site,
                          .has_shared = has->shared,
                          .wants_shared = taken->shared};
        for (uint32_t k = 0; k < thread->count && way.gate_count < GATES_MAX; k++) {
            if (thread->held[k].object != taken->object && k != i && !thread->held[k].shared) {
                way.gates[way.gate_count++] = thread->held[k].object;
            }
        }
        struct edge *edge = edge_at(orders, has->object, taken->object);
        if (edge == NULL || !add_way(orders, edge, way)) {
            return false;
        }
    }
    return true;
}

static bool add_meeting(struct orders *orders, const struct weft_point *point)
{
    struct meeting meeting = {point->t_ns, point->thread, point->object, true};

    if (point->kind == WEFT_EV_JOIN_END) {
        meeting = (struct meeting){point->t_ns, point->object, point->thread, false};
    }
    orders->segment[point->thread]++;
    return weft_vec_push(&orders->meetings, meeting);
}

static bool collect(struct orders *orders)
{
    struct weft_sections sections;
    bool good = weft_sections_init(&sections, orders->findings->model);

    while (good && weft_sections_step(&sections)) {
        if (sections.took && !sections.taken.limited && sections.thread->count > 1) {
            good = add_edges(orders, &sections);
        } else if (sections.point.object != WEFT_NONE && sections.point.outcome == WEFT_OUT_OK &&
                   (sections.point.kind == WEFT_EV_THREAD_CREATE ||
                    sections.point.kind == WEFT_EV_JOIN_END)) {
            good = add_meeting(orders, &sections.point);
        }
    }
    weft_sections_done(&sections);
    return good;
}

/* What came before what ─────────────────────────────────────────────────────────────────────── */

/* Does all of b's stretch come behind a's, by creations and joins?  Unknown is no. */
static bool comes_before(struct orders *orders, const struct way *a, const struct way *b)
{
    const size_t count = orders->findings->model->threads.count;
    size_t low = 0, high = orders->meetings.count;

    if (orders->looked > ORDERS_MAX) {
        return true; /* it cannot be told: then nothing is said */
    }
    for (size_t i = 0; i < count; i++) {
        orders->known_ns[i] = UINT64_MAX;
    }
    orders->known_ns[a->thread] = a->to_ns;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (orders->meetings.at[middle].t_ns < a->to_ns) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    orders->looked += count + (orders->meetings.count - low);
    for (size_t i = low; i < orders->meetings.count; i++) {
        const struct meeting *meeting = &orders->meetings.at[i];
        /* A creation is told when it is over, the new thread may have begun: it knows all. */
        const uint64_t knows_ns = meeting->creates ? 0 : meeting->t_ns;
        if (orders->known_ns[meeting->from] <= meeting->t_ns &&
            knows_ns < orders->known_ns[meeting->to]) {
            orders->known_ns[meeting->to] = knows_ns;
        }
    }
    return orders->known_ns[b->thread] <= b->to_ns;
}

static bool share_a_gate(const struct way *a, const struct way *b)
{
    for (uint32_t i = 0; i < a->gate_count; i++) {
        for (uint32_t k = 0; k < b->gate_count; k++) {
            if (a->gates[i] == b->gates[k]) {
                return true;
            }
        }
    }
    return false;
}

/* Rings ─────────────────────────────────────────────────────────────────────────────────────── */

struct ring {
    uint32_t edges[RING_MAX];
    uint32_t ways[RING_MAX];
    uint32_t count;
};

/* May way number i stand in the ring beside those before it? */
static bool fits(struct orders *orders, const struct ring *ring, uint32_t i)
{
    const struct way *way = &orders->ways.at[ring->ways[i]];

    for (uint32_t k = 0; k < i; k++) {
        const struct way *other = &orders->ways.at[ring->ways[k]];
        if (other->thread == way->thread || share_a_gate(way, other)) {
            return false;
        }
    }
    /* Where two edges meet, what one wants the other has: two readers do not mind. */
    const struct way *before = i > 0 ? &orders->ways.at[ring->ways[i - 1]] : NULL;
    const struct way *first = &orders->ways.at[ring->ways[0]];
    if ((before != NULL && before->wants_shared && way->has_shared) ||
        (i + 1 == ring->count && way->wants_shared && first->has_shared)) {
        return false;
    }
    for (uint32_t k = 0; k < i; k++) {
        const struct way *other = &orders->ways.at[ring->ways[k]];
        if (comes_before(orders, other, way) || comes_before(orders, way, other)) {
            return false;
        }
    }
    return true;
}

static bool choose_ways(struct orders *orders, struct ring *ring, uint32_t i)
{
    if (i == ring->count) {
        return true;
    }
    for (uint32_t way = orders->edges.at[ring->edges[i]].ways; way != WEFT_NONE;
         way = orders->ways.at[way].next) {
        ring->ways[i] = way;
        if (++orders->steps < STEPS_MAX && fits(orders, ring, i) &&
            choose_ways(orders, ring, i + 1)) {
            return true;
        }
    }
    return false;
}

static void tell(struct orders *orders, const struct ring *ring)
{
    struct weft_findings *findings = orders->findings;
    uint64_t from_ns = UINT64_MAX, to_ns = 0;
    const char *said = "";

    for (uint32_t i = 0; i < ring->count; i++) {
        const struct way *way = &orders->ways.at[ring->ways[i]];
        struct edge *edge = &orders->edges.at[ring->edges[i]];
        edge->told = true;
        from_ns = way->from_ns < from_ns ? way->from_ns : from_ns;
        to_ns = way->to_ns > to_ns ? way->to_ns : to_ns;
        said = weft_finding_say(findings, "%s%s%s took %s and then %s", said, i == 0 ? "" : ", ",
                                weft_thread_called(findings, way->thread),
                                weft_object_called(findings, edge->from),
                                weft_object_called(findings, edge->to));
    }
    struct weft_finding *finding = weft_finding_new(findings, WEFT_FIND_LOCK_ORDER, from_ns, to_ns);
    if (finding == NULL) {
        return;
    }
    for (uint32_t i = 0; i < ring->count; i++) {
        const struct way *way = &orders->ways.at[ring->ways[i]];
        const struct edge *edge = &orders->edges.at[ring->edges[i]];
        weft_finding_thread(findings, finding, way->thread);
        weft_finding_object(findings, finding, edge->from);
        weft_finding_place(findings, finding,
                           (struct weft_finding_place){_("took first"), way->from_ns, way->thread,
                                                       edge->from, way->from_site, WEFT_NONE});
        weft_finding_place(findings, finding,
                           (struct weft_finding_place){_("took then"), way->to_ns, way->thread,
                                                       edge->to, way->to_site, WEFT_NONE});
    }
    finding->what = weft_finding_say(findings, "%s.", said);
    finding->why =
        _("It went well this time; when they do so at the same moment, each gets its first "
          "lock and waits for its next one for ever.");
    finding->advice = _("Take these locks in one order everywhere, or take one lock around them.");
}

/* Extends the ring from its last edge; first: the smallest lock in it. */
static void search(struct orders *orders, struct ring *ring, uint32_t first, uint32_t wanted)
{
    const uint32_t last = orders->edges.at[ring->edges[ring->count - 1]].to;

    for (size_t i = orders->first_of[last];
         i < orders->edges.count && orders->edges.at[i].from == last; i++) {
        const struct edge *edge = &orders->edges.at[i];
        bool again = edge->to < first || edge->told;
        for (uint32_t k = 0; k < ring->count && !again; k++) {
            again = edge->to == orders->edges.at[ring->edges[k]].from && edge->to != first;
        }
        if (again || ++orders->steps > STEPS_MAX) {
            continue;
        }
        ring->edges[ring->count++] = (uint32_t)i;
        if (edge->to == first) {
            if (ring->count == wanted && choose_ways(orders, ring, 0)) {
                tell(orders, ring);
            }
        } else if (ring->count < wanted) {
            search(orders, ring, first, wanted);
        }
        ring->count--;
        if (orders->edges.at[ring->edges[0]].told) {
            return;
        }
    }
}

static int by_ends(const void *a, const void *b)
{
    const struct edge *left = a, *right = b;

    if (left->from != right->from) {
        return left->from < right->from ? -1 : 1;
    }
    return left->to < right->to ? -1 : left->to > right->to;
}

/* The short rings first: a longer one that has an edge of a told one has its cause, too. */
static void search_all(struct orders *orders)
{
    qsort(orders->edges.at, orders->edges.count, sizeof *orders->edges.at, by_ends);
    for (size_t i = orders->edges.count; i > 0; i--) {
        orders->first_of[orders->edges.at[i - 1].from] = (uint32_t)i - 1;
    }
    for (uint32_t wanted = 2; wanted <= RING_MAX; wanted++) {
        for (uint32_t i = 0; i < orders->edges.count; i++) {
            const struct edge *edge = &orders->edges.at[i];
            if (!edge->told && edge->from < edge->to) {
                struct ring ring = {.edges = {i}, .count = 1};
                search(orders, &ring, edge->from, wanted);
            }
        }
    }
}

void weft_find_lock_order(struct weft_findings *findings)
{
    const struct weft_model *model = findings->model;
    struct orders orders = {.findings = findings};

    orders.segment = calloc(model->threads.count + 1, sizeof *orders.segment);
    orders.known_ns = calloc(model->threads.count + 1, sizeof *orders.known_ns);
    orders.first_of = malloc((model->objects.count + 1) * sizeof *orders.first_of);
    if (orders.segment == NULL || orders.known_ns == NULL || orders.first_of == NULL ||
        !collect(&orders)) {
        findings->no_memory = true;
    } else if (orders.edges.count > 1) {
        for (size_t i = 0; i < model->objects.count; i++) {
            orders.first_of[i] = UINT32_MAX;
        }
        search_all(&orders);
    }
    free(orders.segment);
    free(orders.known_ns);
    free(orders.first_of);
    free(orders.edges.at);
    free(orders.ways.at);
    free(orders.meetings.at);
    weft_map_done(&orders.edge_of);
}
