#include "traces/write/events.h"

#include <string.h>

enum {
    THREAD_NAMED = 1,
    THREAD_STARTED = 2,
    MAIN_THREAD = 1,
    /* A known object is its number and its kind; 134 million objects in one trace are enough. */
    KIND_BITS = 5,
    KIND_MASK = (1 << KIND_BITS) - 1,
};
_Static_assert(WEFT_OBJ_COUNT <= 1 << KIND_BITS, "a kind has five bits");
_Static_assert(WEFT_OUT_COUNT <= 8, "an outcome has three bits in a slot");

bool weft_lines_init(struct weft_lines *lines, int fd)
{
    *lines = (struct weft_lines){0};
    return weft_sink_init(&lines->sink, fd);
}

void weft_lines_done(struct weft_lines *lines)
{
    weft_sink_done(&lines->sink);
    weft_map_done(&lines->threads);
    weft_map_done(&lines->objects);
    weft_map_done(&lines->sites);
    weft_names_done(&lines->names);
    *lines = (struct weft_lines){0};
}

static void key_text(struct weft_lines *lines, const char *key, const char *text, size_t len)
{
    weft_sink_text(&lines->sink, ",\"");
    weft_sink_text(&lines->sink, key);
    weft_sink_text(&lines->sink, "\":");
    weft_sink_json(&lines->sink, text, len);
}

static void key_number(struct weft_lines *lines, const char *key, int64_t value)
{
    weft_sink_text(&lines->sink, ",\"");
    weft_sink_text(&lines->sink, key);
    weft_sink_text(&lines->sink, "\":");
    weft_sink_i64(&lines->sink, value);
}

static void define(struct weft_lines *lines, const char *what, uint32_t id)
{
    weft_sink_text(&lines->sink, "{\"define\":\"");
    weft_sink_text(&lines->sink, what);
    weft_sink_text(&lines->sink, "\",\"id\":");
    weft_sink_u64(&lines->sink, id);
}

static void end_line(struct weft_lines *lines)
{
    weft_sink_text(&lines->sink, "}\n");
}

/* Introduces a thread, or adds the name that was not known when it was introduced. */
static void define_thread(struct weft_lines *lines, uint32_t thread, const char *name, size_t len)
{
    uint32_t *known = weft_map_find(&lines->threads, thread);

    if (known != NULL && ((*known & THREAD_NAMED) != 0 || len == 0)) {
        return;
    }
    if (known == NULL && thread == MAIN_THREAD && len == 0) {
        name = "main";
        len = 4;
    }
    lines->thread_count += known == NULL;
    (void)weft_map_put(&lines->threads, thread,
                       (known != NULL ? *known : 0) | (len > 0 ? THREAD_NAMED : 0));
    define(lines, "thread", thread);
    if (len > 0) {
        key_text(lines, "name", name, len);
    }
    end_line(lines);
}

/* named: the announcement; NULL: there was none, and `site` is where it was first used. */
static void define_object(struct weft_lines *lines, uint64_t address, enum weft_object_kind kind,
                          const struct weft_taken *named, uint64_t site)
{
    const uint32_t id = ++lines->object_count;
    char name[WEFT_NAME_ROOM];

    (void)weft_map_put(&lines->objects, address, id << KIND_BITS | (uint32_t)kind);
    define(lines, "object", id);
    weft_sink_text(&lines->sink, ",\"kind\":\"");
    weft_sink_text(&lines->sink, weft_objects[kind].name);
    weft_sink_char(&lines->sink, '"');
    if (named != NULL && named->text != NULL) {
        key_text(lines, "name", named->text, named->text_stored);
    } else if (named == NULL &&
               weft_names_object(&lines->names, address, weft_objects[kind].name, site, name)) {
        key_text(lines, "name", name, strlen(name));
    }
    if (named != NULL && named->second > 0) {
        key_number(lines, "capacity", named->second);
    }
    end_line(lines);
}

