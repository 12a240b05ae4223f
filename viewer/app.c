/*
 * The one place that sees everything: the model that is being loaded, the view, and the frame.
 * It turns input into changes of the view and lays frames out.
 */
#include "viewer/app.h"

#include "base/tongue.h"
#include "base/utf8.h"
#include "base/vec.h"
#include "traces/analysis/names.h"
#include "traces/model/model.h"
#include "viewer/app_private.h"
#include "viewer/panels/panels.h"
#include "viewer/pen.h"
#include "viewer/timeline/ruler.h"
#include "viewer/tracks/tracks.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ITEMS_PER_TICK = 40000, FRAME_MS = 16 };

static const uint64_t NOTICE_NS = 8000000000;
static const float CLASSROOM_SCALE = 1.5f;

static void choose_tab(struct weft_app *app, const char *name)
{
    for (int i = 0; name != NULL && i < WEFT_TAB_COUNT; i++) {
        if (strcmp(weft_commands[weft_tab_commands[i]].name, name) == 0) {
            app->view.tab = (enum weft_tab)i;
        }
    }
}

struct weft_app *weft_app_new(const struct weft_app_options *options)
{
    struct weft_app *app = calloc(1, sizeof *app);

    if (app == NULL) {
        return NULL;
    }
    app->options = *options;
    app->theme = weft_theme_of(options->theme);
    app->dirty = true;
    weft_view_init(&app->view);
    weft_settings_init(&app->settings);
    app->settings.theme = options->theme;
    app->view.classroom = options->classroom;
    choose_tab(app, options->tab);
    app->search.at = WEFT_NONE;
    weft_draw_init(&app->scratch);
    weft_draw_init(&app->below_list);
    return app;
}

static void forget_trace(struct weft_app *app)
{
    weft_app_forget_findings(app);
    weft_minimap_done(&app->minimap);
    free(app->sums.threads.at);
    app->sums = (struct weft_range_sums){.points = 0};
    weft_summary_done(&app->summary);
    weft_reader_close(app->reader);
    weft_model_free(app->model);
    free(app->path);
    app->reader = NULL;
    app->model = NULL;
    app->path = NULL;
}

void weft_app_free(struct weft_app *app)
{
    if (app == NULL) {
        return;
    }
    weft_app_free(app->below);
    weft_rerun_done(&app->rerun);
    weft_draw_done(&app->below_list);
    forget_trace(app);
    weft_shelf_done(&app->shelf);
    weft_chain_done(&app->chain);
    weft_bookmarks_done(&app->bookmarks);
    weft_search_done(&app->search);
    weft_arrangement_done(&app->arrangement);
    weft_lanes_done(&app->lanes);
    weft_draw_done(&app->scratch);
    free(app->hits.at);
    free(app->labels.at);
    free(app);
}

/* A new trace is looked at from its begin, in the way that the last one was looked at. */
static void begin_view(struct weft_app *app)
{
    const struct weft_view before = app->view;

    weft_view_init(&app->view);
    app->view.tab = before.tab;
    app->view.page = before.page;
    app->view.classroom = before.classroom;
    app->view.no_dock = before.no_dock;
    app->view.lane_object = WEFT_NONE;
    app->view.live = app->view.follow = app->live;
    app->view.playhead_ns = app->options.has_at ? app->options.at_ns : 0;
    app->view.has_playhead = app->options.has_at;
}

enum weft_status weft_app_open(struct weft_app *app, const char *path, struct weft_error *error)
{
    struct weft_reader *reader = NULL;
    struct weft_model *model = NULL;
    char *copy = NULL;
    const bool waits = app->options.live && !weft_reader_has_begun(path);

