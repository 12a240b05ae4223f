#include "traces/read/line.h"

#include <inttypes.h>
#include <stdio.h>

#define BIT(key) (UINT64_C(1) << (key))

void weft_vocabulary_init(struct weft_vocabulary *words)
{
    struct weft_names *const tables[] = {&words->keys, &words->events, &words->objects,
                                         &words->outcomes, &words->questions};
    const size_t count = sizeof tables / sizeof *tables;

    for (size_t i = 0; i < count; i++) {
        weft_names_init(tables[i]);
    }
#define WEFT_KEY(id, name) weft_names_add(&words->keys, name, WEFT_KEY_##id);
    WEFT_LINE_KEYS(WEFT_KEY)
#undef WEFT_KEY
    for (int i = 0; i < WEFT_ARG_COUNT_OF; i++) {
        weft_names_add(&words->keys, weft_args[i].name, WEFT_KEY_ARGS + i);
    }
    for (int i = 0; i < WEFT_TEXT_COUNT; i++) {
        weft_names_add(&words->keys, weft_texts[i], WEFT_KEY_TEXTS + i);
    }
    for (int i = 0; i < WEFT_EV_COUNT; i++) {
        weft_names_add(&words->events, weft_events[i].name, i);
    }
    for (int i = 0; i < WEFT_OBJ_COUNT; i++) {
        weft_names_add(&words->objects, weft_objects[i].name, i);
    }
    for (int i = 0; i < WEFT_OUT_COUNT; i++) {
        weft_names_add(&words->outcomes, weft_outcomes[i], i);
    }
    for (int i = 0; i < WEFT_ASK_COUNT; i++) {
        weft_names_add(&words->questions, weft_questions[i].name, i);
    }
    for (size_t i = 0; i < count; i++) {
        weft_names_seal(tables[i]);
    }
}

/* For messages only, so it may be slow. */
static const char *key_name(uint32_t key)
{
    static const char *const names[] = {
#define WEFT_KEY(id, name) name,
        WEFT_LINE_KEYS(WEFT_KEY)
#undef WEFT_KEY
    };

    if (key >= WEFT_KEY_TEXTS) {
        return weft_texts[key - WEFT_KEY_TEXTS];
    }
    return key >= WEFT_KEY_ARGS ? weft_args[key - WEFT_KEY_ARGS].name : names[key];
}

static bool has(const struct weft_fields *fields, uint32_t key)
{
    return (fields->present & BIT(key)) != 0;
}

static int find(const struct weft_names *names, const struct weft_fields *fields, uint32_t key)
{
    const struct weft_slice text = fields->at[key].text;

    return fields->padded ? weft_names_find(names, text.at, text.len)
                          : weft_names_find_text(names, text.at, text.len);
}

/* Says why the value of a key is not what was expected. */
static void wrong(const struct weft_fields *fields, uint32_t key, const char *expected,
                  struct weft_error *error)
{
    const struct weft_value *value = &fields->at[key];

    if (!has(fields, key)) {
        (void)weft_error_set(error, WEFT_ERR_FORMAT, "no \"%s\" (expected %s)", key_name(key),
                             expected);
    } else if (value->type == WEFT_VALUE_INTEGER) {
        (void)weft_error_set(error, WEFT_ERR_FORMAT, "\"%s\" is %" PRId64 " (expected %s)",
                             key_name(key), value->integer, expected);
    } else {
        const char *what = value->type == WEFT_VALUE_TEXT   ? "a text"
                           : value->type == WEFT_VALUE_TRUE ? "true"
                           : value->type == WEFT_VALUE_LIST ? "an array"
                                                            : value->text.at;
        (void)weft_error_set(error, WEFT_ERR_FORMAT, "\"%s\" is %s (expected %s)", key_name(key),
                             what, expected);
    }
}

/* An integer in [min, max]. */
static bool integer_in(const struct weft_fields *fields, uint32_t key, int64_t min, int64_t max,
                       const char *expected, int64_t *value, struct weft_error *error)
{
    const struct weft_value *found = &fields->at[key];

    if (!has(fields, key) || found->type != WEFT_VALUE_INTEGER || found->integer < min ||
        found->integer > max) {
        wrong(fields, key, expected, error);
        return false;
    }
    *value = found->integer;
    return true;
}

static bool number_of(const struct weft_fields *fields, uint32_t key, uint32_t *id,
                      struct weft_error *error)
{
    int64_t value;

    if (!integer_in(fields, key, 1, WEFT_ID_MAX, "a number from 1 to 4294967294", &value, error)) {
        return false;
    }
    *id = (uint32_t)value;
    return true;
}

