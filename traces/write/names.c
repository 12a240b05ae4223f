#include "traces/write/names.h"

#include "base/hash.h"
#include "base/vec.h"
#include "traces/format/clock.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    LOOK_GAP_MIN_NS = 4 * 1000 * 1000,    /* most libraries are loaded soon after the start */
    LOOK_GAP_MAX_NS = 1000 * 1000 * 1000, /* a look costs some 50 µs */
    MAPS_MAX = 16 * 1024 * 1024,
    LINE_ROOM = 1024, /* of source */
    ARGUMENT_MAX = 80,
};

void weft_names_done(struct weft_names *names)
{
    weft_symbols_free(names->symbols);
    weft_map_done(&names->index);
    weft_map_done(&names->uses);
    free(names->sites.at);
    weft_arena_done(&names->arena);
    free(names->fresh);
    *names = (struct weft_names){0};
}

/* Of the lines that name a file: heaps and stacks come and go. */
static uint64_t hash_of(const char *maps, size_t len)
{
    uint64_t hash = WEFT_HASH_START;

    for (size_t at = 0; at < len;) {
        const char *end = memchr(maps + at, '\n', len - at);
        const size_t line = end != NULL ? (size_t)(end - maps) + 1 - at : len - at;
        if (memchr(maps + at, '/', line) != NULL) {
            hash = weft_hash_bytes(hash, maps + at, line);
        }
        at += line;
    }
    return hash;
}

/* False: they are those that were taken last. */
static bool take_maps(struct weft_names *names, const char *maps, size_t len)
{
    const uint64_t hash = hash_of(maps, len);

    if (len == 0 || hash == names->maps_hash || names->symbols == NULL) {
        return false;
    }
    names->maps_hash = hash;
    weft_symbols_add_maps(names->symbols, maps, len);
    return true;
}

void weft_names_open(struct weft_names *names, uint32_t pid)
{
    names->pid = pid;
    names->symbols = weft_symbols_new();
    names->look_gap_ns = LOOK_GAP_MIN_NS;
    weft_arena_init(&names->arena);
}

void weft_names_add_maps(struct weft_names *names, const char *maps, size_t len)
{
    (void)take_maps(names, maps, len);
}

struct maps_text {
    char *at;
    size_t count, room;
};

/* The whole of /proc/PID/maps, or nothing: an ended program has none.  at is to be freed. */
static struct maps_text read_maps(uint32_t pid)
{
    struct maps_text maps = {0};
    char path[64];
    ssize_t got = 0;

    (void)snprintf(path, sizeof path, "/proc/%u/maps", pid);
    const int fd = pid != 0 ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (fd < 0) {
        return maps;
    }
    while (maps.count < MAPS_MAX && weft_vec_room(&maps, maps.count + 65536) &&
           (got = read(fd, maps.at + maps.count, 65536)) > 0) {
        maps.count += (size_t)got;
    }
    (void)close(fd);
    return maps;
}

static void look(struct weft_names *names)
{
    struct maps_text maps = read_maps(names->pid);

    if (take_maps(names, maps.at, maps.count)) {
        free(names->fresh);
        names->fresh = maps.at;
        names->fresh_len = maps.count;
    } else {
        free(maps.at);
    }
}

bool weft_names_maps_hold(uint32_t pid, const char *path)
{
    struct maps_text maps = read_maps(pid);
    bool found = false;

    for (size_t at = 0; !found && at < maps.count;) {
        const char *line = maps.at + at;
        const char *end = memchr(line, '\n', maps.count - at);
        const size_t len = end != NULL ? (size_t)(end - line) : maps.count - at;
        found = len >= strlen(path) && memcmp(line + len - strlen(path), path, strlen(path)) == 0;
        at += len + 1;
    }
    free(maps.at);
    return found;
}

bool weft_names_refresh(struct weft_names *names, const char **maps, size_t *len)
{
    const uint64_t now = weft_clock_monotonic();

    if (names->symbols != NULL && names->pid != 0 && now >= names->next_look_ns) {
        look(names);
        names->next_look_ns = now + names->look_gap_ns;
        if (names->look_gap_ns < LOOK_GAP_MAX_NS) {
            names->look_gap_ns *= 2;
        }
    }
    *maps = names->fresh;
    *len = names->fresh_len;
    names->fresh_len = 0;
    return *len > 0;
}

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

