/*
 * Who waits for whom at the playhead.  Those who wait stand left of what they wait for, so that
 * every edge leads to the right and the cause stands last; a cycle has no last one and is drawn as
 * a ring, in red.
 *
 *     (Thread-3) ──waits──► [lockA] ──owned by──► (Thread-1)
 */
#include "base/tongue.h"
#include "traces/analysis/sentences.h"
#include "viewer/panels/panels.h"
#include "viewer/pen.h"

#include <math.h>

static const float NODE_PX = 26, PAD = 12, ROW_LEAST = 32;

struct places {
    struct weft_rect at[WEFT_MOMENT_NODES];
};

static const char *name_of(const struct weft_frame *frame, const struct weft_moment_node *node)
{
    return node->thread ? weft_name_of_thread(frame->model, node->index, frame->view->playhead_ns)
                        : frame->model->objects.at[node->index].name;
}

static struct weft_style style_of(const struct weft_frame *frame)
{
    return (struct weft_style){WEFT_FONT_SANS_BOLD, 13, frame->theme->text};
}

static float width_of(const struct weft_frame *frame, const struct weft_moment_node *node,
                      float most)
{
    const float width = weft_pen_width(frame, style_of(frame), name_of(frame, node)) + 2 * PAD;

    return width < 60 ? 60 : width > most ? most : width;
}

/* Nodes of the cycle on an ellipse. */
static void place_ring(const struct weft_frame *frame, struct places *places, struct weft_rect room)
{
    const struct weft_moment *moment = frame->moment;
    const float count = (float)moment->cycle_length;
    const float rx = room.w / 2 - 70, ry = room.h / 2 - NODE_PX / 2 - 14;

    for (uint32_t i = 0; i < moment->node_count; i++) {
        const struct weft_moment_node *node = &moment->nodes[i];
        if (!node->in_cycle) {
            continue;
        }
        const float angle = 6.2831853f * ((float)node->turn + 0.5f) / count - 1.5707963f;
        const float width = width_of(frame, node, 150);
        places->at[i] = (struct weft_rect){
            room.x + room.w / 2 + (rx > 0 ? rx : 0) * cosf(angle) - width / 2,
            room.y + room.h / 2 + (ry > 0 ? ry : 0) * sinf(angle) - NODE_PX / 2, width, NODE_PX};
    }
}

static uint32_t count_of_rank(const struct weft_moment *moment, uint32_t rank)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < moment->node_count; i++) {
        count += !moment->nodes[i].in_cycle && moment->nodes[i].rank == rank;
    }
    return count;
}

/* Columns by rank, the roots at the right.  Returns how many nodes had no room. */
static uint32_t place_columns(const struct weft_frame *frame, struct places *places,
                              struct weft_rect room, uint32_t lowest, uint32_t highest)
{
    const struct weft_moment *moment = frame->moment;
    const float pitch = room.w / (float)(highest - lowest + 1);
    uint32_t hidden = 0;

    for (uint32_t rank = lowest; rank <= highest; rank++) {
        const uint32_t count = count_of_rank(moment, rank);
        const uint32_t fits = (uint32_t)(room.h / ROW_LEAST);
        const uint32_t shown = count < fits ? count : fits;
        const float row = shown > 0 ? room.h / (float)shown : 0;
        uint32_t k = 0;
        for (uint32_t i = 0; i < moment->node_count; i++) {
            const struct weft_moment_node *node = &moment->nodes[i];
            if (node->in_cycle || node->rank != rank) {
                continue;
            }
            if (k < shown) {
                const float width = width_of(frame, node, pitch - 36 > 60 ? pitch - 36 : 60);
                const float x = room.x + room.w - pitch * ((float)(rank - lowest) + 0.5f);
                const float step = row < 64 ? row : 64, top = room.h / 2 - step * (float)shown / 2;
                places->at[i] = (struct weft_rect){
                    x - width / 2, room.y + top + step * ((float)k + 0.5f) - NODE_PX / 2, width,
                    NODE_PX};
                k++;
            } else {
                hidden++;
            }
        }
    }
    return hidden;
}

/* Where the way from a rectangle's middle towards a point leaves it. */
static struct weft_point_px edge_of(struct weft_rect rect, float to_x, float to_y)
{
    const float x = rect.x + rect.w / 2, y = rect.y + rect.h / 2;
    const float dx = to_x - x, dy = to_y - y;
    const float across = fabsf(dx) > 0.01f ? (rect.w / 2 + 3) / fabsf(dx) : 1e9f;
    const float down = fabsf(dy) > 0.01f ? (rect.h / 2 + 3) / fabsf(dy) : 1e9f;
    const float part = across < down ? across : down;

    return (struct weft_point_px){x + dx * part, y + dy * part};
}

static void draw_edge(struct weft_frame *frame, const struct places *places,
                      const struct weft_moment_edge *edge)
{
    const struct weft_rect from = places->at[edge->from], to = places->at[edge->to];
    const struct weft_color red =
        weft_state_styles[WEFT_STATE_LOCK_WAIT].colors[frame->theme->id].fill;
    const struct weft_color color = edge->in_cycle ? red
                                    : edge->owns   ? frame->theme->muted
                                                   : frame->theme->text;
    const float width = edge->in_cycle ? 3 : edge->owns ? 1.5f : 2;

    if (from.w == 0 || to.w == 0) {
        return;
    }
    const struct weft_point_px a = edge_of(from, to.x + to.w / 2, to.y + to.h / 2);
    const struct weft_point_px b = edge_of(to, from.x + from.w / 2, from.y + from.h / 2);
    const float dx = b.x - a.x, dy = b.y - a.y, length = sqrtf(dx * dx + dy * dy);
    if (length < 2) {
        return;
    }
    const float ux = dx / length, uy = dy / length, wing = 5;
    const struct weft_point_px end = {b.x - ux * 8, b.y - uy * 8};
    /* Lines are given from left to right, whichever way they lead. */
    const struct weft_point_px line[] = {a.x <= end.x ? a : end, a.x <= end.x ? end : a};
    const struct weft_point_px tip[] = {
        {end.x - uy * wing, end.y + ux * wing}, {end.x + uy * wing, end.y - ux * wing}, {b.x, b.y}};
    weft_draw_line(frame->list, line, 2, width, color);
    weft_draw_polygon(frame->list, tip, 3, color);
}

