#include "traces/model/pyramid.h"

#include "traces/model/build.h"

#include <stdlib.h>

enum { PARTS = 1 << WEFT_PYRAMID_LOG, SHARE_ALL = 65535 };

void weft_pyramid_done(struct weft_pyramid *pyramid)
{
    for (size_t i = 0; pyramid->levels != NULL && i < WEFT_PYRAMID_LEVELS; i++) {
        free(pyramid->levels[i].fours);
        free(pyramid->levels[i].starts_ns);
        free(pyramid->levels[i].masks);
        for (int state = 0; state < WEFT_STATE_COUNT; state++) {
            free(pyramid->levels[i].shares[state]);
        }
    }
    free(pyramid->levels);
    pyramid->levels = NULL;
}

static bool resize(uint16_t **at, size_t room)
{
    uint16_t *moved = realloc(*at, room * sizeof **at);

    *at = moved != NULL ? moved : *at;
    return moved != NULL;
}

/* The lowest of a set of states, which is not empty. */
static int first_of(unsigned states)
{
    return __builtin_ctz(states);
}

static bool make_room(struct weft_pyramid_level *level)
{
    const size_t room = level->room + level->room / 2 + 4;
    uint64_t *starts = realloc(level->starts_ns, room * sizeof *starts);

    if (starts == NULL) {
        return false;
    }
    level->starts_ns = starts;
    if (!resize(&level->masks, room)) {
        return false;
    }
    for (unsigned left = level->states; left != 0; left &= left - 1) {
        if (!resize(&level->shares[first_of(left)], room)) {
            return false;
        }
    }
    level->room = room;
    return true;
}

/* Room for states that come up for the first time; in the bins before, they have no share. */
static bool add_states(struct weft_pyramid_level *level, unsigned states)
{
    for (unsigned left = states; left != 0; left &= left - 1) {
        const int state = first_of(left);
        if (level->sum_ns[state] > 0) { /* one that never has any length takes no memory */
            level->shares[state] = calloc(level->room, sizeof(uint16_t));
            if (level->shares[state] == NULL) {
                return false;
            }
            level->states |= (uint16_t)(1u << state);
        }
    }
    return true;
}

/* The bin is full. */
static bool end_bin(struct weft_pyramid_level *level, uint64_t end_ns)
{
    const double all = end_ns == level->start_ns ? 0 : SHARE_ALL;
    const double length_ns = end_ns == level->start_ns ? 1 : (double)(end_ns - level->start_ns);
    const unsigned new_states = level->mask & ~(unsigned)level->states;

    if ((level->count == level->room && !make_room(level)) ||
        (new_states != 0 && !add_states(level, new_states))) {
        return false;
    }
    level->starts_ns[level->count] = level->start_ns;
    level->masks[level->count] = level->mask;
    for (unsigned left = level->states; left != 0; left &= left - 1) {
        const int state = first_of(left);
        const double share = (double)level->sum_ns[state] / length_ns;
        level->shares[state][level->count] = (uint16_t)(share * all + 0.5);
    }
    level->count++;
    return true;
}

/* Four spans are full. */
static bool end_four(const struct weft_pyramid *pyramid, uint64_t end_ns)
{
    struct weft_pyramid_level *level = pyramid->levels;
    const uint64_t start_ns = pyramid->begins_ns[0];
    const double length_ns = end_ns == start_ns ? 1 : (double)(end_ns - start_ns);
    struct weft_four four = {.start_ns = start_ns, .states = pyramid->states};

    if (level->count == level->room) {
        const size_t room = level->room + level->room / 2 + 4;
        struct weft_four *moved = realloc(level->fours, room * sizeof *moved);
        if (moved == NULL) {
            return false;
        }
        level->fours = moved;
        level->room = room;
    }
    for (size_t i = 1; i < PARTS; i++) {
        const double after = (double)(pyramid->begins_ns[i] - start_ns) / length_ns;
        four.begins[i - 1] = (uint16_t)(after * SHARE_ALL + 0.5);
    }
    level->fours[level->count++] = four;
    return true;
}