/* A text that may be left out, and is then empty. */
static bool text_if_any(const struct weft_fields *fields, uint32_t key, struct weft_slice *text,
                        struct weft_error *error)
{
    if (!has(fields, key)) {
        *text = (struct weft_slice){"", 0};
        return true;
    }
    if (fields->at[key].type != WEFT_VALUE_TEXT) {
        wrong(fields, key, "a text", error);
        return false;
    }
    *text = fields->at[key].text;
    return true;
}

/* A count that may be left out, and is then 0. */
static bool count_if_any(const struct weft_fields *fields, uint32_t key, int64_t max,
                         int64_t *value, struct weft_error *error)
{
    if (!has(fields, key)) {
        *value = 0;
        return true;
    }
    return integer_in(fields, key, 0, max, "a count from 0", value, error);
}

/* Events ────────────────────────────────────────────────────────────────────────────────────── */

/* An argument that its kind has, if the line has it.  *known is false for a new question. */
static bool argument(const struct weft_vocabulary *words, const struct weft_fields *fields,
                     enum weft_arg arg, bool *present, int64_t *value, bool *known,
                     struct weft_error *error)
{
    const uint32_t key = WEFT_KEY_ARGS + (uint32_t)arg;

    if (arg == WEFT_ARG_NONE || !has(fields, key)) {
        return true;
    }
    *present = true;
    switch ((enum weft_arg_type)weft_args[arg].type) {
    case WEFT_ARG_TYPE_NS:
        return integer_in(fields, key, 0, INT64_MAX, "ns from 0", value, error);
    case WEFT_ARG_TYPE_BOOL:
        return integer_in(fields, key, 0, 1, "0 or 1", value, error);
    case WEFT_ARG_TYPE_OBJECT:
        return integer_in(fields, key, 1, WEFT_ID_MAX, "the number of an object", value, error);
    case WEFT_ARG_TYPE_QUESTION: {
        if (fields->at[key].type != WEFT_VALUE_TEXT) {
            wrong(fields, key, "the name of a question", error);
            return false;
        }
        const int question = find(&words->questions, fields, key);
        *known = *known && question >= 0;
        *value = question;
        return true;
    }
    case WEFT_ARG_TYPE_COUNT:
        break;
    }
    return integer_in(fields, key, INT64_MIN, INT64_MAX, "an integer", value, error);
}

/* What the event is about: an object, a thread, or nothing. */
static bool subject(const struct weft_fields *fields, struct weft_item_event *event,
                    struct weft_error *error)
{
    switch ((enum weft_family)weft_events[event->kind].family) {
    case WEFT_FAMILY_NONE:
        return true;
    case WEFT_FAMILY_THREAD:
        return number_of(fields, WEFT_KEY_TARGET, &event->object, error);
    case WEFT_FAMILY_ANY: {
        const bool about_thread = event->has_first && event->first == WEFT_ASK_IS_ALIVE &&
                                  weft_events[event->kind].first == WEFT_ARG_QUESTION;
        const uint32_t key = about_thread ? WEFT_KEY_TARGET : WEFT_KEY_OBJECT;
        return !has(fields, key) || number_of(fields, key, &event->object, error);
    }
    default:
        return number_of(fields, WEFT_KEY_OBJECT, &event->object, error);
    }
}

/* Of an event whose name is known: outcome, arguments and text.  *known as in argument(). */
static bool details(const struct weft_vocabulary *words, const struct weft_fields *fields,
                    struct weft_item_event *event, bool *known, struct weft_error *error)
{
    const struct weft_event_info *info = &weft_events[event->kind];