    if (!waits) {
        const enum weft_status status = weft_reader_open(path, &reader, error);
        if (status != WEFT_OK) {
            return status;
        }
        weft_reader_follow(reader, app->options.live);
    }
    model = weft_model_new();
    copy = malloc(strlen(path) + 1);
    if (model == NULL || copy == NULL) {
        weft_reader_close(reader);
        weft_model_free(model);
        free(copy);
        return weft_error_set(error, WEFT_ERR_MEMORY, "no memory for %s", path);
    }
    strcpy(copy, path);
    weft_rerun_done(&app->rerun); /* it belongs to the trace that goes */
    forget_trace(app);
    app->reader = reader;
    app->model = model;
    app->path = copy;
    const char *slash = strrchr(copy, '/');
    app->file = slash != NULL && slash[1] != '\0' ? slash + 1 : copy;
    app->live = app->options.live;
    app->options.live = false; /* others that are opened later are complete */
    app->slides = app->waited = app->written = app->gone = false;
    app->quiet_s = app->glide_ns = 0;
    app->heard_ns = app->looked_ns = app->now_ns;
    app->looked_points = 0;
    app->ring = WEFT_NONE;
    app->loading = !waits;
    app->stopped = false;
    app->load_error.text[0] = '\0';
    begin_view(app);
    weft_shelf_open(&app->shelf, copy, app->options.source);
    weft_chain_done(&app->chain);
    app->chain_of = (struct weft_target){.kind = WEFT_TARGET_NONE};
    weft_bookmarks_load(&app->bookmarks, copy);
    weft_search_done(&app->search);
    weft_arrangement_done(&app->arrangement);
    weft_settings_opened(&app->settings, copy);
    app->title.len = 0;
    weft_sentence_add(&app->title, "%.*s — weft",
                      (int)weft_utf8_fit(app->file, strlen(app->file), 200), app->file);
    (void)weft_summary_build(&app->summary, model);
    app->dirty = true;
    return WEFT_OK;
}

/*
 * Where the playhead stands when nobody has said it: a window starts to play at the begin of what
 * it shows; a picture, in which nobody can play, shows its middle.
 */
static void place_playhead(struct weft_app *app)
{
    const bool ranged = app->options.to_ns > app->options.from_ns;
    const uint64_t end_ns = app->model->end_ns;
    const uint64_t from_ns = ranged && app->options.from_ns < end_ns ? app->options.from_ns : 0;
    const uint64_t to_ns = ranged && app->options.to_ns < end_ns ? app->options.to_ns : end_ns;

    if (app->options.has_at || app->view.has_playhead) {
        return;
    }
    app->view.playhead_ns = app->options.in_middle ? from_ns + (to_ns - from_ns) / 2 : from_ns;
    app->view.has_playhead = app->options.in_middle;
}

/* The end of the trace may have moved, and with it what "everything" is. */
static void settle_view(struct weft_app *app)
{
    const uint64_t end_ns = app->model->end_ns;

    weft_view_set_end(&app->view, weft_live_shown_end(app));
    if (app->options.to_ns > app->options.from_ns && !app->loading) {
        weft_view_show(&app->view, (double)app->options.from_ns, (double)app->options.to_ns);
    }
    if (app->live) {
        weft_live_settle(app);
    } else if (!app->loading) {
        place_playhead(app);
        if (app->view.playhead_ns > end_ns) {
            app->view.playhead_ns = end_ns;
        }
    }
}

/* Sums are made anew each time the trace has doubled, so that all of them together cost no more
 * than twice the last one; of one that is watched while it grows, eight times as often. */
static bool sums_are_old(const struct weft_app *app)
{
    const size_t seen = app->summary.points_seen, points = app->model->points.count;

    return points > 2 * seen || (app->live && !app->loading && points > seen + seen / 8);
}

static void load_more(struct weft_app *app)
{
    const uint64_t before = app->model->health.lines;
    bool more = false;

    if (weft_model_feed(app->model, app->reader, ITEMS_PER_TICK, NULL, NULL, &more,
                        &app->load_error) != WEFT_OK) {
        more = false;
    } else {
        app->load_error.text[0] = '\0';
    }
    const uint64_t lines = app->model->health.lines - before;
    app->loading = more && (!app->live || lines >= ITEMS_PER_TICK);
    if (more && lines == 0) {
        return; /* nothing new at the end of a trace that may still grow */
    }
    if (!more && app->live) {
        weft_live_end(app);
    }
    /* Only now it is known which names are several threads'. */
    if (!more && !weft_names_tell_apart(app->model)) {
        (void)weft_error_set(&app->load_error, WEFT_ERR_MEMORY, "no memory");
    }
    if (!more || sums_are_old(app)) {
        if (!weft_summary_build(&app->summary, app->model)) {
            weft_summary_done(&app->summary);
            (void)weft_error_set(&app->load_error, WEFT_ERR_MEMORY, "no memory");
        }
        settle_view(app);
    } else if (!weft_summary_cover(&app->summary, app->model)) {
        (void)weft_error_set(&app->load_error, WEFT_ERR_MEMORY, "no memory");
    }
    if (app->live) {
        settle_view(app);
    }
    if (!more) {
        weft_app_look_for_findings(app);
        weft_reader_close(app->reader);
        app->reader = NULL;
    }
    app->dirty = true;
}

