/* What app.c, input.c and state.c share; nobody else sees it.  Threads: one at a time. */
#ifndef WEFT_VIEWER_APP_PRIVATE_H
#define WEFT_VIEWER_APP_PRIVATE_H

#include "traces/analysis/words.h"
#include "viewer/app.h"
#include "viewer/commands.h"
#include "viewer/frame.h"
#include "viewer/rerun.h"

#include <pthread.h>
#include <stdatomic.h>

enum weft_drag {
    WEFT_DRAG_NONE,
    WEFT_DRAG_PRESSED, /* a button is down and the mouse has hardly moved: may be a click */
    WEFT_DRAG_RANGE,
    WEFT_DRAG_ZOOM,
    WEFT_DRAG_PAN,
    WEFT_DRAG_PLAYHEAD,
    WEFT_DRAG_MINIMAP,
};

struct weft_app {
    struct weft_app_options options;
    const struct weft_theme *theme;

    /* The trace. */
    char *path;
    const char *file; /* in path */
    struct weft_reader *reader;
    struct weft_model *model;
    struct weft_summary summary;
    bool loading;
    struct weft_error load_error;
    struct weft_sentence title;
    bool stopped;      /* reading was, by the user */
    bool live;         /* it may still grow; loading: it has grown by more than one tick reads */
    bool waited;       /* for more of it, after its end at the time */
    bool slides;       /* a live view has begun to show the last part only */
    bool written;      /* its writer has been seen to hold it */
    bool gone;         /* whoever wrote it is */
    uint64_t quiet_s;  /* so long nothing has come; 0: not worth telling */
    uint64_t glide_ns; /* the end as it is shown */
    uint64_t heard_ns, looked_ns; /* when it has grown, and when its end was looked at, last */
    size_t looked_points;
    uint32_t ring; /* a thread of the deadlock that was told, or WEFT_NONE */
    struct weft_shelf shelf;
    struct weft_bookmarks bookmarks;
    struct weft_search search;
    struct weft_moment moment;
    struct weft_findings findings;
    bool has_findings;
    uint32_t finding_at; /* the one that was gone to last, or WEFT_NONE */
    struct {
        bool runs, threaded;
        pthread_t thread;
        _Atomic bool stop, over;
    } look;                  /* for them (look.c) */
    struct weft_chain chain; /* of chain_of, when that is a span */
    struct weft_target chain_of;
    struct weft_settings settings;

    /* The view, and how it is being changed. */
    struct weft_view view;
    uint32_t keys_taken; /* so that a test knows that its key has come */
    bool has_mouse;
    float mouse_x, mouse_y;
    enum weft_drag drag;
    enum weft_drag drag_wish; /* what PRESSED becomes */
    struct weft_target pressed;
    float drag_x, drag_y;
    double drag_ns;
    struct weft_range drag_range;
    float drag_scroll_px;
    bool space_down, space_used;
    uint64_t now_ns, passed_ns; /* since the last tick */
    bool ticked;
    bool quit;
    bool wants_screenshot;
    bool full_screen; /* of two traces, in the upper one */
    char notice[300];
    uint64_t notice_until_ns;
    char key_shown[120];
    uint64_t key_until_ns;
    struct weft_arrangement arrangement;

    /* The last frame. */
    float width, height;
    struct weft_measure measure;
    struct weft_geometry geometry;
    double ns_per_px;
    struct weft_lanes lanes;
    struct weft_hits hits;
    struct weft_labels labels;
    struct weft_draw_list scratch;
    struct weft_minimap minimap;
    struct weft_range_sums sums;
    bool dirty;

    /* Of two traces, in the upper one (beside.c). */
    struct weft_app *below; /* NULL: there is one only; owned */
    struct weft_app *above; /* of the lower one */
    bool below_leads;
    double shift_ns;
    float whole_height, legend_px; /* the legend is below both */
    struct weft_draw_list below_list;

    /* A run that is made again, in the upper one (choice_steps.c). */
    struct weft_rerun rerun;
    struct weft_sentence rerun_name; /* who goes on in it */
    uint64_t rerun_at_ns;            /* the choice */
    uint64_t rerun_since_ns, rerun_told_s;
};

