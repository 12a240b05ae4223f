/*
 * A trace that is still being written.  Its reader is asked for more in each tick; what is there
 * is never waited for.  While the view follows the end, the playhead is at the end and the range
 * slides along; everything else that its user looks at stands still, and the trace grows behind it.
 *
 * A deadlock is looked for at every fourth of a second, in one step a thread: a ring of last waits.
 * Only when there is one, or when nothing has come for a while, are all findings looked for.
 */
#include "base/tongue.h"
#include "base/vec.h"
#include "viewer/app_private.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/types.h>
#include <unistd.h>

enum { POLL_MS = 16, CALM_POLL_MS = 50, GONE_POLL_MS = 500 };

static const uint64_t CALM_NS = 1000000000, LOOK_GAP_NS = 250000000, STILL_NS = 400000000;

/* From when on it is told that nothing will come when the program is no more: its writer would have
 * ended the trace. */
static const uint64_t GONE_S = 10, SECOND_NS = 1000000000;

/* A writer looks around every 20 ms, a screen shows 60 pictures a second: the end that is followed
 * moves as time does and stays behind what is there by about this, so that each picture moves. */
static const uint64_t GLIDE_NS = 50000000;

/* A run that has just begun is shown whole; one that has gone on for longer, its last part. */
static const double WINDOW_NS = 10e9;

bool weft_live_open(struct weft_app *app)
{
    struct weft_error error;

    if (app->reader != NULL) {
        return true;
    }
    if (!weft_reader_has_begun(app->path)) {
        return false;
    }
    if (weft_reader_open(app->path, &app->reader, &error) != WEFT_OK) {
        app->load_error = error;
        app->live = app->view.live = app->view.follow = false;
        app->dirty = true;
        return false;
    }
    weft_reader_follow(app->reader, true);
    return true;
}

uint64_t weft_live_shown_end(struct weft_app *app)
{
    const uint64_t end_ns = app->model->end_ns;

    if (!app->live || !app->view.follow) {
        return end_ns;
    }
    if (app->glide_ns > end_ns || end_ns - app->glide_ns > GLIDE_NS) {
        app->glide_ns = end_ns > GLIDE_NS ? end_ns - GLIDE_NS : 0;
    }
    return app->glide_ns;
}

/* True while the end that is shown moves. */
static bool glide(struct weft_app *app)
{
    const uint64_t end_ns = app->model->end_ns;

    if (!app->view.follow || app->glide_ns >= end_ns) {
        return false;
    }
    const uint64_t rest_ns = end_ns - app->glide_ns;
    app->glide_ns += app->passed_ns < rest_ns ? app->passed_ns : rest_ns;
    weft_view_set_end(&app->view, weft_live_shown_end(app));
    weft_live_settle(app);
    app->dirty = true;
    return true;
}

void weft_live_settle(struct weft_app *app)
{
    struct weft_view *view = &app->view;
    const double end_ns = view->end_ns;

    if (!view->follow) {
        return;
    }
    view->playhead_ns = app->model->end_ns;
    view->has_playhead = true;
    if (!weft_view_zoomed(view) && !app->slides && end_ns > WINDOW_NS) {
        app->slides = true; /* once: who then shows everything sees everything grow */
        weft_view_show(view, end_ns - WINDOW_NS, end_ns);
    }
    if (weft_view_zoomed(view)) {
        const double width = view->range.to_ns - view->range.from_ns;
        const double to_ns = end_ns + width * 0.04;
        weft_view_show(view, to_ns - width, to_ns);
    }
}

void weft_live_follow(struct weft_app *app, bool follow)
{
    if (!app->live) {
        weft_app_say(app, _("This trace does not grow any more."));
        return;
    }
    app->view.follow = follow;
    app->view.playing = false;
    weft_live_settle(app);
}

/* The thread that a thread waits for at the end of the trace, WEFT_NONE: none that is known. */
static uint32_t waits_for(const struct weft_model *model, uint32_t thread)
{
    const struct weft_thread_info *info = &model->threads.at[thread];

    if (info->ended || info->spans.count == 0) {
        return WEFT_NONE;
    }
    const struct weft_span span = weft_thread_span(model, info, info->spans.count - 1);
    if (span.state == WEFT_STATE_JOIN) {
        return span.object;
    }
    if ((span.state != WEFT_STATE_LOCK_WAIT && span.state != WEFT_STATE_RWLOCK_WAIT) ||
        span.object >= model->objects.count || model->objects.at[span.object].holds.count == 0) {
        return WEFT_NONE;
    }
    const struct weft_object *object = &model->objects.at[span.object];
    const struct weft_hold hold = weft_object_hold(model, object, object->holds.count - 1);
    return (hold.flags & WEFT_SPAN_OPEN) != 0 ? hold.thread : WEFT_NONE;
}

/* A thread that waits, in the end, for itself; WEFT_NONE.  Who waits behind a ring is none of it.
 */
