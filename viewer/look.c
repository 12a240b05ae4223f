/*
 * Findings are looked for while frames are drawn: a long trace by a thread of its own, which only
 * reads the model; nobody feeds that meanwhile.  Where there are no threads, a kind a tick.  What
 * was found is shown when all of it is there.
 */
#include "base/tongue.h"
#include "viewer/app_private.h"

enum { LOOK_POLL_MS = 25 };

static void *look(void *ctx)
{
    struct weft_app *app = ctx;

    /* Pairs with the store in weft_app_forget_findings. */
    while (!atomic_load_explicit(&app->look.stop, memory_order_acquire) &&
           weft_findings_step(&app->findings)) {
    }
    /* Pairs with the load in weft_app_tick_look: what was found is whole. */
    atomic_store_explicit(&app->look.over, true, memory_order_release);
    return NULL;
}

static void settle(struct weft_app *app)
{
    app->look.runs = false;
    app->has_findings = true;
    app->finding_at = WEFT_NONE;
    app->dirty = true;
    if (app->findings.no_memory) {
        weft_app_say(app, _("There is no memory for all that was found."));
    }
}

void weft_app_look_for_findings(struct weft_app *app)
{
    if (app->has_findings || app->look.runs || app->loading) {
        return;
    }
    weft_findings_init(&app->findings, app->model);
    weft_findings_begin(&app->findings);
    /* A picture, in which nobody waits, has them at once, too. */
    if (app->options.in_middle || app->model->points.count <= WEFT_FINDINGS_AT_ONCE) {
        while (weft_findings_step(&app->findings)) {
        }
        settle(app);
        return;
    }
    app->look.runs = true;
    atomic_store_explicit(&app->look.stop, false, memory_order_relaxed);
    atomic_store_explicit(&app->look.over, false, memory_order_relaxed);
    app->look.threaded = pthread_create(&app->look.thread, NULL, look, app) == 0;
    app->dirty = true;
}

int weft_app_tick_look(struct weft_app *app)
{
    if (!app->look.runs) {
        return -1;
    }
    if (!app->look.threaded) {
        if (!weft_findings_step(&app->findings)) {
            settle(app);
        }
        return 0;
    }
    if (!atomic_load_explicit(&app->look.over, memory_order_acquire)) {
        return LOOK_POLL_MS;
    }
    (void)pthread_join(app->look.thread, NULL);
    settle(app);
    return 0;
}

void weft_app_forget_findings(struct weft_app *app)
{
    const bool any = app->has_findings || app->look.runs;

    if (app->look.runs && app->look.threaded) {
        atomic_store_explicit(&app->look.stop, true, memory_order_release);
        (void)pthread_join(app->look.thread, NULL);
    }
    if (any) {
        weft_findings_done(&app->findings);
    }
    app->look.runs = app->has_findings = false;
    app->finding_at = WEFT_NONE;
}