/* Ends what is said for a while; ms until the next end, -1: nothing is said. */
static int forget_notices(struct weft_app *app)
{
    int next_ms = -1;

    if (app->notice[0] != '\0' && app->now_ns >= app->notice_until_ns) {
        app->notice[0] = '\0';
        app->dirty = true;
    }
    if (app->key_shown[0] != '\0' && app->now_ns >= app->key_until_ns) {
        app->key_shown[0] = '\0';
        app->dirty = true;
    }
    if (app->notice[0] != '\0') {
        next_ms = (int)((app->notice_until_ns - app->now_ns) / 1000000) + 1;
    }
    if (app->key_shown[0] != '\0') {
        const int key_ms = (int)((app->key_until_ns - app->now_ns) / 1000000) + 1;
        next_ms = next_ms < 0 || key_ms < next_ms ? key_ms : next_ms;
    }
    return next_ms;
}

static int tick_live(struct weft_app *app)
{
    const size_t before = app->model->points.count;

    if (weft_live_open(app)) {
        load_more(app);
    }
    if (app->loading || !app->live) {
        return 0;
    }
    return weft_live_tick(app, app->model->points.count != before);
}

static int sooner(int a_ms, int b_ms)
{
    return a_ms < 0 ? b_ms : b_ms < 0 || a_ms < b_ms ? a_ms : b_ms;
}

static int tick_look(struct weft_app *app)
{
    const bool looked = app->look.runs;
    const int next_ms = weft_app_tick_look(app);

    if (looked && !app->look.runs && app->live) {
        weft_live_found(app);
    }
    return next_ms;
}

int weft_app_tick_one(struct weft_app *app, uint64_t now_ns)
{
    const uint64_t passed_ns = app->ticked && now_ns > app->now_ns ? now_ns - app->now_ns : 0;

    app->passed_ns = passed_ns;

    app->ticked = true;
    app->now_ns = now_ns;
    int next_ms = forget_notices(app);
    if (app->loading && !app->live) {
        load_more(app);
        return 0;
    }
    next_ms = sooner(next_ms, tick_look(app));
    if (app->live && !app->look.runs) {
        next_ms = sooner(next_ms, tick_live(app));
    }
    if (app->view.playing) {
        weft_view_play(&app->view, passed_ns);
        if (!app->view.playing && app->live) {
            weft_live_follow(app, true); /* whoever has watched up to the end goes on with it */
        }
        app->dirty = true;
        return next_ms == 0 ? 0 : FRAME_MS;
    }
    return next_ms;
}

void weft_app_say(struct weft_app *app, const char *text)
{
    const size_t len = weft_utf8_fit(text, strlen(text), sizeof app->notice - 1);

    memcpy(app->notice, text, len);
    app->notice[len] = '\0';
    app->notice_until_ns = app->now_ns + NOTICE_NS;
    app->dirty = true;
}

float weft_app_scale(const struct weft_app *app)
{
    return app->settings.scale * (app->view.classroom ? CLASSROOM_SCALE : 1);
}

bool weft_app_full_screen(const struct weft_app *app)
{
    return app->full_screen;
}

struct weft_settings *weft_app_settings(struct weft_app *app)
{
    return &app->settings;
}

/* More of the trace may come, or its reading was stopped: what is missing says nothing of it. */
static bool is_partial(const struct weft_app *app)
{
    return app->loading || (app->live && !app->gone) || app->stopped;
}

bool weft_app_warning(const struct weft_app *app, uint32_t i, char *out, size_t room)
{
    struct weft_sentence text;

    if (app->model == NULL || is_partial(app) || i >= weft_warnings_count(app->model)) {
        return false;
    }
    weft_warning_text(app->model, i, &text);
    const size_t len = weft_utf8_fit(text.text, strlen(text.text), room - 1);
    memcpy(out, text.text, len);
    out[len] = '\0';
    return true;
}

