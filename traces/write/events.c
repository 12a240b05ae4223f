#include "traces/write/events.h"

#include "base/vec.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    MAIN_THREAD = 1,
    EVENT_ROOM = 768, /* an event's line without its text */
    /* A known object is its number and its kind; 134 million objects in one trace are enough. */
    KIND_BITS = 5,
    KIND_MASK = (1 << KIND_BITS) - 1,
};
_Static_assert(WEFT_OBJ_COUNT <= 1 << KIND_BITS, "a kind has five bits");
_Static_assert(WEFT_OUT_COUNT <= 8, "an outcome has three bits in a slot");

bool weft_lines_init(struct weft_lines *lines, int fd)
{
    *lines = (struct weft_lines){0};
    weft_arena_init(&lines->arena);
    return weft_sink_init(&lines->sink, fd);
}

void weft_lines_done(struct weft_lines *lines)
{
    weft_sink_done(&lines->sink);
    weft_map_done(&lines->threads);
    weft_map_done(&lines->objects);
    weft_map_done(&lines->sites);
    free(lines->thread_list.at);
    free(lines->object_names.at);
    free(lines->unnamed.at);
    weft_arena_done(&lines->arena);
    weft_names_done(&lines->names);
    weft_watch_done(&lines->watch);
    free(lines->deadlocked.at);
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

/* The place of a thread in thread_list, from 1; 0: it was not met yet. */
static uint32_t place_of(struct weft_lines *lines, uint32_t thread)
{
    if (lines->last_place != 0 && lines->thread_list.at[lines->last_place - 1].number == thread) {
        return lines->last_place;
    }
    const uint32_t *known = weft_map_find(&lines->threads, thread);
    if (known != NULL) {
        lines->last_place = *known;
    }
    return known != NULL ? *known : 0;
}

/*
 * Introduces a thread, or adds the name that was not known when it was introduced.  Its place, 0
 * when there is no memory.
 */
static uint32_t define_thread(struct weft_lines *lines, uint32_t thread, const char *name,
                              size_t len)
{
    uint32_t place = place_of(lines, thread);

    if (place != 0 && (len == 0 || lines->thread_list.at[place - 1].named)) {
        return place;
    }
    if (place == 0) {
        if (!weft_vec_push(&lines->thread_list, (struct weft_line_thread){.number = thread})) {
            return 0;
        }
        place = (uint32_t)lines->thread_list.count;
        (void)weft_map_put(&lines->threads, thread, place);
        if (thread == MAIN_THREAD && len == 0) {
            name = "main";
            len = 4;
        }
    }
    struct weft_line_thread *made = &lines->thread_list.at[place - 1];
    made->named = len > 0;
    made->name = len > 0 ? weft_arena_copy(&lines->arena, name, len) : NULL;
    define(lines, "thread", thread);
    if (len > 0) {
        key_text(lines, "name", name, len);
    }
    end_line(lines);
    return place;
}

/* no memory: it stays without a name */
static void name_later(struct weft_lines *lines, const struct weft_unnamed *unnamed)
{
    if (unnamed->what != WEFT_UNNAMED_OBJECT) {
        weft_names_see(&lines->names, unnamed->address);
    }
    (void)weft_vec_push(&lines->unnamed, *unnamed);
}

static void keep_object_name(struct weft_lines *lines, uint32_t id, const char *name, size_t len)
{
    if (weft_vec_room(&lines->object_names, id)) { /* those before it may have found no room */
        while (lines->object_names.count < id) {
            lines->object_names.at[lines->object_names.count++] = NULL;
        }
        lines->object_names.at[id - 1] = weft_arena_copy(&lines->arena, name, len);
    }
}

/* named: the announcement, NULL: there was none; site: where it was made or first used. */
static void define_object(struct weft_lines *lines, uint64_t address, enum weft_object_kind kind,
                          const struct weft_taken *named, uint64_t site)
{
    const uint32_t id = ++lines->object_count;

    (void)weft_map_put(&lines->objects, address, id << KIND_BITS | (uint32_t)kind);
    define(lines, "object", id);
    weft_sink_text(&lines->sink, ",\"kind\":\"");
    weft_sink_text(&lines->sink, weft_objects[kind].name);
    weft_sink_char(&lines->sink, '"');
    if (named != NULL && named->text != NULL) {
        key_text(lines, "name", named->text, named->text_stored);
        keep_object_name(lines, id, named->text, named->text_stored);
    } else {
        name_later(lines, &(struct weft_unnamed){.address = address,
                                                 .site = site,
                                                 .id = id,
                                                 .what = WEFT_UNNAMED_OBJECT,
                                                 .kind = kind});
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
    const uint32_t id = ++lines->site_count;
    (void)weft_map_put(&lines->sites, address, id);
    define(lines, "site", id);
    end_line(lines);
    name_later(lines,
               &(struct weft_unnamed){.address = address, .id = id, .what = WEFT_UNNAMED_SITE});
    return id;
}

static void name_site(struct weft_lines *lines, const struct weft_unnamed *unnamed)
{
    const struct weft_named_site *named = weft_names_site(&lines->names, unnamed->address);
    struct weft_symbol symbol = named != NULL ? named->symbol : (struct weft_symbol){0};
    char place[WEFT_NAME_ROOM];

    if (symbol.function == NULL && symbol.file == NULL) {
        if (!weft_names_place(&lines->names, unnamed->address, place)) {
            return;
        }
        symbol.function = place;
    }
    define(lines, "site", unnamed->id);
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
}

static void name_object(struct weft_lines *lines, const struct weft_unnamed *unnamed)
{
    char name[WEFT_NAME_ROOM];

    if (weft_names_object(&lines->names, unnamed->address, weft_objects[unnamed->kind].name,
                          unnamed->site, name)) {
        define(lines, "object", unnamed->id);
        key_text(lines, "name", name, strlen(name));
        end_line(lines);
        keep_object_name(lines, unnamed->id, name, strlen(name));
    }
}

void weft_lines_name(struct weft_lines *lines)
{
    char name[WEFT_NAME_ROOM];

    for (size_t i = 0; i < lines->unnamed.count; i++) {
        const struct weft_unnamed *unnamed = &lines->unnamed.at[i];
        switch (unnamed->what) {
        case WEFT_UNNAMED_SITE:
            name_site(lines, unnamed);
            break;
        case WEFT_UNNAMED_OBJECT:
            name_object(lines, unnamed);
            break;
        case WEFT_UNNAMED_THREAD:
            if (weft_names_function(&lines->names, unnamed->address, name)) {
                (void)define_thread(lines, unnamed->id, name, strlen(name));
            }
            break;
        }
    }
    lines->unnamed.count = 0;
}

/* The line of an event is written by hand into the sink's buffer: it is what there is most of. */
static char *add(char *at, const char *text, size_t len)
{
    memcpy(at, text, len);
    return at + len;
}

#define ADD(at, literal) add((at), literal, sizeof(literal) - 1)

static char *add_text(char *at, const char *text)
{
    return add(at, text, strlen(text));
}

static char *add_u64(char *at, uint64_t value)
{
    static const char pairs[] = "00010203040506070809101112131415161718192021222324"
                                "25262728293031323334353637383940414243444546474849"
                                "50515253545556575859606162636465666768697071727374"
                                "75767778798081828384858687888990919293949596979899";
    char digits[20];
    size_t first = sizeof digits;

    while (value >= 100) {
        first -= 2;
        memcpy(digits + first, pairs + value % 100 * 2, 2);
        value /= 100;
    }
    if (value >= 10) {
        first -= 2;
        memcpy(digits + first, pairs + value * 2, 2);
    } else {
        digits[--first] = (char)('0' + value);
    }
    return add(at, digits + first, sizeof digits - first);
}

static char *add_i64(char *at, int64_t value)
{
    if (value < 0) {
        *at++ = '-';
        return add_u64(at, -(uint64_t)value);
    }
    return add_u64(at, (uint64_t)value);
}

static char *add_argument(char *at, enum weft_arg arg, int64_t value, uint32_t with_object)
{
    const struct weft_arg_info *info = &weft_args[arg];

    if (arg == WEFT_ARG_NONE || (info->type == WEFT_ARG_TYPE_NS && value < 0)) {
        return at; /* a time-out of -1 is "none" */
    }
    at = ADD(at, ",\"");
    at = add_text(at, info->name);
    at = ADD(at, "\":");
    if (info->type == WEFT_ARG_TYPE_QUESTION) {
        const size_t asked = value > 0 && value < WEFT_ASK_COUNT ? (size_t)value : 0;
        at = ADD(at, "\"");
        at = add_text(at, weft_questions[asked].name);
        return ADD(at, "\"");
    }
    return add_i64(at, info->type == WEFT_ARG_TYPE_OBJECT ? with_object : value);
}

/* A question is about a thread when it asks whether that is alive. */
static bool is_about_thread(const struct weft_event_info *info, const struct weft_taken *taken)
{
    return info->family == WEFT_FAMILY_THREAD ||
           (info->family == WEFT_FAMILY_ANY && taken->has_args &&
            info->first == WEFT_ARG_QUESTION && taken->first == WEFT_ASK_IS_ALIVE);
}

/* What an event is about, in the trace's numbers. */
struct about {
    uint32_t thread; /* its place in thread_list */
    uint32_t target; /* likewise, 0: none */
    uint32_t object;
    uint32_t with;
    uint32_t site;
    uint32_t callers; /* in lines->stack */
};

/* The callers that were recorded for this very wait. */
static uint32_t take_stack(struct weft_lines *lines, struct weft_line_stack *stack,
                           const struct weft_taken *taken)
{
    const bool is_wait =
        weft_events[taken->kind].phase == WEFT_PHASE_BEGIN || taken->kind == WEFT_EV_CALL_END;
    const uint32_t count = stack->count;

    if (!is_wait || count == 0 || stack->site != taken->site) {
        return 0;
    }
    for (uint32_t i = 0; i < count; i++) {
        lines->stack[i] = site_of(lines, stack->at[i]);
    }
    stack->count = 0;
    return count;
}

/* Introduces whatever the event needs; false: no memory. */
static bool define_about(struct weft_lines *lines, uint32_t thread, const struct weft_taken *taken,
                         struct about *about)
{
    const struct weft_event_info *info = &weft_events[taken->kind];

    *about = (struct about){.thread = define_thread(lines, thread, NULL, 0)};
    if (is_about_thread(info, taken)) {
        about->target =
            define_thread(lines, (uint32_t)taken->object, taken->text, taken->text_stored);
        if (taken->kind == WEFT_EV_THREAD_CREATE && taken->text == NULL && taken->second != 0) {
            name_later(lines, &(struct weft_unnamed){.address = (uint64_t)taken->second,
                                                     .id = (uint32_t)taken->object,
                                                     .what = WEFT_UNNAMED_THREAD});
        }
    } else if (taken->object != 0) {
        about->object = object_of(lines, taken->object, (enum weft_family)info->family,
                                  taken->object_kind, taken->site);
    }
    if (taken->has_args && info->second == WEFT_ARG_WITH && taken->second != 0) {
        /* Without a site: what stands there first is the condition. */
        about->with = object_of(lines, (uint64_t)taken->second, WEFT_FAMILY_LOCK, WEFT_OBJ_NONE, 0);
    }
    if (taken->site != 0) {
        about->site = site_of(lines, taken->site);
    }
    if (about->thread == 0) {
        return false;
    }
    struct weft_line_stack *stack = lines->thread_list.at[about->thread - 1].stack;
    if (stack != NULL) {
        about->callers = take_stack(lines, stack, taken);
    }
    return true;
}

static char *add_stack(char *at, const uint32_t *sites, uint32_t count)
{
    at = ADD(at, ",\"stack\":[");
    for (uint32_t i = 0; i < count; i++) {
        at = i > 0 ? ADD(at, ",") : at;
        at = add_u64(at, sites[i]);
    }
    return ADD(at, "]");
}

static char *add_event(const struct weft_lines *lines, char *at, uint64_t t_ns,
                       const struct weft_taken *taken, const struct about *about)
{
    const struct weft_event_info *info = &weft_events[taken->kind];

    at = ADD(at, "{\"t\":");
    at = add_u64(at, t_ns);
    at = ADD(at, ",\"thread\":");
    at = add_u64(at, lines->thread_list.at[about->thread - 1].number);
    at = ADD(at, ",\"event\":\"");
    at = add_text(at, info->name);
    if (about->object != 0) {
        at = ADD(at, "\",\"object\":");
        at = add_u64(at, about->object);
    } else if (about->target != 0) {
        at = ADD(at, "\",\"target\":");
        at = add_u64(at, lines->thread_list.at[about->target - 1].number);
    } else {
        at = ADD(at, "\"");
    }
    if (about->site != 0) {
        at = ADD(at, ",\"site\":");
        at = add_u64(at, about->site);
    }
    if (about->callers != 0) {
        at = add_stack(at, lines->stack, about->callers);
    }
    if (taken->outcome != WEFT_OUT_OK) {
        at = ADD(at, ",\"outcome\":\"");
        at = add_text(at, weft_outcomes[taken->outcome]);
        at = ADD(at, "\"");
    }
    if (taken->has_args) {
        at = add_argument(at, (enum weft_arg)info->first, taken->first, about->with);
        if (info->second != WEFT_ARG_WITH || about->with != 0) {
            at = add_argument(at, (enum weft_arg)info->second, taken->second, about->with);
        }
    }
    return at;
}

static void put_text(struct weft_lines *lines, const struct weft_taken *taken)
{
    const struct weft_event_info *info = &weft_events[taken->kind];

    if (info->text != WEFT_TEXT_NONE && taken->text != NULL) {
        key_text(lines, weft_texts[info->text], taken->text, taken->text_stored);
        if (taken->text_stored < taken->text_bytes) {
            key_number(lines, "cut", taken->text_bytes);
        }
    } else if (taken->kind == WEFT_EV_PRINT) {
        key_text(lines, "text", "", 0); /* an empty line was printed, too */
    }
}

static void watch(struct weft_lines *lines, uint64_t t_ns, const struct weft_taken *taken,
                  const struct about *about)
{
    const struct weft_event_info *info = &weft_events[taken->kind];

    weft_watch_event(
        &lines->watch,
        &(struct weft_watched_event){
            .kind = taken->kind,
            .outcome = taken->outcome,
            .object_kind = taken->object_kind,
            .thread = about->thread,
            .object = about->object,
            .target = about->target,
            .with = about->with,
            .timed = taken->has_args && info->first == WEFT_ARG_TIMEOUT && taken->first >= 0,
            .t_ns = t_ns,
            .site = taken->site,
        });
}

/* The last wait that a thread began, for one who tells why nobody goes on. */
static void keep_wait(struct weft_lines *lines, const struct weft_taken *taken,
                      const struct about *about)
{
    struct weft_line_thread *thread = &lines->thread_list.at[about->thread - 1];

    if (taken->kind == WEFT_EV_CHOICE) {
        return;
    }
    thread->ended |= taken->kind == WEFT_EV_THREAD_EXIT;
    thread->waits.kind =
        weft_events[taken->kind].phase == WEFT_PHASE_BEGIN ? taken->kind : WEFT_EV_NONE;
    thread->waits.object = about->object;
    thread->waits.target = about->target;
    thread->waits.site = taken->site;
}

static void put_event(struct weft_lines *lines, uint32_t thread, uint64_t t_ns,
                      const struct weft_taken *taken)
{
    struct about about;

    if (!define_about(lines, thread, taken, &about)) {
        return;
    }
    if (t_ns < lines->last_ns) {
        lines->late++;
        t_ns = lines->last_ns;
    }
    lines->last_ns = t_ns;
    lines->events++;
    char *at = weft_sink_room(&lines->sink, EVENT_ROOM);
    if (at != NULL) {
        at = add_event(lines, at, t_ns, taken, &about);
        if (taken->has_args) {
            weft_sink_took(&lines->sink, at);
            put_text(lines, taken);
            end_line(lines);
        } else {
            weft_sink_took(&lines->sink, ADD(at, "}\n"));
        }
    }
    watch(lines, t_ns, taken, &about);
    keep_wait(lines, taken, &about);
    if (taken->kind == WEFT_EV_OBJECT_DESTROY) {
        (void)weft_map_put(&lines->objects, taken->object, 0);
    } else if (taken->kind == WEFT_EV_PROCESS_EXEC) { /* addresses mean other things now */
        weft_map_done(&lines->objects);
        weft_map_done(&lines->sites);
        weft_watch_done(&lines->watch);
        lines->deadlocked.count = 0;
    } else if (taken->kind == WEFT_EV_THREAD_NAME && about.target != 0 && taken->text != NULL) {
        const char *name = weft_arena_copy(&lines->arena, taken->text, taken->text_stored);
        lines->thread_list.at[about.target - 1].name = name;
    }
}

void weft_lines_know(struct weft_lines *lines, const struct weft_taken *taken)
{
    const uint32_t thread = (uint32_t)taken->object;
    const uint32_t place = define_thread(lines, thread, taken->text, taken->text_stored);

    if (place == 0) {
        return;
    }
    if (taken->text == NULL && taken->second != 0) {
        name_later(lines, &(struct weft_unnamed){.address = (uint64_t)taken->second,
                                                 .id = thread,
                                                 .what = WEFT_UNNAMED_THREAD});
    }
}

bool weft_lines_has_ended(struct weft_lines *lines, uint32_t thread)
{
    const uint32_t place = place_of(lines, thread);

    return place != 0 && lines->thread_list.at[place - 1].ended;
}

/* It lived before the trace, so that it does not start there. */
static void put_before(struct weft_lines *lines, uint32_t thread, uint64_t t_ns,
                       const struct weft_taken *taken)
{
    const uint32_t place = define_thread(lines, thread, NULL, 0);

    if (place != 0) {
        lines->thread_list.at[place - 1].started = true;
        put_event(lines, thread, t_ns, taken);
    }
}

static void put_attach(struct weft_lines *lines, uint64_t t_ns, const struct weft_taken *taken)
{
    const uint32_t thread = (uint32_t)taken->object;
    const struct weft_taken start = {/* Without the kernel's number where runs are to be alike. */
                                     .kind = WEFT_EV_THREAD_START,
                                     .has_args = taken->first != 0,
                                     .first = taken->first};
    const uint32_t place = define_thread(lines, thread, NULL, 0);

    if (place == 0 || lines->thread_list.at[place - 1].started) {
        return; /* it comes back to a lane */
    }
    lines->thread_list.at[place - 1].started = true;
    put_event(lines, thread, t_ns, &start);
}

static void put_stack(struct weft_lines *lines, uint32_t thread, const struct weft_taken *taken)
{
    const uint32_t place = define_thread(lines, thread, NULL, 0);
    const uint32_t count = taken->text != NULL ? taken->text_stored / sizeof(uint64_t) : 0;

    if (place == 0 || count == 0 || count > WEFT_STACK_MAX) {
        return;
    }
    struct weft_line_thread *of = &lines->thread_list.at[place - 1];
    if (of->stack == NULL) {
        of->stack = weft_arena_get(&lines->arena, sizeof *of->stack);
    }
    if (of->stack != NULL) {
        of->stack->site = taken->site;
        of->stack->count = count;
        memcpy(of->stack->at, taken->text, count * sizeof(uint64_t));
    }
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
            define_object(lines, taken->object, (enum weft_object_kind)taken->first, taken,
                          taken->site);
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
    case WEFT_EV_BEFORE:
        put_before(lines, thread, t_ns, taken);
        break;
    case WEFT_EV_STACK:
        put_stack(lines, thread, taken);
        break;
    default:
        put_event(lines, thread, t_ns, taken);
        break;
    }
}

/* Text of any length that is cut at the end of its room. */
struct told {
    char *at;
    size_t used, room;
};

static void tell(struct told *told, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void tell(struct told *told, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    const int len = vsnprintf(told->at + told->used, told->room - told->used, format, args);
    va_end(args);
    if (len > 0) {
        const size_t left = told->room - told->used - 1;
        told->used += (size_t)len < left ? (size_t)len : left;
    }
}

static void tell_thread(struct told *told, const struct weft_lines *lines, uint32_t place)
{
    const struct weft_line_thread *thread = &lines->thread_list.at[place - 1];

    tell(told, "thread %u", thread->number);
    if (thread->name != NULL) {
        tell(told, " (%s)", thread->name);
    }
}

static void tell_object(struct told *told, const struct weft_lines *lines, uint32_t object)
{
    const char *name =
        object <= lines->object_names.count ? lines->object_names.at[object - 1] : NULL;
    if (name != NULL) {
        tell(told, "%s", name);
    } else {
        tell(told, "object %u", object);
    }
}

static void tell_site(struct told *told, struct weft_lines *lines, uint64_t address)
{
    const struct weft_named_site *site =
        address != 0 ? weft_names_site(&lines->names, address) : NULL;

    if (site == NULL || site->symbol.function == NULL) {
        return;
    }
    tell(told, " in %s", site->symbol.function);
    if (site->symbol.file != NULL) {
        const char *slash = strrchr(site->symbol.file, '/');
        tell(told, " (%s:%d)", slash != NULL ? slash + 1 : site->symbol.file, site->symbol.line);
    }
}

/* "thread 2 (worker) waits for b in work (bank.c:41), held by thread 3 since …" */
static void tell_wait(struct told *told, struct weft_lines *lines, uint32_t place, uint32_t holder)
{
    const struct weft_watched_thread *waits = &lines->watch.threads.at[place];

    tell(told, "\n  ");
    tell_thread(told, lines, place);
    if (waits->target != 0) {
        tell(told, " waits for the end of ");
        tell_thread(told, lines, waits->target);
        tell_site(told, lines, waits->site);
        return;
    }
    tell(told, " waits for ");
    tell_object(told, lines, waits->object);
    tell_site(told, lines, waits->site);
    tell(told, ", which ");
    tell_thread(told, lines, holder);
    tell(told, " has acquired");
    tell_site(told, lines, lines->watch.objects.at[waits->object].site);
}

/* A thread in a cycle stays there, and is in no other. */
static bool was_told(const struct weft_lines *lines, uint32_t thread)
{
    for (size_t i = 0; i < lines->deadlocked.count; i++) {
        if (lines->deadlocked.at[i] == thread) {
            return true;
        }
    }
    return false;
}

static void tell_deadlock(struct told *told, uint32_t threads)
{
    if (threads == 1) {
        tell(told, "deadlock: a thread waits for itself");
    } else {
        tell(told, "deadlock: %u threads wait for each other", threads);
    }
}

bool weft_lines_deadlock(struct weft_lines *lines, uint64_t t_ns, char *text, size_t room)
{
    struct told told = {.at = text, .room = room};
    struct weft_cycle cycle;

    do {
        if (!weft_watch_look(&lines->watch, t_ns, &cycle)) {
            return false;
        }
    } while (was_told(lines, lines->thread_list.at[cycle.threads[0] - 1].number));
    for (uint32_t i = 0; i < cycle.count; i++) {
        (void)weft_vec_push(&lines->deadlocked, lines->thread_list.at[cycle.threads[i] - 1].number);
    }
    weft_lines_name(lines);
    tell_deadlock(&told, cycle.count);
    for (uint32_t i = 0; i < cycle.count; i++) {
        tell_wait(&told, lines, cycle.threads[i], cycle.threads[(i + 1) % cycle.count]);
    }
    return true;
}

/* Its events may not have been read yet. */
static void tell_stuck_thread(struct told *told, struct weft_lines *lines, uint32_t thread)
{
    const uint32_t place = place_of(lines, thread);

    if (place != 0) {
        tell_thread(told, lines, place);
    } else {
        tell(told, "thread %u", thread);
    }
}

static void tell_stuck_object(struct told *told, struct weft_lines *lines,
                              const struct weft_stuck_wait *wait)
{
    const uint32_t *known = weft_map_find(&lines->objects, wait->object);
    char name[WEFT_NAME_ROOM];

    if (known != NULL && *known != 0 && *known >> 5 <= lines->object_names.count &&
        lines->object_names.at[(*known >> 5) - 1] != NULL) {
        tell(told, "%s", lines->object_names.at[(*known >> 5) - 1]);
    } else if (weft_names_object(&lines->names, wait->object, weft_objects[wait->kind].name,
                                 wait->site, name)) {
        tell(told, "%s", name);
    } else {
        tell(told, "the %s at 0x%llx", weft_objects[wait->kind].name,
             (unsigned long long)wait->object);
    }
}

bool weft_lines_stuck_cycle(struct weft_lines *lines, const struct weft_stuck_cycle *cycle,
                            char *text, size_t room)
{
    struct told told = {.at = text, .room = room};

    if (was_told(lines, cycle->waits[0].thread)) {
        return false;
    }
    for (uint32_t i = 0; i < cycle->count; i++) {
        (void)weft_vec_push(&lines->deadlocked, cycle->waits[i].thread);
    }
    weft_lines_name(lines);
    tell_deadlock(&told, cycle->count);
    for (uint32_t i = 0; i < cycle->count; i++) {
        const struct weft_stuck_wait *wait = &cycle->waits[i];
        tell(&told, "\n  ");
        tell_stuck_thread(&told, lines, wait->thread);
        tell(&told, " waits for ");
        tell_stuck_object(&told, lines, wait);
        tell_site(&told, lines, wait->site);
        tell(&told, ", which ");
        tell_stuck_thread(&told, lines, cycle->waits[(i + 1) % cycle->count].thread);
        tell(&told, " has acquired");
        tell_site(&told, lines, wait->held_site);
    }
    return true;
}

void weft_lines_stuck(struct weft_lines *lines, char *text, size_t room)
{
    struct told told = {.at = text, .room = room};

    weft_lines_name(lines);
    tell(&told, "deadlock: no thread can ever go on");
    for (uint32_t place = 1; place <= lines->thread_list.count; place++) {
        const struct weft_line_thread *thread = &lines->thread_list.at[place - 1];
        if (thread->ended || thread->waits.kind == WEFT_EV_NONE) {
            continue;
        }
        tell(&told, "\n  ");
        tell_thread(&told, lines, place);
        tell(&told, " %s", weft_events[thread->waits.kind].words);
        if (thread->waits.target != 0) {
            tell(&told, " ");
            tell_thread(&told, lines, thread->waits.target);
        } else if (thread->waits.object != 0) {
            tell(&told, " ");
            tell_object(&told, lines, thread->waits.object);
        }
        tell_site(&told, lines, thread->waits.site);
    }
}