    if (has(fields, WEFT_KEY_OUTCOME)) {
        if (fields->at[WEFT_KEY_OUTCOME].type != WEFT_VALUE_TEXT) {
            wrong(fields, WEFT_KEY_OUTCOME, "the name of an outcome", error);
            return false;
        }
        const int outcome = find(&words->outcomes, fields, WEFT_KEY_OUTCOME);
        *known = outcome >= 0;
        event->outcome = outcome >= 0 ? (enum weft_outcome)outcome : WEFT_OUT_OK;
    }
    if (!argument(words, fields, (enum weft_arg)info->first, &event->has_first, &event->first,
                  known, error) ||
        !argument(words, fields, (enum weft_arg)info->second, &event->has_second, &event->second,
                  known, error)) {
        return false;
    }
    if (info->text != WEFT_TEXT_NONE) {
        const uint32_t key = WEFT_KEY_TEXTS + (uint32_t)info->text;
        event->has_text = has(fields, key);
        return text_if_any(fields, key, &event->text, error);
    }
    return true;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

uint32_t weft_line_sites(struct weft_slice list, uint32_t *sites)
{
    const char *at = list.at, *end = list.at + list.len;
    uint32_t count = 0;

    while (at < end && *at != ']') {
        int64_t value;
        at++; /* the bracket or a comma */
        while (at < end && is_blank(*at)) {
            at++;
        }
        const char *from = at;
        while (at < end && *at != ',' && *at != ']' && !is_blank(*at)) {
            at++;
        }
        if (count == WEFT_STACK_SITES_MAX ||
            !weft_line_integer(from, (size_t)(at - from), &value) || value < 1 ||
            value > WEFT_ID_MAX) {
            return 0;
        }
        if (sites != NULL) {
            sites[count] = (uint32_t)value;
        }
        count++;
        while (at < end && is_blank(*at)) {
            at++;
        }
    }
    return count;
}

uint32_t weft_item_stack(const struct weft_item_event *event, uint32_t *sites)
{
    return event->stack.len > 0 ? weft_line_sites(event->stack, sites) : 0;
}

/* A list of call sites that may be left out. */
static bool stack_if_any(const struct weft_fields *fields, struct weft_item_event *event,
                         struct weft_error *error)
{
    const struct weft_value *value = &fields->at[WEFT_KEY_STACK];

    if (!has(fields, WEFT_KEY_STACK)) {
        return true;
    }
    if (value->type != WEFT_VALUE_LIST || weft_line_sites(value->text, NULL) == 0) {
        wrong(fields, WEFT_KEY_STACK, "1 to 64 numbers of call sites", error);
        return false;
    }
    event->stack = value->text;
    return true;
}

static enum weft_line event_line(const struct weft_vocabulary *words,
                                 const struct weft_fields *fields, struct weft_item *item,
                                 struct weft_error *error)
{
    struct weft_item_event *event = &item->event;
    int64_t t_ns;
    bool known = true;

    item->kind = WEFT_ITEM_EVENT;
    *event = (struct weft_item_event){.kind = WEFT_EV_NONE, .text = {"", 0}};
    if (fields->at[WEFT_KEY_EVENT].type != WEFT_VALUE_TEXT) {
        wrong(fields, WEFT_KEY_EVENT, "the name of an event", error);
        return WEFT_LINE_BAD;
    }
    if (!integer_in(fields, WEFT_KEY_T, 0, INT64_MAX, "ns since the start", &t_ns, error) ||
        !number_of(fields, WEFT_KEY_THREAD, &event->thread, error)) {
        return WEFT_LINE_BAD;
    }
    event->t_ns = (uint64_t)t_ns;
    const int kind = find(&words->events, fields, WEFT_KEY_EVENT);
    if (kind < 0) {
        return WEFT_LINE_UNKNOWN_EVENT;
    }
    event->kind = (enum weft_event_kind)kind;
    if (!details(words, fields, event, &known, error) ||
        (has(fields, WEFT_KEY_SITE) && !number_of(fields, WEFT_KEY_SITE, &event->site, error)) ||
        !stack_if_any(fields, event, error)) {
        return WEFT_LINE_BAD;
    }
    if (!known) {
        return WEFT_LINE_UNKNOWN_EVENT;
    }
    return subject(fields, event, error) ? WEFT_LINE_ITEM : WEFT_LINE_BAD;
}

/* Definitions and the last line ─────────────────────────────────────────────────────────────── */

static enum weft_line thread_line(const struct weft_fields *fields, struct weft_item *item,
                                  struct weft_error *error)
{
    item->kind = WEFT_ITEM_THREAD;
    return number_of(fields, WEFT_KEY_ID, &item->thread.id, error) &&
                   text_if_any(fields, WEFT_KEY_TEXTS + WEFT_TEXT_NAME, &item->thread.name, error)
               ? WEFT_LINE_ITEM
               : WEFT_LINE_BAD;
}

static enum weft_line object_line(const struct weft_vocabulary *words,
                                  const struct weft_fields *fields, struct weft_item *item,
                                  struct weft_error *error)
{
    item->kind = WEFT_ITEM_OBJECT;
    if (!number_of(fields, WEFT_KEY_ID, &item->object.id, error) ||
        !text_if_any(fields, WEFT_KEY_TEXTS + WEFT_TEXT_NAME, &item->object.name, error) ||
        !count_if_any(fields, WEFT_KEY_CAPACITY, INT64_MAX, &item->object.capacity, error)) {
        return WEFT_LINE_BAD;
    }
    item->object.kind = WEFT_OBJ_NONE;
    if (!has(fields, WEFT_KEY_KIND)) {
        return WEFT_LINE_ITEM;
    }
    if (fields->at[WEFT_KEY_KIND].type != WEFT_VALUE_TEXT) {
        wrong(fields, WEFT_KEY_KIND, "the kind of the object", error);
        return WEFT_LINE_BAD;
    }
    const int kind = find(&words->objects, fields, WEFT_KEY_KIND);
    if (kind < 0) {
        return WEFT_LINE_IGNORED;
    }
    item->object.kind = (enum weft_object_kind)kind;
    return WEFT_LINE_ITEM;
}

static enum weft_line site_line(const struct weft_fields *fields, struct weft_item *item,
                                struct weft_error *error)
{
    int64_t line;