/* One trace by itself: what the functions of app.h do where there are not two. */
void weft_app_take_input(struct weft_app *app, const struct weft_input *input);
int weft_app_tick_one(struct weft_app *app, uint64_t now_ns);
void weft_app_layout_one(struct weft_app *app, float width, float height,
                         const struct weft_measure *measure, struct weft_draw_list *list);

/* Two traces: aligned by what is selected in both; and the keys go to the other one. */
void weft_beside_align(struct weft_app *app);
void weft_beside_other(struct weft_app *app);

/* Is this one of two that share the window? */
bool weft_beside_shares(const struct weft_app *app);

/* How tall the legend of a picture that wide is. */
float weft_app_legend_px(struct weft_app *app, float width, const struct weft_measure *measure);

/* Findings of so many events are looked for within a frame, those of more beside the frames. */
enum { WEFT_FINDINGS_AT_ONCE = 100000 };

/*
 * A trace that is still being written (live.c).  _open: true when its reader is there, which is so
 * once the trace has a first line.  _tick: ms until the next one.  _settle: where the view follows
 * the end.  _shown_end: of the trace, as far as it is shown.  _end: it is complete.  _found: its
 * findings, for which it was not read for a while.
 */
bool weft_live_open(struct weft_app *app);
int weft_live_tick(struct weft_app *app, bool grown);
void weft_live_settle(struct weft_app *app);
uint64_t weft_live_shown_end(struct weft_app *app);
void weft_live_follow(struct weft_app *app, bool follow);
void weft_live_end(struct weft_app *app);
void weft_live_found(struct weft_app *app);

/* What is at a place, by a layout for the mouse there. */
struct weft_target weft_app_target(struct weft_app *app, float x, float y);

/* Does what a command says. */
void weft_app_command(struct weft_app *app, enum weft_command_id command);

/* What a key does while a prompt is open; and what its Enter does. */
void weft_app_prompt_key(struct weft_app *app, const struct weft_input *input);
void weft_app_prompt_enter(struct weft_app *app, bool back);

/* Going somewhere: the place before is remembered, the tab is the timeline, the lane is shown. */
void weft_app_go_to_time(struct weft_app *app, uint64_t t_ns);
void weft_app_go_to_span(struct weft_app *app, uint32_t thread, uint32_t span);
void weft_app_go_to_thread(struct weft_app *app, uint32_t thread);
void weft_app_go_to_point(struct weft_app *app, uint32_t point);
void weft_app_go_to_object(struct weft_app *app, uint32_t object);
void weft_app_go_to_found(struct weft_app *app, const struct weft_found *found);
void weft_app_go_to_contention(struct weft_app *app, bool on);
void weft_app_go_to_finding(struct weft_app *app, uint32_t finding);
void weft_app_step_finding(struct weft_app *app, bool on);

/* Choices.  _choose_other: which of them, in a list.  _run_again: with the i-th of the others of
 * the selected one.  _stop_again: false when no run is made.  _tick_again: ms until the next one,
 * -1. */
void weft_app_step_choice(struct weft_app *app, bool on);
void weft_app_choose_other(struct weft_app *app);
void weft_app_run_again(struct weft_app *app, uint32_t i);
bool weft_app_stop_again(struct weft_app *app);
int weft_app_tick_again(struct weft_app *app);

/* Looks for findings, if that was not done yet; they are there when app->has_findings.
 * _tick_look: ms until the next one, -1.  _forget: before the model or the language changes. */
void weft_app_look_for_findings(struct weft_app *app);
int weft_app_tick_look(struct weft_app *app);
void weft_app_forget_findings(struct weft_app *app);
void weft_app_go_to_cause(struct weft_app *app, uint32_t cause);

/* The chain of the selected wait, built when it is first asked for; NULL: there is none. */
const struct weft_chain *weft_app_chain(struct weft_app *app);

/* Lanes: what commands and clicks do to their arrangement (lane_steps.c). */
void weft_app_lane_command(struct weft_app *app, enum weft_command_id command);
/* How much of the lanes' room the pinned ones take, which stay; 0: none do, they scroll, too. */
float weft_app_pinned_px(const struct weft_app *app);
void weft_app_reveal_lane(struct weft_app *app, bool object, uint32_t index);

/* From when to when a target lasts; false when it is nothing in time. */
bool weft_app_period(const struct weft_app *app, struct weft_target target, uint64_t *from_ns,
                     uint64_t *to_ns);

#endif
