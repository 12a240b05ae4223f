/*
 * The legend: what is in this trace, states and marks alike, and nothing else; and key hints.
 * Its entries wrap into rows when one does not do; the hints give way first.  Of two traces the
 * lower one has it, for both; in a classroom it says only what is needed to read the lanes.
 */
#include "base/tongue.h"
#include "viewer/commands.h"
#include "viewer/panels/panels.h"
#include "viewer/pen.h"
#include "viewer/tracks/tracks.h"

static const float GAP = 18, EDGE = 16, HELP_PX = 72, ROW_PX = 24, ONE_ROW_PX = 34;

enum { ENTRIES_MAX = 32, ROWS_MAX = 4 };

/* What an entry shows beside its words. */
enum drawing {
    DRAW_STATE, /* index: enum weft_state */
    DRAW_MARK,  /* index: enum weft_mark */
    DRAW_HANDOFF,
    DRAW_JOINED,
    DRAW_PASSED,
    DRAW_LIFE,
    DRAW_HELD,
    DRAW_ZONE,
    DRAW_CHANGES,
    DRAW_TORN,
    DRAW_CHOICE,
    DRAW_MERGED,
    DRAW_FINDING,
};

struct entry {
    enum drawing drawing;
    uint8_t index;
    float width; /* of the drawing */
    const char *words;
    float x; /* where it stands */
    uint32_t row;
};

struct entries {
    struct entry at[ENTRIES_MAX];
    uint32_t count, rows;
    float right; /* where the last row ends */
};

static struct weft_style style_of(const struct weft_frame *frame)
{
    return (struct weft_style){WEFT_FONT_SANS, 12.5f, frame->theme->text};
}

static void add(struct entries *entries, bool there, enum drawing drawing, uint8_t index,
                float width, const char *words)
{
    if (there && entries->count < ENTRIES_MAX) {
        entries->at[entries->count++] =
            (struct entry){.drawing = drawing, .index = index, .width = width, .words = words};
    }
}

/* What is to be seen, in this trace or in the one beside it: its flags; its vectors are lent. */
static struct weft_summary seen(const struct weft_frame *frame)
{
    struct weft_summary both = *frame->summary;
    const struct weft_summary *other = frame->beside;

    if (other == NULL) {
        return both;
    }
    for (int state = 0; state < WEFT_STATE_COUNT; state++) {
        both.states[state] |= other->states[state];
    }
    for (int mark = 0; mark < WEFT_MARK_COUNT; mark++) {
        both.has_mark[mark] |= other->has_mark[mark];
    }
    both.choices.count += other->choices.count;
    both.has_handoffs |= other->has_handoffs;
    both.has_joined |= other->has_joined;
    both.has_passed_locks |= other->has_passed_locks;
    both.has_items |= other->has_items;
    both.has_permits |= other->has_permits;
    both.has_ends |= other->has_ends;
    both.has_holds |= other->has_holds;
    both.has_zones |= other->has_zones;
    both.has_torn |= other->has_torn;
    return both;
}

static const char *words_of_changes(bool has_permits, bool has_items)
{
    return has_permits ? has_items ? _("put or release, get or acquire") : _("release, acquire")
                       : _("put, get");
}

static void list_entries(struct entries *entries, const struct weft_frame *frame, bool merged)
{
    const struct weft_summary summary = seen(frame);
    const bool few = frame->view->classroom;
    static const char *const marks[WEFT_MARK_COUNT] = {[WEFT_MARK_PRINT] = N_("printed line"),
                                                       [WEFT_MARK_USER] = N_("mark"),
                                                       [WEFT_MARK_SIGNAL] = N_("signal"),
                                                       [WEFT_MARK_FAIL] = N_("in vain"),
                                                       [WEFT_MARK_LOST] = N_("lost events")};

    for (uint8_t state = 0; state < WEFT_STATE_COUNT; state++) {
        add(entries, summary.states[state], DRAW_STATE, state, 18, _(weft_states[state].words));
    }
    for (uint8_t mark = 1; mark < WEFT_MARK_COUNT; mark++) {
        add(entries, summary.has_mark[mark] && (!few || mark != WEFT_MARK_USER), DRAW_MARK, mark,
            10, _(marks[mark]));
    }
    add(entries, summary.choices.count > 0, DRAW_CHOICE, 0, 9, _("choice of who goes on"));
    add(entries, summary.has_handoffs, DRAW_HANDOFF, 0, 11, _("hand-off: ends a wait"));
    add(entries, summary.has_joined && !few, DRAW_JOINED, 0, 9, _("its end ends a join"));
    add(entries, summary.has_passed_locks && !few, DRAW_PASSED, 0, 9, _("lock goes to a waiter"));
    add(entries, (summary.has_items || summary.has_permits) && !few, DRAW_CHANGES, 0, 16,
        words_of_changes(summary.has_permits, summary.has_items));
    add(entries, summary.has_ends && !few, DRAW_LIFE, 0, 14, _("start, end"));
    add(entries, summary.has_holds && !few, DRAW_HELD, 0, 18, _("lock held"));
    add(entries, summary.has_zones && !few, DRAW_ZONE, 0, 18, _("zone"));
    add(entries, summary.has_torn, DRAW_TORN, 0, 18, _("not ended yet"));
    add(entries, merged, DRAW_MERGED, 0, 18, _("several in a pixel"));
    add(entries, frame->findings != NULL && frame->findings->count > 0, DRAW_FINDING, 0, 14,
        _("finding"));
}