static void draw_node(struct weft_frame *frame, const struct weft_moment_node *node,
                      struct weft_rect rect)
{
    const struct weft_color red =
        weft_state_styles[WEFT_STATE_LOCK_WAIT].colors[frame->theme->id].fill;
    const struct weft_target here = {node->thread ? WEFT_TARGET_THREAD : WEFT_TARGET_OBJECT, 0,
                                     node->index};
    const bool hovered = weft_target_equal(frame->view->hover, here);
    const char *name = name_of(frame, node);
    /* Threads are round, objects square: the form says it without a hue. */
    const float radius = node->thread ? NODE_PX / 2 : 3;

    if (rect.w == 0) {
        return;
    }
    weft_draw_rect(frame->list, rect, radius, frame->theme->raised);
    weft_draw_frame(frame->list, rect, radius, node->in_cycle || hovered ? 2.5f : 1,
                    node->in_cycle ? red
                    : hovered      ? frame->theme->accent
                                   : frame->theme->muted);
    const float text = weft_pen_width(frame, style_of(frame), name);
    const float width = text < rect.w - PAD ? text : rect.w - PAD;
    weft_pen_text(frame, rect.x + (rect.w - width) / 2, rect.y + rect.h / 2, width + 1,
                  style_of(frame), name);
    weft_frame_hit(frame, rect, here.kind, 0, node->index);
}

static void draw_title(struct weft_frame *frame, struct weft_rect rect, uint32_t hidden)
{
    const struct weft_style heading = {WEFT_FONT_SANS_BOLD, 13, frame->theme->text};
    const struct weft_style quiet = {WEFT_FONT_SANS, 12.5f, frame->theme->muted};
    const struct weft_moment *moment = frame->moment;
    const struct weft_word when =
        weft_words_moment(frame->view->playhead_ns, weft_frame_ns_per_px(frame));
    struct weft_sentence text = {.len = 0}, more = {.len = 0};

    if (moment->cycle_length > 0) {
        weft_sentence_add(&text, "At %s there is a cycle: nobody in it can go on.", when.text);
    } else if (moment->waiting == 0) {
        weft_sentence_add(&text, "At %s nobody waits for anybody.", when.text);
    } else {
        weft_sentence_add(&text, "At %s %s %s.", when.text,
                          weft_words_counted(moment->waiting, "thread").text,
                          moment->waiting == 1 ? _("waits") : _("wait"));
    }
    weft_pen_text(frame, rect.x + 20, rect.y + 20, rect.w - 40, heading, text.text);
    if (moment->left_out + hidden > 0) {
        weft_sentence_add(&more, "%s of the graph did not fit.",
                          weft_words_counted(moment->left_out + hidden, "node").text);
    } else if (moment->waiting > 0) {
        weft_sentence_add(&more, "Round: a thread.  Square: an object.  Bold: waits for.  Thin: "
                                 "is owned by.");
    }
    if (more.len > 0 && rect.h > 130) {
        weft_pen_text(frame, rect.x + 20, rect.y + rect.h - 14, rect.w - 40, quiet, more.text);
    }
}

void weft_graph_draw(struct weft_frame *frame, struct weft_rect rect)
{
    const struct weft_moment *moment = frame->moment;
    const bool ring = moment->cycle_length > 0;
    struct weft_rect room = {rect.x + 20, rect.y + 40, rect.w - 40,
                             rect.h - (rect.h > 130 ? 72 : 46)};
    struct places places = {0};
    uint32_t highest = 0, others = 0, hidden = 0;

    for (uint32_t i = 0; i < moment->node_count; i++) {
        highest = moment->nodes[i].rank > highest ? moment->nodes[i].rank : highest;
        others += !moment->nodes[i].in_cycle;
    }
    if (ring) {
        const float wanted = 220 + 40 * (float)moment->cycle_length;
        struct weft_rect right = room;
        right.w = others == 0 || wanted < room.w * 0.6f
                      ? (others == 0 && wanted > room.w ? room.w : wanted)
                      : room.w * 0.6f;
        right.x = others == 0 ? room.x + (room.w - right.w) / 2 : room.x + room.w - right.w;
        place_ring(frame, &places, right);
        room.w -= right.w;
    }
    if (others > 0 && room.h >= ROW_LEAST) {
        const float most = 230 * (float)(highest + 1);
        if (!ring && room.w > most) {
            room.x += (room.w - most) / 2;
            room.w = most;
        }
        hidden = place_columns(frame, &places, room, 0, highest);
    }
    for (uint32_t i = 0; i < moment->edge_count; i++) {
        draw_edge(frame, &places, &moment->edges[i]);
    }
    for (uint32_t i = 0; i < moment->node_count; i++) {
        draw_node(frame, &moment->nodes[i], places.at[i]);
    }
    draw_title(frame, rect, hidden);
}