/* What a bin that is full has goes into the bin of the level above, and the next one begins. */
static void move_up(struct weft_pyramid_level *level, struct weft_pyramid_level *above)
{
    above->start_ns = above->parts == 0 ? level->start_ns : above->start_ns;
    above->mask |= level->mask;
    above->parts++;
    for (unsigned left = level->mask; left != 0; left &= left - 1) {
        const int state = first_of(left);
        above->sum_ns[state] += level->sum_ns[state];
        level->sum_ns[state] = 0;
    }
    level->mask = 0;
    level->parts = 0;
}

bool weft_pyramid_add(struct weft_pyramid *pyramid, enum weft_state state, uint64_t start_ns,
                      uint64_t end_ns)
{
    if (pyramid->levels == NULL) {
        pyramid->levels = calloc(WEFT_PYRAMID_LEVELS, sizeof *pyramid->levels);
        if (pyramid->levels == NULL) {
            return false;
        }
    }
    struct weft_pyramid_level *level = pyramid->levels;
    pyramid->begins_ns[level->parts] = start_ns;
    pyramid->states = (uint16_t)(pyramid->states >> 4 | (unsigned)state << 12);
    level->start_ns = level->parts == 0 ? start_ns : level->start_ns;
    level->sum_ns[state] += end_ns - start_ns;
    level->mask |= (uint16_t)(1u << state);
    level->parts++;
    for (size_t i = 0; level->parts == PARTS && i + 1 < WEFT_PYRAMID_LEVELS; i++) {
        if (!(i == 0 ? end_four(pyramid, end_ns) : end_bin(level, end_ns))) {
            return false;
        }
        move_up(level, level + 1);
        level++;
    }
    return true;
}

/* Looking at a range ───────────────────────────────────────────────────────────────────────── */

struct walk {
    const struct weft_model *model;
    const struct weft_thread_info *info;
    const struct weft_pyramid_level *levels;
    uint32_t thread;
    uint64_t from_ns, to_ns, finest_ns;
    weft_strip_visit *visit;
    void *ctx;
};

static void visit_span(const struct walk *walk, size_t span, uint8_t state, uint64_t start_ns,
                       uint64_t end_ns)
{
    struct weft_strip strip = {.start_ns = start_ns,
                               .end_ns = end_ns,
                               .first = (uint32_t)span,
                               .count = 1,
                               .mask = (uint16_t)(1u << state)};

    if (end_ns >= walk->from_ns) {
        strip.share[state] = 1;
        walk->visit(walk->ctx, &strip);
    }
}

static void visit_spans(const struct walk *walk, size_t first, size_t end)
{
    uint64_t start_ns = first < end ? weft_thread_span_ns(walk->model, walk->info, first) : 0;

    for (size_t i = first; i < end && start_ns <= walk->to_ns; i++) {
        const uint64_t end_ns = weft_span_end_ns(walk->model, walk->thread, (uint32_t)i);
        visit_span(walk, i, walk->info->spans.at[i].state, start_ns, end_ns);
        start_ns = end_ns;
    }
}

static uint64_t bin_end(const struct walk *walk, size_t level, size_t bin)
{
    const size_t last = ((bin + 1) << (WEFT_PYRAMID_LOG * (level + 1))) - 1;

    return bin + 1 < walk->levels[level].count
               ? weft_pyramid_start_ns(&walk->levels[level], bin + 1)
               : weft_span_end_ns(walk->model, walk->thread, (uint32_t)last);
}

/* Where the spans of a bin of level 0 begin, without asking them. */
static void begins_of(const struct weft_four *four, uint64_t end_ns, uint64_t begins_ns[PARTS + 1])
{
    const double length_ns = (double)(end_ns - four->start_ns);

    begins_ns[0] = four->start_ns;
    begins_ns[PARTS] = end_ns;
    for (size_t i = 1; i < PARTS; i++) {
        const double after_ns = (double)four->begins[i - 1] * length_ns / SHARE_ALL;
        begins_ns[i] = four->start_ns + (uint64_t)(after_ns + 0.5);
    }
}

