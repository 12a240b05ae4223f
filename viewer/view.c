#include "viewer/view.h"

#include <math.h>

/* Room behind the end, as a share of the trace; and the closest look, 2 ns for 100 px. */
static const double TAIL = 0.05;
static const double CLOSEST_NS = 40;

const uint32_t weft_view_speeds[WEFT_SPEED_COUNT] = {1, 5, 10, 25, 50, 100, 200, 500, 1000, 10000};

enum { SPEED_ONE = 5 };

void weft_view_init(struct weft_view *view)
{
    *view = (struct weft_view){.speed = SPEED_ONE, .scale = 1};
    weft_view_set_end(view, 0);
    view->range = weft_view_all(view);
}

struct weft_range weft_view_all(const struct weft_view *view)
{
    const double tail_ns = (view->lead_ns + view->end_ns) * TAIL;

    return (struct weft_range){-view->lead_ns, view->end_ns + tail_ns};
}

void weft_view_set_end(struct weft_view *view, uint64_t end_ns)
{
    const bool was_all = !weft_view_zoomed(view) && (!view->live || view->follow);

    view->end_ns = end_ns > CLOSEST_NS ? (double)end_ns : CLOSEST_NS;
    view->end_ns = fmax(view->end_ns, view->beside_end_ns);
    if (was_all) {
        view->range = weft_view_all(view);
    }
}

bool weft_view_zoomed(const struct weft_view *view)
{
    const struct weft_range all = weft_view_all(view);

    return view->range.from_ns > all.from_ns || view->range.to_ns < all.to_ns;
}

void weft_view_show(struct weft_view *view, double from_ns, double to_ns)
{
    const struct weft_range all = weft_view_all(view);
    double width = to_ns - from_ns;

    if (width < CLOSEST_NS) {
        from_ns -= (CLOSEST_NS - width) / 2;
        width = CLOSEST_NS;
    }
    /* A zoom in and out again comes back to a rounding error less than everything. */
    if (width >= (all.to_ns - all.from_ns) * (1 - 1e-9)) {
        view->range = all;
        return;
    }
    if (from_ns + width > all.to_ns) {
        from_ns = all.to_ns - width;
    }
    if (from_ns < all.from_ns) {
        from_ns = all.from_ns;
    }
    view->range = (struct weft_range){from_ns, from_ns + width};
}

void weft_view_zoom(struct weft_view *view, double at_ns, double factor)
{
    const struct weft_range range = view->range;
    const double width = range.to_ns - range.from_ns;

    if (width * factor < CLOSEST_NS) {
        factor = CLOSEST_NS / width;
    }
    const double from_ns = at_ns - (at_ns - range.from_ns) * factor;
    weft_view_show(view, from_ns, from_ns + width * factor);
}

void weft_view_pan(struct weft_view *view, double by_ns)
{
    weft_view_show(view, view->range.from_ns + by_ns, view->range.to_ns + by_ns);
}

void weft_view_reveal(struct weft_view *view, double at_ns)
{
    const double width = view->range.to_ns - view->range.from_ns;
    const double margin = width * 0.08;

    if (at_ns < view->range.from_ns) {
        weft_view_show(view, at_ns - margin, at_ns - margin + width);
    } else if (at_ns > view->range.to_ns - margin && weft_view_zoomed(view)) {
        weft_view_show(view, at_ns + margin - width, at_ns + margin);
    }
}

static struct weft_place place_of(const struct weft_view *view)
{
    return (struct weft_place){view->range,    view->playhead_ns, view->has_playhead,
                               view->selected, view->lane_thread, view->tab};
}

/* The playhead alone is no other place: it moves with every step and frame. */
static bool same_place(const struct weft_place *a, const struct weft_place *b)
{
    return a->range.from_ns == b->range.from_ns && a->range.to_ns == b->range.to_ns &&
           weft_target_equal(a->selected, b->selected) && a->tab == b->tab;
}

static void push(struct weft_place *places, uint32_t *count, struct weft_place place)
{
    if (*count == WEFT_VIEW_UNDO) {
        for (uint32_t i = 1; i < WEFT_VIEW_UNDO; i++) {
            places[i - 1] = places[i];
        }
        --*count;
    }
    places[(*count)++] = place;
}

void weft_view_remember(struct weft_view *view)
{
    const struct weft_place here = place_of(view);

    view->forward_count = 0;
    if (view->back_count == 0 || !same_place(&view->back[view->back_count - 1], &here)) {
        push(view->back, &view->back_count, here);
    }
}

static bool go(struct weft_view *view, struct weft_place *from, uint32_t *from_count,
               struct weft_place *to, uint32_t *to_count)
{
    const struct weft_place here = place_of(view);

    while (*from_count > 0) {
        const struct weft_place place = from[--*from_count];
        if (same_place(&place, &here)) {
            continue;
        }
        push(to, to_count, here);
        weft_view_show(view, place.range.from_ns, place.range.to_ns);
        view->playhead_ns = place.playhead_ns;
        view->has_playhead = place.has_playhead;
        view->selected = place.selected;
        view->lane_thread = place.lane_thread;
        view->tab = place.tab;
        return true;
    }
    return false;
}

bool weft_view_back(struct weft_view *view)
{
    return go(view, view->back, &view->back_count, view->forward, &view->forward_count);
}

bool weft_view_forward(struct weft_view *view)
{
    return go(view, view->forward, &view->forward_count, view->back, &view->back_count);
}

void weft_view_move_playhead(struct weft_view *view, double at_ns)
{
    const double inside = at_ns < 0 ? 0 : at_ns > view->end_ns ? view->end_ns : at_ns;

    view->playhead_ns = (uint64_t)llround(inside);
    view->has_playhead = true;
}

void weft_view_play(struct weft_view *view, uint64_t wall_ns)
{
    const bool ranged = view->loop && view->has_marked && view->marked_to_ns > view->marked_from_ns;
    const double first_ns = ranged ? (double)view->marked_from_ns : 0;
    const double last_ns = ranged ? (double)view->marked_to_ns : view->end_ns;
    const double step = (double)wall_ns * weft_view_speeds[view->speed] / 100;
    double to_ns = (double)view->playhead_ns + step;

    if (view->loop && (to_ns >= last_ns || to_ns < first_ns)) {
        to_ns = first_ns + (to_ns > last_ns ? fmod(to_ns - last_ns, last_ns - first_ns) : 0);
    }
    weft_view_move_playhead(view, to_ns);
    weft_view_reveal(view, (double)view->playhead_ns);
    if (!view->loop && to_ns >= view->end_ns) {
        view->playing = false;
    }
}