/* The first kind of a family stands for an object that was never introduced. */
static enum weft_object_kind kind_of_family(enum weft_family family)
{
    for (int kind = 1; kind < WEFT_OBJ_COUNT; kind++) {
        if (weft_objects[kind].family == family) {
            return (enum weft_object_kind)kind;
        }
    }
    return WEFT_OBJ_LOCK;
}

/*
 * An address is another object when an event says another kind or another family of it: what was
 * there has been freed.  (Two of one kind in turn at one address look like one, unless the first
 * was destroyed.)
 */
static uint32_t object_of(struct weft_lines *lines, uint64_t address, enum weft_family family,
                          enum weft_object_kind kind, uint64_t site)
{
    const uint32_t *known = weft_map_find(&lines->objects, address);
    const enum weft_object_kind was = known != NULL ? *known & KIND_MASK : WEFT_OBJ_NONE;
    const bool fits = family == WEFT_FAMILY_ANY || weft_objects[was].family == family;

    if (was != WEFT_OBJ_NONE && fits && (kind == WEFT_OBJ_NONE || kind == was)) {
        return *known >> KIND_BITS;
    }
    define_object(lines, address, kind != WEFT_OBJ_NONE ? kind : kind_of_family(family), NULL,
                  site);
    return lines->object_count;
}

static uint32_t site_of(struct weft_lines *lines, uint64_t address)
{
    const uint32_t *known = weft_map_find(&lines->sites, address);

    if (known != NULL) {
        return *known;
    }
    const struct weft_named_site *named = weft_names_site(&lines->names, address);
    const struct weft_symbol symbol = named != NULL ? named->symbol : (struct weft_symbol){0};
    const uint32_t id = ++lines->site_count;
    (void)weft_map_put(&lines->sites, address, id);
    define(lines, "site", id);
    if (symbol.function != NULL) {
        key_text(lines, "function", symbol.function, strlen(symbol.function));
    }
    if (symbol.file != NULL) {
        key_text(lines, "file", symbol.file, strlen(symbol.file));
    }
    if (symbol.line > 0) {
        key_number(lines, "line", symbol.line);
    }
    end_line(lines);
    return id;
}

static void put_argument(struct weft_lines *lines, enum weft_arg arg, int64_t value,
                         uint32_t with_object)
{
    const struct weft_arg_info *info = &weft_args[arg];

    if (arg == WEFT_ARG_NONE || (info->type == WEFT_ARG_TYPE_NS && value < 0)) {
        return; /* a time-out of -1 is "none" */
    }
    if (info->type == WEFT_ARG_TYPE_QUESTION) {
        const size_t asked = value > 0 && value < WEFT_ASK_COUNT ? (size_t)value : 0;
        key_text(lines, info->name, weft_questions[asked].name, strlen(weft_questions[asked].name));
    } else {
        key_number(lines, info->name, info->type == WEFT_ARG_TYPE_OBJECT ? with_object : value);
    }
}

/* A question is about a thread when it asks whether that is alive. */
static bool is_about_thread(const struct weft_event_info *info, const struct weft_taken *taken)
{
    return info->family == WEFT_FAMILY_THREAD ||
           (info->family == WEFT_FAMILY_ANY && taken->has_args &&
            info->first == WEFT_ARG_QUESTION && taken->first == WEFT_ASK_IS_ALIVE);
}