const char *weft_app_title(const struct weft_app *app)
{
    return app->title.len > 0 ? app->title.text : "weft";
}

/* Layout ────────────────────────────────────────────────────────────────────────────────────── */

/* Hits of what is hidden behind the other part of the lanes are none. */
static void trim_hits(struct weft_frame *frame, size_t first)
{
    const struct weft_rect plot = frame->geometry.plot;
    const struct weft_rect part = {0, plot.y, frame->geometry.width, plot.h};

    for (size_t i = first; i < frame->hits->count; i++) {
        frame->hits->at[i].rect = weft_rect_inside(frame->hits->at[i].rect, part);
    }
}

static void lay_out_part(struct weft_frame *frame)
{
    const struct weft_geometry *at = &frame->geometry;
    const size_t first_hit = frame->hits->count;

    weft_tracks_draw_ground(frame);
    weft_draw_clip(frame->list, at->plot);
    if (frame->lanes->count > 0) {
        weft_ruler_draw_grid(frame);
    }
    weft_tracks_draw(frame);
    const size_t first_line = frame->list->count;
    weft_tracks_draw_selection(frame);
    weft_tracks_draw_arrows(frame);
    weft_track_marks(frame);
    weft_track_critical(frame);
    weft_ruler_draw_playhead(frame);
    weft_pen_flush_labels(frame, first_line);
    weft_draw_clip(frame->list, (struct weft_rect){0});
    weft_tracks_draw_gutter(frame);
    weft_draw_rect(frame->list, (struct weft_rect){at->gutter.w, at->plot.y, 1, at->plot.h}, 0,
                   frame->theme->line);
    trim_hits(frame, first_hit);
}

/* A band of the lanes' room. */
static void lay_out_band(struct weft_frame *frame, enum weft_part part, float y, float height)
{
    const struct weft_geometry whole = frame->geometry;

    frame->part = part;
    frame->geometry.plot.y = frame->geometry.gutter.y = y;
    frame->geometry.plot.h = frame->geometry.gutter.h = height;
    lay_out_part(frame);
    frame->geometry = whole;
    frame->part = WEFT_PART_ALL;
}

float weft_app_pinned_px(const struct weft_app *app)
{
    const float room = app->geometry.plot.h;
    const bool scrolls = app->lanes.total_px > room;

    /* Pinned lanes that would leave nothing for the others scroll with them. */
    return scrolls && app->lanes.pinned_px <= room * 0.6f ? app->lanes.pinned_px : 0;
}

static void lay_out_lanes(struct weft_frame *frame, float pinned_px)
{
    const struct weft_geometry *at = &frame->geometry;
    const struct weft_style style = {WEFT_FONT_SANS, 14, frame->theme->muted};
    const float edge = at->plot.y + pinned_px;

    frame->lanes_y = at->plot.y;
    if (pinned_px > 0) {
        lay_out_band(frame, WEFT_PART_REST, edge, at->plot.h - pinned_px);
        lay_out_band(frame, WEFT_PART_PINNED, at->plot.y, pinned_px);
        weft_draw_rect(frame->list, (struct weft_rect){0, edge - 1, at->width, 2}, 0,
                       frame->theme->tip_edge);
    } else {
        lay_out_part(frame);
    }
    if (frame->lanes->count == 0) {
        weft_pen_text(frame, at->lane_left + 12, at->plot.y + 40, at->plot.w - 40, style,
                      frame->loading ? _("Reading the trace …  Esc stops it.")
                      : frame->live  ? _("Waiting for the program's first event …")
                                     : _("There are no events in this trace."));
    }
}

static void scroll_inside(struct weft_app *app, const struct weft_geometry *at)
{
    const float most = app->lanes.total_px > at->plot.h ? app->lanes.total_px - at->plot.h : 0;

    app->view.scroll_px = app->view.scroll_px > most ? most : app->view.scroll_px;
    app->view.scroll_px = app->view.scroll_px < 0 ? 0 : app->view.scroll_px;
}

/* A thumb at the right edge, when there are more lanes than fit. */
static void draw_thumb(struct weft_frame *frame)
{
    const struct weft_rect plot = frame->geometry.plot;
    const float total = frame->lanes->total_px;

    if (total > plot.h && plot.h > 0) {
        const float height = plot.h * plot.h / total;
        const float y = plot.y + frame->view->scroll_px / total * plot.h;
        weft_draw_rect(frame->list,
                       (struct weft_rect){plot.x + plot.w - 7, y, 4, height < 16 ? 16 : height}, 2,
                       frame->theme->tip_edge);
    }
}