/* Length of the first argument of a call whose "(" stands before text; 0: it is not whole. */
static size_t argument_len(const char *text)
{
    int depth = 0;

    for (size_t i = 0; text[i] != '\0' && text[i] != ';'; i++) {
        const char c = text[i];
        if (depth == 0 && (c == ',' || c == ')' || c == '}')) {
            return i;
        }
        depth += c == '(' || c == '[' || c == '{';
        depth -= c == ')' || c == ']' || c == '}';
    }
    return 0;
}

/* "q->mutex" of "q->mutex.lock(": what stands before the last point or arrow, and how long. */
static size_t receiver_len(const char *line, const char *call, const char **from)
{
    const char *end = call;

    while (end > line && is_word(end[-1])) {
        end--;
    }
    if (end > line && end[-1] == '.') {
        end--;
    } else if (end > line + 1 && end[-1] == '>' && end[-2] == '-') {
        end -= 2;
    } else {
        return 0;
    }
    *from = end;
    while (*from > line && (is_word((*from)[-1]) || strchr(".->[]", (*from)[-1]) != NULL)) {
        (*from)--;
    }
    return (size_t)(end - *from);
}

static bool has_any(const char *text, size_t len, const char *const *words, size_t count)
{
    char lower[LINE_ROOM];

    len = len < sizeof lower - 1 ? len : sizeof lower - 1;
    for (size_t i = 0; i < len; i++) {
        lower[i] = (char)tolower((unsigned char)text[i]);
    }
    lower[len] = '\0';
    for (size_t i = 0; i < count; i++) {
        if (strstr(lower, words[i]) != NULL) {
            return true;
        }
    }
    return false;
}

/* Is what stands before `open` a call that waits or wakes, or a guard that is being made? */
static bool is_our_call(const char *line, const char *open)
{
    static const char *const verbs[] = {"lock", "wait",    "signal",  "broadcast", "post",
                                        "init", "acquire", "release", "notify",    "once"};
    static const char *const guards[] = {"lock_guard", "unique_lock", "scoped_lock", "shared_lock"};
    const char *word = open, *statement;

    while (word > line && is_word(word[-1])) {
        word--;
    }
    statement = word;
    while (statement > line && statement[-1] != ';' && statement[-1] != '{') {
        statement--;
    }
    return has_any(word, (size_t)(open - word), verbs, sizeof verbs / sizeof *verbs) ||
           has_any(statement, (size_t)(word - statement), guards, sizeof guards / sizeof *guards);
}

/*
 * What a line of source does something to: "&q->lock" in pthread_mutex_lock(&q->lock), "mu_" in
 * std::lock_guard<std::mutex> g(mu_) and in mu_.lock().  0: to nothing, or to several things, of
 * which nobody knows which one was meant.
 */
static size_t find_argument(const char *line, const char **argument)
{
    size_t found = 0;

    for (const char *open = line; (open = strpbrk(open, "({")) != NULL; open++) {
        const char *from = open + 1 + strspn(open + 1, " \t");
        if (!is_our_call(line, open)) {
            continue;
        }
        size_t len = argument_len(from);
        if (len == 0) {
            len = receiver_len(line, open, &from);
        }
        while (len > 0 && isspace((unsigned char)from[len - 1])) {
            len--;
        }
        if (len == 0 || (found > 0 && (len != found || memcmp(from, *argument, len) != 0))) {
            return 0;
        }
        *argument = from;
        found = len;
    }
    return found;
}

/* "__pred", "this->_M_mutex": names that only the C++ library's own sources use. */
static bool is_reserved(const char *argument, size_t len)
{
    size_t at = len;

    while (at > 0 && is_word(argument[at - 1])) {
        at--;
    }
    return at + 1 < len && argument[at] == '_' &&
           (argument[at + 1] == '_' || isupper((unsigned char)argument[at + 1]));
}

/* The argument in the site's source line; NULL: the source is not there, or not as it was built. */
static const char *read_argument(struct weft_names *names, const struct weft_symbol *symbol)
{
    char line[LINE_ROOM] = "";
    const char *argument = NULL;
    FILE *file = symbol->source_is_as_built ? fopen(symbol->file, "re") : NULL;
    int at = 1;
    size_t len;

    if (file == NULL) {
        return NULL;
    }
    while (at <= symbol->line && fgets(line, sizeof line, file) != NULL) {
        at += strchr(line, '\n') != NULL;
    }
    (void)fclose(file);
    if (at <= symbol->line || (len = find_argument(line, &argument)) == 0 || len > ARGUMENT_MAX ||
        is_reserved(argument, len)) {
        return NULL;
    }
    return weft_arena_copy(&names->arena, argument, len);
}

