/* What is typed into the open prompt, and what its Enter does. */
#include "base/tongue.h"
#include "traces/analysis/choice.h"
#include "viewer/app_private.h"
#include "viewer/prompt.h"

#include "base/duration.h"

#include <stdio.h>
#include <string.h>

static void close_prompt(struct weft_app *app)
{
    app->view.prompt.kind = WEFT_PROMPT_NONE;
}

/* What is typed takes effect at once where that is useful. */
static void typed(struct weft_app *app)
{
    const struct weft_prompt *prompt = &app->view.prompt;

    if (prompt->kind == WEFT_PROMPT_SEARCH &&
        !weft_search_run(&app->search, app->model, app->has_findings ? &app->findings : NULL,
                         prompt->text)) {
        weft_app_say(app, _("There is no memory for all that was found."));
    } else if (prompt->kind == WEFT_PROMPT_FILTER) {
        memcpy(app->arrangement.filter, prompt->text, prompt->len + 1);
        app->view.scroll_px = 0;
    }
}

static void go_to_time(struct weft_app *app)
{
    struct weft_prompt *prompt = &app->view.prompt;
    uint64_t t_ns;

    if (!weft_duration_parse(prompt->text, &t_ns)) {
        (void)snprintf(prompt->complaint, sizeof prompt->complaint,
                       _("That is no time: 4.2s, 150ms, 3us or 1234ns are."));
        return;
    }
    close_prompt(app);
    weft_app_go_to_time(app, t_ns);
}

static void keep_note(struct weft_app *app)
{
    struct weft_error error;

    if (!weft_bookmarks_set(&app->bookmarks, app->view.playhead_ns, app->view.prompt.text)) {
        weft_app_say(app, _("There is no room for more bookmarks."));
    } else if (weft_bookmarks_save(&app->bookmarks, app->path, &error) != WEFT_OK) {
        weft_app_say(app, error.text);
    }
    app->view.has_playhead = true;
    close_prompt(app);
}

static void run_command(struct weft_app *app)
{
    enum weft_command_id found[WEFT_COMMAND_COUNT];
    const uint32_t count = weft_prompt_commands(app->view.prompt.text, found, WEFT_COMMAND_COUNT);
    const uint32_t chosen = app->view.prompt.chosen;

    if (count == 0) {
        return;
    }
    close_prompt(app);
    weft_app_command(app, found[chosen < count ? chosen : count - 1]);
}

static void open_recent(struct weft_app *app)
{
    const uint32_t count = app->settings.recent_count, chosen = app->view.prompt.chosen;
    struct weft_error error;
    char path[WEFT_RECENT_BYTES];

    close_prompt(app);
    if (count == 0) {
        return;
    }
    strcpy(path, app->settings.recent[chosen < count ? chosen : count - 1]);
    if (weft_app_open(app, path, &error) != WEFT_OK) {
        weft_app_say(app, error.text);
    }
}

static uint32_t rows_of(const struct weft_app *app)
{
    struct weft_choice choice;
    enum weft_command_id found[WEFT_COMMAND_COUNT];

    switch (app->view.prompt.kind) {
    case WEFT_PROMPT_PALETTE:
        return weft_prompt_commands(app->view.prompt.text, found, WEFT_COMMAND_COUNT);
    case WEFT_PROMPT_RECENT:
        return app->settings.recent_count;
    case WEFT_PROMPT_OTHER:
        return weft_choice_of(app->model, app->view.selected.index, &choice)
                   ? weft_choice_others(&choice)
                   : 0;
    default:
        return 0;
    }
}

void weft_app_prompt_enter(struct weft_app *app, bool back)
{
    switch (app->view.prompt.kind) {
    case WEFT_PROMPT_GO_TO:
        go_to_time(app);
        break;
    case WEFT_PROMPT_SEARCH:
        weft_app_go_to_found(app, weft_search_step(&app->search, !back));
        break;
    case WEFT_PROMPT_NOTE:
        keep_note(app);
        break;
    case WEFT_PROMPT_PALETTE:
        run_command(app);
        break;
    case WEFT_PROMPT_RECENT:
        open_recent(app);
        break;
    case WEFT_PROMPT_OTHER: {
        const uint32_t rows = rows_of(app), chosen = app->view.prompt.chosen;
        close_prompt(app);
        weft_app_run_again(app, chosen < rows ? chosen : rows - 1);
        break;
    }
    case WEFT_PROMPT_FILTER:
    case WEFT_PROMPT_NONE:
        close_prompt(app);
        break;
    }
}

void weft_app_prompt_key(struct weft_app *app, const struct weft_input *input)
{
    struct weft_prompt *prompt = &app->view.prompt;

    if (input->kind == WEFT_INPUT_TEXT) {
        weft_prompt_write(prompt, input->ch);
        typed(app);
    } else if (input->key == WEFT_KEY_ESC) {
        close_prompt(app);
    } else if (input->key == WEFT_KEY_ENTER) {
        weft_app_prompt_enter(app, (input->mods & WEFT_MOD_SHIFT) != 0);
    } else if (weft_prompt_edit(prompt, input->key)) {
        const uint32_t rows = rows_of(app);
        prompt->chosen = rows == 0 ? 0 : prompt->chosen < rows ? prompt->chosen : rows - 1;
        if (input->key == WEFT_KEY_BACKSPACE || input->key == WEFT_KEY_DELETE) {
            typed(app);
        }
    }
}
