/*
 * The choices of a controlled run: going from one to the next, and running the program again with
 * another one.  The new run's trace comes below the one that it began in; there, too, is a choice,
 * and that of a later one replaces it.
 */
#include "base/tongue.h"
#include "traces/analysis/choice.h"
#include "viewer/app_private.h"
#include "viewer/prompt.h"

#include <string.h>
#include <unistd.h>

enum { POLL_MS = 50 };

static const uint64_t SECOND_NS = 1000000000;

static struct weft_app *upper_of(struct weft_app *app)
{
    return app->above != NULL ? app->above : app;
}

/* The choice that is selected; false: none is. */
static bool selected_choice(const struct weft_app *app, struct weft_choice *choice)
{
    return app->view.selected.kind == WEFT_TARGET_POINT &&
           weft_choice_of(app->model, app->view.selected.index, choice);
}

void weft_app_step_choice(struct weft_app *app, bool on)
{
    const struct weft_summary *summary = &app->summary;
    const struct weft_target selected = app->view.selected;
    struct weft_choice choice;
    size_t at = summary->choices.count;

    if (summary->choices.count == 0) {
        weft_app_say(app, _("There is no choice here: weft run --schedule makes runs with some."));
        return;
    }
    if (selected.kind == WEFT_TARGET_POINT) {
        at = weft_summary_choice_of(summary, selected.index);
    }
    if (at < summary->choices.count) { /* several may stand at one time */
        at = on ? at + 1 : at - 1;
    } else {
        const uint64_t now_ns = app->view.playhead_ns;
        at = weft_summary_choice_at(summary, app->model, on ? now_ns : now_ns + 1);
        at = on ? at : at - 1;
    }
    if (at >= summary->choices.count) { /* before the first, too: it is unsigned */
        weft_app_say(app, on ? _("There is no choice after this.")
                             : _("There is no choice before this."));
        return;
    }
    weft_app_go_to_point(app, summary->choices.at[at]);
    if (!weft_choice_of(app->model, summary->choices.at[at], &choice)) {
        weft_app_say(app, _("Nobody else that is named could have gone on."));
    }
}

/* Why a run cannot be made; NULL: it can. */
static const char *hindrance(const struct weft_app *app, const struct weft_app *upper)
{
    if (upper->rerun.pid != 0) {
        return _("A run is being made already: Esc ends it.");
    }
    if (app->loading || app->live) {
        return _("This can be run again when all of it is there.");
    }
    if (app->model->header.schedule[0] == '\0') {
        return _("This trace does not say how it can be run again.");
    }
    return upper->options.weft == NULL ? _("The program weft was not found beside this one.")
                                       : NULL;
}

void weft_app_run_again(struct weft_app *app, uint32_t i)
{
    struct weft_app *upper = upper_of(app);
    struct weft_choice choice;
    struct weft_error error;

    if (!selected_choice(app, &choice) || i >= weft_choice_others(&choice)) {
        return;
    }
    const uint32_t point = app->view.selected.index, other = weft_choice_other(&choice, i);
    const size_t number = weft_summary_choice_of(&app->summary, point) + 1;
    const char *why = hindrance(app, upper);
    if (why != NULL) {
        weft_app_say(app, why);
        return;
    }
    if (weft_rerun_start(&upper->rerun, upper->options.weft, app->path, number, other, &error) !=
        WEFT_OK) {
        weft_app_say(app, error.text);
        return;
    }
    upper->rerun_name = (struct weft_sentence){.len = 0};
    weft_choice_name(app->model, point, &choice, other, &upper->rerun_name);
    upper->rerun_at_ns = weft_model_point_ns(app->model, point);
    upper->rerun_since_ns = upper->now_ns;
    upper->rerun_told_s = UINT64_MAX;
}

bool weft_app_stop_again(struct weft_app *app)
{
    struct weft_app *upper = upper_of(app);

    if (upper->rerun.pid == 0) {
        return false;
    }
    weft_rerun_stop(&upper->rerun);
    return true;
}

/* Once a second, so that one sees that it goes on. */
static void tell_progress(struct weft_app *app)
{
    const uint64_t seconds = (app->now_ns - app->rerun_since_ns) / SECOND_NS;
    struct weft_sentence text = {.len = 0};

    if (seconds == app->rerun_told_s) {
        return;
    }
    app->rerun_told_s = seconds;
    weft_sentence_add(&text, "Running again, with %s going on … %s (Esc ends it)",
                      app->rerun_name.text, weft_words_duration(seconds * SECOND_NS).text);
    weft_app_say(app, text.text);
}

/* The new trace, or why there is none. */
static void show_run(struct weft_app *app)
{
    struct weft_sentence text = {.len = 0};
    struct weft_error error;

    if (access(app->rerun.trace, R_OK) != 0) {
        weft_sentence_add(&text, "No run was made (weft replay ended with %d). %s",
                          app->rerun.status, app->rerun.said);
        weft_app_say(app, text.text);
        return;
    }
    if (weft_app_open_beside(app, app->rerun.trace, false, &error) != WEFT_OK) {
        weft_app_say(app, error.text);
        return;
    }
    app->view.playing = false;
    weft_view_move_playhead(&app->view, (double)app->rerun_at_ns);
    weft_sentence_add(&text, "Below: the same until %s, then %s went on. It is in %s.",
                      weft_words_moment(app->rerun_at_ns, 1e3).text, app->rerun_name.text,
                      app->below->file);
    if (app->rerun.said[0] != '\0') {
        weft_sentence_add(&text, " — %s", app->rerun.said);
    }
    weft_app_say(app, text.text);
}

int weft_app_tick_again(struct weft_app *app)
{
    if (app->rerun.pid == 0) {
        return -1;
    }
    if (weft_rerun_runs(&app->rerun)) {
        tell_progress(app);
        return POLL_MS;
    }
    show_run(app);
    return 0;
}

void weft_app_choose_other(struct weft_app *app)
{
    struct weft_choice choice;

    if (!selected_choice(app, &choice)) {
        weft_app_say(app, app->summary.choices.count == 0
                              ? _("There is no choice here: weft run --schedule makes runs with "
                                  "some.")
                              : _("Select a choice first: } goes to the next one."));
        return;
    }
    weft_prompt_open(&app->view.prompt, WEFT_PROMPT_OTHER, "");
}