    item->kind = WEFT_ITEM_SITE;
    if (!number_of(fields, WEFT_KEY_ID, &item->site.id, error) ||
        !text_if_any(fields, WEFT_KEY_FUNCTION, &item->site.function, error) ||
        !text_if_any(fields, WEFT_KEY_FILE, &item->site.file, error) ||
        !count_if_any(fields, WEFT_KEY_LINE, UINT32_MAX, &line, error)) {
        return WEFT_LINE_BAD;
    }
    item->site.line = (uint32_t)line;
    return WEFT_LINE_ITEM;
}

static enum weft_line define_line(const struct weft_vocabulary *words,
                                  const struct weft_fields *fields, struct weft_item *item,
                                  struct weft_error *error)
{
    const struct weft_value *what = &fields->at[WEFT_KEY_DEFINE];

    if (what->type != WEFT_VALUE_TEXT) {
        wrong(fields, WEFT_KEY_DEFINE, "what is defined", error);
        return WEFT_LINE_BAD;
    }
    if (weft_slice_is(what->text, "thread")) {
        return thread_line(fields, item, error);
    }
    if (weft_slice_is(what->text, "object")) {
        return object_line(words, fields, item, error);
    }
    return weft_slice_is(what->text, "site") ? site_line(fields, item, error) : WEFT_LINE_IGNORED;
}

static enum weft_line end_line(const struct weft_fields *fields, struct weft_line_end *end,
                               struct weft_error *error)
{
    int64_t events, lost, dropped, late, duration_ns;

    if (fields->at[WEFT_KEY_END].type != WEFT_VALUE_TRUE) {
        wrong(fields, WEFT_KEY_END, "true", error);
        return WEFT_LINE_BAD;
    }
    if (!integer_in(fields, WEFT_KEY_EVENTS, 0, INT64_MAX, "how many events were written", &events,
                    error) ||
        !count_if_any(fields, WEFT_KEY_LOST, INT64_MAX, &lost, error) ||
        !count_if_any(fields, WEFT_KEY_DROPPED, INT64_MAX, &dropped, error) ||
        !count_if_any(fields, WEFT_KEY_LATE, INT64_MAX, &late, error) ||
        !count_if_any(fields, WEFT_KEY_DURATION, INT64_MAX, &duration_ns, error)) {
        return WEFT_LINE_BAD;
    }
    *end = (struct weft_line_end){(uint64_t)events, (uint64_t)lost, (uint64_t)dropped,
                                  (uint64_t)late, (uint64_t)duration_ns};
    return WEFT_LINE_END;
}

enum weft_line weft_line_interpret(const struct weft_vocabulary *words,
                                   const struct weft_fields *fields, struct weft_item *item,
                                   struct weft_line_end *end, struct weft_error *error)
{
    const uint64_t types = BIT(WEFT_KEY_EVENT) | BIT(WEFT_KEY_DEFINE) | BIT(WEFT_KEY_END);

    switch (fields->present & types) {
    case BIT(WEFT_KEY_EVENT):
        return event_line(words, fields, item, error);
    case BIT(WEFT_KEY_DEFINE):
        return define_line(words, fields, item, error);
    case BIT(WEFT_KEY_END):
        return end_line(fields, end, error);
    case 0:
        (void)weft_error_set(error, WEFT_ERR_FORMAT,
                             "no event, definition or last line (expected the key \"event\", "
                             "\"define\" or \"end\")");
        return WEFT_LINE_BAD;
    default:
        (void)weft_error_set(error, WEFT_ERR_FORMAT,
                             "two kinds of line in one (expected one of the keys \"event\", "
                             "\"define\" and \"end\")");
        return WEFT_LINE_BAD;
    }
}