struct weft_named_site *weft_names_site(struct weft_names *names, uint64_t address)
{
    const uint32_t *known = weft_map_find(&names->index, address);
    struct weft_named_site made = {0};

    if (known != NULL) {
        return &names->sites.at[*known];
    }
    if (names->symbols != NULL) {
        if (!weft_symbols_have(names->symbols, address)) {
            look(names);
        }
        made.symbol = weft_symbols_find(names->symbols, address);
        made.argument = read_argument(names, &made.symbol);
    }
    if (!weft_vec_push(&names->sites, made)) {
        return NULL;
    }
    (void)weft_map_put(&names->index, address, (uint32_t)names->sites.count - 1);
    return &names->sites.at[names->sites.count - 1];
}

/* After its first use; the second and later ones of a name get a number. */
static bool name_by_use(struct weft_names *names, const char *words, uint64_t address, char *name)
{
    const struct weft_named_site *site = weft_names_site(names, address);
    char place[WEFT_NAME_ROOM / 2];
    int used = 0;

    if (site == NULL) {
        return false;
    }
    const struct weft_symbol *symbol = &site->symbol;
    const char *slash = symbol->file != NULL ? strrchr(symbol->file, '/') : NULL;
    const char *file = slash != NULL ? slash + 1 : symbol->file;
    if (site->argument != NULL) {
        used = snprintf(name, WEFT_NAME_ROOM, "%s", site->argument);
    } else if (file != NULL && symbol->line > 0) {
        used = snprintf(name, WEFT_NAME_ROOM, "%s@%s:%d", words, file, symbol->line);
    } else if (symbol->function != NULL) {
        used = snprintf(name, WEFT_NAME_ROOM, "%s@%s", words, symbol->function);
    } else if (weft_symbols_place(names->symbols, address, place, sizeof place)) {
        used = snprintf(name, WEFT_NAME_ROOM, "%s@%s", words, place);
    }
    if (used <= 0 || used >= WEFT_NAME_ROOM) {
        return false;
    }
    /* By the name, not by the site: a line may be inlined in many places, and two fields of two
     * things be called alike. */
    const uint64_t key = weft_hash_bytes(WEFT_HASH_START, name, (size_t)used);
    const uint32_t *before = weft_map_find(&names->uses, key);
    const uint32_t number = before != NULL ? *before + 1 : 1;
    if (number > 1) {
        used += snprintf(name + used, (size_t)(WEFT_NAME_ROOM - used), " #%u", number);
    }
    return weft_map_put(&names->uses, key, number) && used < WEFT_NAME_ROOM;
}

bool weft_names_object(struct weft_names *names, uint64_t address, const char *words, uint64_t site,
                       char *name)
{
    return names->symbols != NULL &&
           (weft_symbols_name(names->symbols, address, name, WEFT_NAME_ROOM) ||
            (site != 0 && name_by_use(names, words, site, name)));
}

bool weft_names_place(const struct weft_names *names, uint64_t address, char *name)
{
    return names->symbols != NULL &&
           weft_symbols_place(names->symbols, address, name, WEFT_NAME_ROOM);
}

void weft_names_see(struct weft_names *names, uint64_t address)
{
    if (names->symbols != NULL && !weft_symbols_have(names->symbols, address)) {
        look(names);
    }
}

bool weft_names_function(struct weft_names *names, uint64_t address, char *name)
{
    if (names->symbols == NULL || address == 0) {
        return false;
    }
    if (!weft_symbols_have(names->symbols, address)) {
        look(names);
    }
    /* Threads by the thousand have few routines, and a look at the debugging information takes
     * long: what it says is kept as for the call sites, by an address that is none of them. */
    const struct weft_named_site *site = weft_names_site(names, address + 1);
    return site != NULL && site->symbol.function != NULL &&
           snprintf(name, WEFT_NAME_ROOM, "%s", site->symbol.function) < WEFT_NAME_ROOM;
}