/* In a classroom the lanes are what everybody looks at. */
static float dock_px(const struct weft_app *app, float height, float spare_px)
{
    const float share = app->view.classroom ? height * 0.75f : height;

    return app->view.no_dock ? 0 : weft_dock_height(app->model, share, spare_px);
}

static uint32_t count_warnings(const struct weft_app *app)
{
    const uint32_t of_trace = is_partial(app) ? 0 : weft_warnings_count(app->model);

    return (app->load_error.text[0] != '\0') + of_trace;
}

/* Decides where everything is: what the lanes leave empty goes to the dock. */
static struct weft_geometry place_panels(struct weft_app *app, const struct weft_frame *frame)
{
    const struct weft_model *model = app->model;
    const float width = frame->geometry.width, height = frame->geometry.height;
    const uint32_t warnings = frame->warnings;
    /* Half a small window is the lanes', not the minimap's. */
    const bool cramped = weft_beside_shares(app) && height < 450;
    const bool zoomed =
        weft_view_zoomed(&app->view) && app->view.tab == WEFT_TAB_TIMELINE && !cramped;
    const float legend = weft_legend_height(frame);
    struct weft_geometry at =
        weft_geometry_of(width, height, zoomed, warnings, dock_px(app, height, 0), legend);

    app->lanes.cramped = cramped;
    if (!weft_lanes_layout(&app->lanes, model, &app->summary, &app->arrangement, at.plot.h)) {
        frame->list->failed = true;
    }
    /* Lanes that leave room are as tall as they ever get: they stay so when the dock takes it. */
    const float spare_px = at.plot.h - app->lanes.total_px - 12;
    at = weft_geometry_of(width, height, zoomed, warnings, dock_px(app, height, spare_px), legend);
    scroll_inside(app, &at);
    return at;
}

static void draw_everything(struct weft_frame *frame, float pinned_px)
{
    const struct weft_geometry *at = &frame->geometry;

    weft_draw_rect(frame->list, (struct weft_rect){0, 0, at->width, at->height}, 0,
                   frame->theme->ground);
    if (frame->view->tab == WEFT_TAB_TIMELINE) {
        weft_frame_hit(frame, at->plot, WEFT_TARGET_PLOT, 0, 0);
        lay_out_lanes(frame, pinned_px);
        draw_thumb(frame);
        weft_ruler_draw(frame);
        weft_minimap_draw(frame);
    } else {
        weft_tab_draw(frame);
    }
    weft_warnings_draw(frame);
    weft_dock_draw(frame);
    weft_legend_draw(frame);
    weft_header_draw(frame);
    weft_tabs_draw(frame);
    weft_tooltip_draw(frame);
    if (frame->view->help) {
        weft_help_draw(frame);
    }
    weft_prompt_draw(frame);
    weft_notices_draw(frame);
}

/* How much of the file has been read; -1: that is not known. */
static int read_percent(const struct weft_app *app)
{
    uint64_t bytes = 0, total = 0;

    if (app->reader != NULL && app->loading && !app->live) {
        weft_reader_progress(app->reader, &bytes, &total);
    }
    return total > 0 && bytes <= total ? (int)((double)bytes * 100 / (double)total) : -1;
}