/* The bin, of level 0, ends at end_ns. */
static void visit_four(const struct walk *walk, size_t bin, uint64_t end_ns)
{
    const struct weft_four *four = &walk->levels[0].fours[bin];
    const uint64_t length_ns = end_ns - four->start_ns;
    uint64_t begins_ns[PARTS + 1];

    if (length_ns > walk->finest_ns && length_ns / WEFT_FOUR_EXACT > walk->finest_ns) {
        visit_spans(walk, bin * PARTS, (bin + 1) * PARTS);
        return;
    }
    begins_of(four, end_ns, begins_ns);
    if (length_ns > walk->finest_ns) {
        for (size_t i = 0; i < PARTS && begins_ns[i] <= walk->to_ns; i++) {
            visit_span(walk, bin * PARTS + i, four->states >> (4 * i) & 15, begins_ns[i],
                       begins_ns[i + 1]);
        }
        return;
    }
    struct weft_strip strip = {.start_ns = four->start_ns,
                               .end_ns = end_ns,
                               .first = (uint32_t)(bin * PARTS),
                               .count = PARTS};
    for (size_t i = 0; i < PARTS; i++) {
        const int state = four->states >> (4 * i) & 15;
        strip.mask |= (uint16_t)(1u << state);
        if (length_ns > 0) {
            strip.share[state] +=
                (float)((double)(begins_ns[i + 1] - begins_ns[i]) / (double)length_ns);
        }
    }
    walk->visit(walk->ctx, &strip);
}

/* The bin has [start_ns, end_ns), which who calls it knows already: looking it up costs most. */
static void visit_bin(const struct walk *walk, size_t level, size_t bin, uint64_t start_ns,
                      uint64_t end_ns)
{
    const struct weft_pyramid_level *bins = &walk->levels[level];
    const size_t first = bin << (WEFT_PYRAMID_LOG * (level + 1));

    if (end_ns < walk->from_ns || start_ns > walk->to_ns) {
        return;
    }
    if (level == 0) {
        visit_four(walk, bin, end_ns);
        return;
    }
    if (end_ns - start_ns > walk->finest_ns) {
        const size_t part = bin << WEFT_PYRAMID_LOG;
        if (level == 1 && (end_ns - start_ns) / PARTS / WEFT_FOUR_EXACT > walk->finest_ns) {
            weft_model_fetch_spans(walk->model, walk->info, first, first + (size_t)PARTS * PARTS);
        }
        for (size_t i = 0; i < PARTS && start_ns <= walk->to_ns; i++) {
            const uint64_t next_ns =
                i + 1 < PARTS ? weft_pyramid_start_ns(&walk->levels[level - 1], part + i + 1)
                              : end_ns;
            visit_bin(walk, level - 1, part + i, start_ns,
                      next_ns); /* as deep as there are levels */
            start_ns = next_ns;
        }
        return;
    }
    struct weft_strip strip = {.start_ns = start_ns,
                               .end_ns = end_ns,
                               .mask = bins->masks[bin],
                               .first = (uint32_t)first,
                               .count = UINT32_C(1) << (WEFT_PYRAMID_LOG * (level + 1))};
    for (unsigned left = strip.mask; left != 0; left &= left - 1) {
        const int state = first_of(left);
        /* None, for a state that never had any length. */
        strip.share[state] =
            bins->shares[state] != NULL ? (float)bins->shares[state][bin] / SHARE_ALL : 0;
    }
    walk->visit(walk->ctx, &strip);
}

void weft_model_strips(const struct weft_model *model, uint32_t thread, uint64_t from_ns,
                       uint64_t to_ns, uint64_t finest_ns, weft_strip_visit *visit, void *ctx)
{
    const struct weft_thread_info *info = &model->threads.at[thread];
    const struct walk walk = {model, info, info->pyramid.levels, thread, from_ns, to_ns, finest_ns,
                              visit, ctx};
    size_t span = 0;

    /* The bins that no bin of the level above has taken in yet, from the highest level down. */
    for (size_t level = WEFT_PYRAMID_LEVELS; walk.levels != NULL && level-- > 0;) {
        for (size_t bin = span >> (WEFT_PYRAMID_LOG * (level + 1)); bin < walk.levels[level].count;
             bin++) {
            visit_bin(&walk, level, bin, weft_pyramid_start_ns(&walk.levels[level], bin),
                      bin_end(&walk, level, bin));
            span = (bin + 1) << (WEFT_PYRAMID_LOG * (level + 1));
        }
    }
    visit_spans(&walk, span, info->spans.count);
}