/* Gives every entry its place: in as few rows as they need, and beside N_("help"). */
static void place_entries(struct entries *entries, const struct weft_frame *frame)
{
    const float right = frame->geometry.width - EDGE - HELP_PX;
    float x = EDGE;

    entries->rows = 1;
    for (uint32_t i = 0; i < entries->count; i++) {
        struct entry *entry = &entries->at[i];
        const float width = entry->width + 6 + weft_pen_width(frame, style_of(frame), entry->words);
        if (x > EDGE && x + width > right) {
            x = EDGE;
            entries->rows++;
        }
        entry->x = x;
        entry->row = entries->rows - 1;
        x += width + GAP;
    }
    entries->right = x;
}

static void draw_vertical(struct weft_frame *frame, float x, float y, float width, float wing,
                          struct weft_color color)
{
    const struct weft_point_px line[] = {{x, y - 8}, {x, y + 2}};
    const struct weft_point_px tip[] = {{x - wing, y + 2}, {x + wing, y + 2}, {x, y + 9}};

    weft_draw_line(frame->list, line, 2, width, color);
    weft_draw_polygon(frame->list, tip, 3, color);
    weft_draw_rect(frame->list,
                   (struct weft_rect){x - width - 1, y - 9.5f, 2 * width + 2, 2 * width + 2},
                   width + 1, color);
}

static void draw_posts(struct weft_frame *frame, float left, float y)
{
    const struct weft_color mark = frame->theme->mark;

    weft_draw_rect(frame->list, (struct weft_rect){left, y - 7, 1.5f, 14}, 0, mark);
    weft_draw_rect(frame->list, (struct weft_rect){left, y + 5.5f, 5, 1.5f}, 0, mark);
    weft_draw_rect(frame->list, (struct weft_rect){left + 12.5f, y - 7, 1.5f, 14}, 0, mark);
    weft_draw_rect(frame->list, (struct weft_rect){left + 9, y + 5.5f, 5, 1.5f}, 0, mark);
}

static void draw_torn(struct weft_frame *frame, float left, float y)
{
    weft_draw_rect(frame->list, (struct weft_rect){left, y - 6, 18, 12}, 0, frame->theme->hold);
    for (float top = y - 6; top < y + 6; top += 4) {
        const struct weft_point_px notch[] = {
            {left + 18.5f, top}, {left + 14, top + 2}, {left + 18.5f, top + 4}};
        weft_draw_polygon(frame->list, notch, 3, frame->theme->bar);
    }
}

static void draw_entry(struct weft_frame *frame, const struct entry *entry, float y)
{
    const struct weft_theme *theme = frame->theme;
    const float x = entry->x;

    switch (entry->drawing) {
    case DRAW_STATE: {
        const float height = 14 * weft_state_styles[entry->index].height;
        const float words = weft_pen_width(frame, style_of(frame), entry->words);
        const struct weft_rect box = {x - 6, y - 11, entry->width + words + 18, 22};
        const bool chosen = (frame->arrangement->only_states >> entry->index & 1) != 0;
        const bool hovered = frame->view->hover.kind == WEFT_TARGET_STATE &&
                             frame->view->hover.index == entry->index;
        if (chosen || hovered) {
            weft_draw_frame(frame->list, box, 5, chosen ? 2 : 1,
                            chosen ? frame->theme->accent : frame->theme->muted);
        }
        weft_pen_state(frame, (struct weft_rect){x, y + 7 - height, 18, height}, entry->index, 2);
        weft_frame_hit(frame, box, WEFT_TARGET_STATE, 0, entry->index);
        break;
    }
    case DRAW_MARK:
        weft_track_mark(frame, (enum weft_mark)entry->index,
                        x + (entry->index == WEFT_MARK_PRINT ? 1 : 5), y - 6);
        break;
    case DRAW_HANDOFF:
        draw_vertical(frame, x + 5.5f, y, 2.25f, 5.5f, theme->mark);
        break;
    case DRAW_JOINED:
        draw_vertical(frame, x + 4.5f, y, 1.25f, 4, theme->muted);
        break;
    case DRAW_PASSED:
        weft_track_passed(frame, x + 4.5f, y - 4);
        break;
    case DRAW_CHANGES:
        weft_track_change(frame, x + 4, y + 2.5f, true);
        weft_track_change(frame, x + 12, y - 2, false);
        break;
    case DRAW_LIFE:
        draw_posts(frame, x, y);
        break;
    case DRAW_HELD:
        weft_draw_rect(frame->list, (struct weft_rect){x, y - 6, 18, 12}, 2, theme->hold);
        weft_draw_frame(frame->list, (struct weft_rect){x, y - 6, 18, 12}, 2, 1, theme->hold_edge);
        break;
    case DRAW_ZONE:
        weft_draw_rect(frame->list, (struct weft_rect){x, y - 5, 18, 11}, 2, theme->raised);
        weft_draw_rect(frame->list, (struct weft_rect){x, y - 5, 18, 1.5f}, 0, theme->hold_edge);
        break;
    case DRAW_TORN:
        draw_torn(frame, x, y);
        break;
    case DRAW_CHOICE:
        weft_track_fork(frame, x + 4.5f, y + 6, theme->mark);
        break;
    case DRAW_MERGED:
        weft_draw_rect(frame->list, (struct weft_rect){x, y + 3, 18, 1}, 0, theme->muted);
        break;
    case DRAW_FINDING:
        weft_findings_draw_mark(frame, x + 7, y + 6);
        break;
    }
    weft_pen_text(frame, x + entry->width + 6, y, frame->geometry.width - x - entry->width - 6,
                  style_of(frame), entry->words);
}