/* What everything that is drawn may look at. */
static struct weft_frame frame_of(struct weft_app *app, float width, float height,
                                  const struct weft_measure *measure, struct weft_draw_list *list)
{
    return (struct weft_frame){.model = app->model,
                               .summary = &app->summary,
                               .beside = app->above != NULL ? &app->above->summary : NULL,
                               .legend_elsewhere = app->below != NULL && weft_beside_shares(app),
                               .view = &app->view,
                               .theme = app->theme,
                               .measure = measure,
                               .lanes = &app->lanes,
                               .geometry = {.width = width, .height = height},
                               .list = list,
                               .hits = &app->hits,
                               .labels = &app->labels,
                               .arrangement = &app->arrangement,
                               .search = &app->search,
                               .bookmarks = &app->bookmarks,
                               .settings = &app->settings,
                               .moment = &app->moment,
                               .findings = app->has_findings ? &app->findings : NULL,
                               .chain = weft_app_chain(app),
                               .minimap = &app->minimap,
                               .sums = &app->sums,
                               .shelf = &app->shelf,
                               .notice = app->notice[0] != '\0' ? app->notice : NULL,
                               .key_shown = app->key_shown[0] != '\0' ? app->key_shown : NULL,
                               .file = app->file,
                               .load_error =
                                   app->load_error.text[0] != '\0' ? app->load_error.text : NULL,
                               .loading = app->loading,
                               .looking = app->look.runs,
                               .live = app->live,
                               .gone = app->gone,
                               .quiet_s = app->quiet_s,
                               .read_percent = read_percent(app),
                               .mouse_x = app->mouse_x,
                               .mouse_y = app->mouse_y,
                               .has_mouse = app->has_mouse,
                               .dragging = app->drag != WEFT_DRAG_NONE};
}

float weft_app_legend_px(struct weft_app *app, float width, const struct weft_measure *measure)
{
    if (app->model == NULL) {
        return 0;
    }
    const struct weft_frame frame = frame_of(app, width, 0, measure, &app->scratch);
    return weft_legend_height(&frame);
}

static void compose(struct weft_app *app, float width, float height,
                    const struct weft_measure *measure, struct weft_draw_list *list)
{
    const struct weft_model *model = app->model;

    weft_draw_reset(list);
    app->hits.count = app->labels.count = 0;
    if (model == NULL) {
        weft_draw_rect(list, (struct weft_rect){0, 0, width, height}, 0, app->theme->ground);
        return;
    }
    struct weft_frame frame = frame_of(app, width, height, measure, list);
    frame.warnings = count_warnings(app);
    app->geometry = frame.geometry = place_panels(app, &frame);
    app->ns_per_px = weft_frame_ns_per_px(&frame);
    if (app->view.tab == WEFT_TAB_WAITS_FOR || app->view.page == WEFT_PAGE_GRAPH) {
        weft_moment_build(&app->moment, model, app->view.playhead_ns);
    }
    draw_everything(&frame, weft_app_pinned_px(app));
    const float rest = frame.tab_px - frame.geometry.main.h;
    app->view.tab_scroll_px = app->view.tab_scroll_px > rest ? rest : app->view.tab_scroll_px;
    app->view.tab_scroll_px = app->view.tab_scroll_px < 0 ? 0 : app->view.tab_scroll_px;
}

/* The topmost thing under the mouse. */
static struct weft_target target_at(const struct weft_app *app, float x, float y)
{
    const struct weft_rect plot = {0, app->geometry.plot.y, app->geometry.width,
                                   app->geometry.plot.h};

    for (size_t i = app->hits.count; i > 0; i--) {
        const struct weft_hit *hit = &app->hits.at[i - 1];
        const bool in_lanes = hit->target.kind <= WEFT_TARGET_LANE;
        /* Lanes that are scrolled half out end where the plot ends. */
        if (weft_rect_has(hit->rect, x, y) && (!in_lanes || weft_rect_has(plot, x, y))) {
            return hit->target;
        }
    }
    return (struct weft_target){.kind = WEFT_TARGET_NONE};
}

void weft_app_layout_one(struct weft_app *app, float width, float height,
                         const struct weft_measure *measure, struct weft_draw_list *list)
{
    app->width = width;
    app->height = height;
    app->measure = *measure;
    compose(app, width, height, measure, list);
    const struct weft_target hover = app->has_mouse
                                         ? target_at(app, app->mouse_x, app->mouse_y)
                                         : (struct weft_target){.kind = WEFT_TARGET_NONE};
    /* What is under the mouse is known only now; where it has changed, the picture has too. */
    if (!weft_target_equal(hover, app->view.hover)) {
        app->view.hover = hover;
        compose(app, width, height, measure, list);
    }
    app->dirty = false;
}

struct weft_target weft_app_target(struct weft_app *app, float x, float y)
{
    app->mouse_x = x;
    app->mouse_y = y;
    app->has_mouse = true;
    if (app->measure.width == NULL) {
        return (struct weft_target){.kind = WEFT_TARGET_NONE};
    }
    compose(app, app->width, app->height, &app->measure, &app->scratch);
    return target_at(app, x, y);
}