static uint32_t find_ring(const struct weft_model *model)
{
    const uint32_t count = (uint32_t)model->threads.count;

    for (uint32_t first = 0; first < count; first++) {
        uint32_t at = waits_for(model, first);
        for (uint32_t steps = 0; at < count && at != first && steps < count; steps++) {
            at = waits_for(model, at);
        }
        if (at == first) {
            return first;
        }
    }
    return WEFT_NONE;
}

static void tell_deadlock(struct weft_app *app)
{
    for (size_t i = 0; app->has_findings && i < app->findings.all.count; i++) {
        const struct weft_finding *finding = &app->findings.all.at[i];
        if (finding->kind == WEFT_FIND_DEADLOCK) {
            struct weft_sentence text = {.len = 0};
            weft_sentence_add(&text, "Deadlock: %s", finding->what);
            weft_app_say(app, text.text);
            return;
        }
    }
}

void weft_live_found(struct weft_app *app)
{
    if (app->ring != WEFT_NONE) {
        tell_deadlock(app);
    }
}

/* Findings of a trace that has grown since they were looked for are old. */
static void look_again(struct weft_app *app)
{
    weft_app_forget_findings(app);
    weft_app_look_for_findings(app);
    app->looked_points = app->model->points.count;
    app->dirty = true;
}

static void look(struct weft_app *app)
{
    const size_t points = app->model->points.count;

    if (app->now_ns - app->looked_ns < LOOK_GAP_NS || points == app->looked_points) {
        return;
    }
    app->looked_ns = app->now_ns;
    const uint32_t ring = find_ring(app->model);
    if (ring != WEFT_NONE && ring != app->ring) {
        look_again(app);
        tell_deadlock(app);
    } else if (app->now_ns - app->heard_ns > STILL_NS && points <= WEFT_FINDINGS_AT_ONCE) {
        look_again(app);
    }
    app->ring = ring;
}

/* Is there no process with this number?  Of one of another machine nothing is known. */
static bool is_gone(int64_t pid)
{
    return pid > 0 && pid <= INT32_MAX && kill((pid_t)pid, 0) != 0 && errno == ESRCH;
}

/* Does its writer hold the trace?  It does from the first line to the last (traces/write), and
 * nobody else does, so that it is free once the writer is no more. */
static bool is_held(const char *path)
{
    const int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    bool held;

    if (fd < 0) {
        return false;
    }
    held = flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    (void)close(fd);
    return held;
}

/* The program is no more, or whoever wrote down what it does is. */
static bool writer_is_gone(const struct weft_app *app, struct weft_sentence *why)
{
    const struct weft_word quiet = weft_words_duration(app->quiet_s * SECOND_NS);

    if (is_gone(app->model->header.pid)) {
        weft_sentence_add(why,
                          "No news for %s, and process %lld is gone: whoever wrote this trace is "
                          "gone, too.  What was recorded may be had by weft recover.",
                          quiet.text, (long long)app->model->header.pid);
        return true;
    }
    if (app->written && !is_held(app->path)) {
        weft_sentence_add(why,
                          "No news for %s: weft, which wrote this trace, is gone; the program may "
                          "still run.  What was recorded may be had by weft recover.",
                          quiet.text);
        return true;
    }
    return false;
}

/* Only now and then something new is told, as each time is a frame. */
static uint64_t told_seconds(uint64_t seconds)
{
    static const uint64_t steps[] = {30, 20, 10, 5};

    if (seconds >= 60) {
        return seconds / 60 * 60;
    }
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        if (seconds >= steps[i]) {
            return steps[i];
        }
    }
    return 0;
}

/* A program may be silent for long; one that is no more will be for ever. */
static void watch_writer(struct weft_app *app)
{
    const uint64_t quiet_ns = app->now_ns - app->heard_ns;
    const uint64_t seconds = told_seconds(quiet_ns / SECOND_NS);
    struct weft_sentence text = {.len = 0};

    if (seconds == app->quiet_s || app->gone) {
        return;
    }
    app->quiet_s = seconds;
    app->dirty = true;
    if (seconds >= GONE_S && writer_is_gone(app, &text)) {
        app->gone = true;
        weft_app_say(app, text.text);
    }
}

int weft_live_tick(struct weft_app *app, bool grown)
{
    app->waited = true;
    if (grown) {
        app->heard_ns = app->now_ns;
        app->gone = false;
        app->quiet_s = 0;
        app->written = app->written || is_held(app->path);
        /* The chain of a wait that goes on may have got another root. */
        app->chain_of = (struct weft_target){.kind = WEFT_TARGET_NONE};
    }
    look(app);
    watch_writer(app);
    if (glide(app)) {
        return POLL_MS;
    }
    if (app->gone) {
        return GONE_POLL_MS;
    }
    return app->now_ns - app->heard_ns < CALM_NS ? POLL_MS : CALM_POLL_MS;
}

void weft_live_end(struct weft_app *app)
{
    weft_view_set_end(&app->view, app->model->end_ns);
    weft_live_settle(app); /* the end that was followed is the last one */
    app->live = app->view.live = app->view.follow = app->gone = false;
    weft_app_forget_findings(app);
    if (app->waited) {
        weft_app_say(app, _("The program has ended: this is all of it."));
    }
}