/* Key caps from the right down to `least`, the most useful ones last to go. */
static void draw_hints(struct weft_frame *frame, float least, float y)
{
    static const struct {
        const char *words;
        enum weft_command_id commands[2];
    } hints[] = {{N_("help"), {WEFT_COMMAND_HELP, WEFT_COMMAND_COUNT}},
                 {N_("play"), {WEFT_COMMAND_PLAY, WEFT_COMMAND_COUNT}},
                 {N_("zoom"), {WEFT_COMMAND_ZOOM_IN, WEFT_COMMAND_ZOOM_OUT}},
                 {N_("move"), {WEFT_COMMAND_PAN_LEFT, WEFT_COMMAND_PAN_RIGHT}},
                 {N_("step"), {WEFT_COMMAND_PREV_EVENT, WEFT_COMMAND_NEXT_EVENT}},
                 {N_("fit"), {WEFT_COMMAND_FIT, WEFT_COMMAND_COUNT}}};
    const struct weft_style style = {WEFT_FONT_SANS, 12.5f, frame->theme->muted};
    float right = frame->geometry.width - 16;

    for (size_t i = 0; i < sizeof hints / sizeof *hints; i++) {
        const float words = weft_pen_width(frame, style, _(hints[i].words));
        float width = words + 6;
        for (int k = 0; k < 2 && hints[i].commands[k] != WEFT_COMMAND_COUNT; k++) {
            width += weft_pen_cap_width(frame, weft_command_cap(hints[i].commands[k])) + 3;
        }
        if (right - width < least) {
            break;
        }
        float x = right - width;
        for (int k = 0; k < 2 && hints[i].commands[k] != WEFT_COMMAND_COUNT; k++) {
            x += weft_pen_cap(frame, x, y, weft_command_cap(hints[i].commands[k])) + 3;
        }
        weft_pen_text(frame, x + 3, y, words + 1, style, _(hints[i].words));
        right -= width + 14;
    }
}

static uint32_t rows_shown(const struct entries *entries)
{
    return entries->rows < ROWS_MAX ? entries->rows : ROWS_MAX;
}

float weft_legend_height(const struct weft_frame *frame)
{
    struct entries entries = {.count = 0};

    if (frame->legend_elsewhere) {
        return 0;
    }
    /* Whether some columns stand for several spans is known when the lanes are drawn, and the
     * lanes cannot be before this is known: so there is room for saying it. */
    list_entries(&entries, frame, true);
    place_entries(&entries, frame);
    return ONE_ROW_PX + (float)(rows_shown(&entries) - 1) * ROW_PX;
}

void weft_legend_draw(struct weft_frame *frame)
{
    const struct weft_rect rect = frame->geometry.legend;
    struct entries entries = {.count = 0};
    const float y = rect.y + ONE_ROW_PX / 2;

    if (frame->legend_elsewhere) {
        return;
    }

    weft_draw_rect(frame->list, rect, 0, frame->theme->bar);
    weft_draw_rect(frame->list, (struct weft_rect){0, rect.y, rect.w, 1}, 0, frame->theme->line);
    list_entries(&entries, frame, frame->merged);
    place_entries(&entries, frame);
    const uint32_t rows = rows_shown(&entries);
    for (uint32_t i = 0; i < entries.count && entries.at[i].row < rows; i++) {
        draw_entry(frame, &entries.at[i], y + (float)entries.at[i].row * ROW_PX);
    }
    if (entries.rows > rows) { /* a window as narrow as a hand: say that there is more */
        weft_pen_text_right(frame, rect.w - EDGE - HELP_PX, y + (float)(rows - 1) * ROW_PX, 20,
                            style_of(frame), "…");
    }
    /* A row that was kept for what is not said after all is the hints'. */
    const uint32_t room = (uint32_t)((rect.h - ONE_ROW_PX) / ROW_PX + 0.5f) + 1;
    draw_hints(frame, room > rows ? EDGE : entries.right, y + (float)(room - 1) * ROW_PX);
}