static void put_event(struct weft_lines *lines, uint32_t thread, uint64_t t_ns,
                      const struct weft_taken *taken)
{
    const struct weft_event_info *info = &weft_events[taken->kind];
    const bool about_thread = is_about_thread(info, taken);
    const char *about = about_thread ? "target" : "object";
    uint32_t object = 0, with = 0, site = 0;

    define_thread(lines, thread, NULL, 0);
    if (about_thread) {
        char routine[WEFT_NAME_ROOM];
        object = (uint32_t)taken->object;
        if (taken->kind == WEFT_EV_THREAD_CREATE && taken->text == NULL &&
            weft_names_function(&lines->names, (uint64_t)taken->second, routine)) {
            define_thread(lines, object, routine, strlen(routine));
        } else {
            define_thread(lines, object, taken->text, taken->text_stored);
        }
    } else if (taken->object != 0) {
        object = object_of(lines, taken->object, (enum weft_family)info->family, taken->object_kind,
                           taken->site);
    }
    if (taken->has_args && (info->second == WEFT_ARG_WITH) && taken->second != 0) {
        with =
            object_of(lines, (uint64_t)taken->second, WEFT_FAMILY_LOCK, WEFT_OBJ_NONE, taken->site);
    }
    if (taken->site != 0) {
        site = site_of(lines, taken->site);
    }
    if (t_ns < lines->last_ns) {
        lines->late++;
        t_ns = lines->last_ns;
    }
    lines->last_ns = t_ns;
    lines->events++;

    weft_sink_text(&lines->sink, "{\"t\":");
    weft_sink_u64(&lines->sink, t_ns);
    key_number(lines, "thread", thread);
    key_text(lines, "event", info->name, strlen(info->name));
    if (object != 0) {
        key_number(lines, about, object);
    }
    if (site != 0) {
        key_number(lines, "site", site);
    }
    if (taken->outcome != WEFT_OUT_OK) {
        key_text(lines, "outcome", weft_outcomes[taken->outcome],
                 strlen(weft_outcomes[taken->outcome]));
    }
    if (taken->has_args) {
        put_argument(lines, (enum weft_arg)info->first, taken->first, with);
        if (info->second != WEFT_ARG_WITH || with != 0) {
            put_argument(lines, (enum weft_arg)info->second, taken->second, with);
        }
        if (info->text != WEFT_TEXT_NONE && taken->text != NULL) {
            key_text(lines, weft_texts[info->text], taken->text, taken->text_stored);
            if (taken->text_stored < taken->text_bytes) {
                key_number(lines, "cut", taken->text_bytes);
            }
        } else if (taken->kind == WEFT_EV_PRINT) {
            key_text(lines, "text", "", 0); /* an empty line was printed, too */
        }
    }
    end_line(lines);
    if (taken->kind == WEFT_EV_OBJECT_DESTROY) {
        (void)weft_map_put(&lines->objects, taken->object, 0);
    }
}

static void put_attach(struct weft_lines *lines, uint64_t t_ns, const struct weft_taken *taken)
{
    const uint32_t thread = (uint32_t)taken->object;
    const struct weft_taken start = {
        .kind = WEFT_EV_THREAD_START, .has_args = true, .first = taken->first};

    define_thread(lines, thread, NULL, 0);
    uint32_t *known = weft_map_find(&lines->threads, thread);
    if (known == NULL || (*known & THREAD_STARTED) != 0) {
        return; /* it comes back to a lane */
    }
    *known |= THREAD_STARTED;
    put_event(lines, thread, t_ns, &start);
}

void weft_lines_put(struct weft_lines *lines, uint32_t thread, uint64_t t_ns,
                    const struct weft_taken *taken)
{
    switch (taken->kind) {
    case WEFT_EV_ATTACH:
        put_attach(lines, t_ns, taken);
        break;
    case WEFT_EV_OBJECT_NEW:
        if (taken->first > 0 && taken->first < WEFT_OBJ_COUNT) {
            define_object(lines, taken->object, (enum weft_object_kind)taken->first, taken, 0);
        }
        break;
    case WEFT_EV_OBJECT_NAME: {
        const uint32_t *known = weft_map_find(&lines->objects, taken->object);
        if (known != NULL && *known != 0 && taken->text != NULL) {
            define(lines, "object", *known >> KIND_BITS);
            key_text(lines, "name", taken->text, taken->text_stored);
            end_line(lines);
        }
        break;
    }
    default:
        put_event(lines, thread, t_ns, taken);
        break;
    }
}
