#include "cli/follow.h"

#include "base/vec.h"
#include "cli/cli.h"
#include "cli/snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <unistd.h>

enum {
    PATH_ROOM = 4096,
    LOOK_GAP_NS = 5 * 1000 * 1000, /* at most, for new ones */
    SPARE = 8,                     /* spools that are kept ready */
    UNFINISHED = 64, /* children that have ended and whose names are looked up when it is quiet */
};

struct child {
    struct weft_writer *writer; /* NULL: finished, or never there */
    uint32_t number;
    pid_t pid; /* 0: nobody has opened the spool yet */
    int pidfd; /* -1: none */
    bool ended;
    char *trace;
};

struct weft_follow {
    struct weft_writer *first;
    struct weft_writer_options options;
    const char *trace;
    uint32_t made;    /* the highest number for which there is a spool */
    uint32_t claimed; /* the highest number that a child may have */
    struct {
        struct child **at;
        size_t count, room;
    } children; /* whose writers are open, spares too */
    uint32_t ended;
    struct {
        uint32_t *at;
        size_t count, room;
    } started; /* processes that were started and do not record yet */
    struct weft_follow_summary summary;
};

void weft_follow_name(const char *trace, const char *words, char *name, size_t room)
{
    static const char *const endings[] = {".weft.jsonl.zst", ".weft.jsonl", ".jsonl"};
    const size_t len = strlen(trace);
    size_t stem = len;

    for (size_t i = 0; i < sizeof endings / sizeof *endings && stem == len; i++) {
        const size_t ending = strlen(endings[i]);
        if (len > ending && strcmp(trace + len - ending, endings[i]) == 0) {
            stem = len - ending;
        }
    }
    (void)snprintf(name, room, "%.*s.%s%s", (int)stem, trace, words, trace + stem);
}

void weft_follow_number(const char *trace, uint32_t number, char *name, size_t room)
{
    char words[16];

    (void)snprintf(words, sizeof words, "%u", number);
    weft_follow_name(trace, words, name, room);
}

static void free_child(struct child *child)
{
    weft_writer_free(child->writer);
    if (child->pidfd >= 0) {
        (void)close(child->pidfd);
    }
    free(child->trace);
    free(child);
}

static enum weft_status add_spare(struct weft_follow *follow, struct weft_error *error)
{
    char spool[PATH_ROOM];
    struct weft_writer_options options = follow->options;
    struct child *child = calloc(1, sizeof *child);

    if (child == NULL || !weft_vec_room(&follow->children, follow->children.count + 1)) {
        free(child);
        return weft_error_set(error, WEFT_ERR_MEMORY, "no memory for the recording");
    }
    child->number = follow->made + 1;
    child->pidfd = -1;
    (void)snprintf(spool, sizeof spool, "%s.%u", weft_writer_spool_path(follow->first),
                   child->number);
    options.trace_path = NULL;
    options.spool_path = spool;
    const enum weft_status status = weft_writer_new(&options, &child->writer, error);
    if (status != WEFT_OK) {
        free(child);
        return status;
    }
    follow->children.at[follow->children.count++] = child;
    follow->made++;
    return WEFT_OK;
}

/* What cannot be made is told by the recorder's count of those who found none. */
static void add_spares(struct weft_follow *follow)
{
    struct weft_error error;

    while (follow->made < follow->claimed + SPARE && add_spare(follow, &error) == WEFT_OK) {
    }
    const struct weft_writer_children children = weft_writer_children(follow->first, follow->made);
    follow->claimed = 1 + children.claimed;
    follow->summary.unfollowed = children.unfollowed;
}

enum weft_status weft_follow_new(struct weft_writer *first, const char *trace,
                                 const struct weft_writer_options *options,
                                 struct weft_follow **follow, struct weft_error *error)
{
    struct weft_follow *made = calloc(1, sizeof *made);

    if (made == NULL) {
        return weft_error_set(error, WEFT_ERR_MEMORY, "no memory for the recording");
    }
    made->first = first;
    made->trace = trace;
    made->options = *options;
    made->made = made->claimed = 1;
    const enum weft_status status = add_spare(made, error);
    if (status != WEFT_OK) {
        weft_follow_free(made);
        return status;
    }
    add_spares(made);
    *follow = made;
    return WEFT_OK;
}

void weft_follow_free(struct weft_follow *follow)
{
    if (follow == NULL) {
        return;
    }
    for (size_t i = 0; i < follow->children.count; i++) {
        free_child(follow->children.at[i]);
    }
    free(follow->children.at);
    free(follow->started.at);
    free(follow);
}

static void forget(struct weft_follow *follow, pid_t pid)
{
    for (size_t i = 0; i < follow->started.count; i++) {
        if (follow->started.at[i] == (uint32_t)pid) {
            follow->started.at[i] = follow->started.at[--follow->started.count];
            return;
        }
    }
}

/* Processes that `writer` has heard of; those that record already are known. */
static void expect_children(struct weft_follow *follow, struct weft_writer *writer)
{
    uint32_t pid;

    while ((pid = weft_writer_next_child(writer)) != 0) {
        bool known = false;
        for (size_t i = 0; i < follow->children.count; i++) {
            known |= (uint32_t)follow->children.at[i]->pid == pid;
        }
        if (!known) {
            (void)weft_vec_push(&follow->started, pid);
        }
    }
}

/* Those who ended without having recorded are forgotten. */
static size_t count_started(struct weft_follow *follow)
{
    size_t kept = 0;

    for (size_t i = 0; i < follow->started.count; i++) {
        if (kill((pid_t)follow->started.at[i], 0) == 0 || errno == EPERM) {
            follow->started.at[kept++] = follow->started.at[i];
        }
    }
    follow->started.count = kept;
    return kept;
}

/* A process has opened the spool: its trace begins. */
static void begin(struct weft_follow *follow, struct child *child)
{
    char trace[PATH_ROOM];
    struct weft_error error;

    forget(follow, child->pid);
    child->pidfd = pidfd_open(child->pid, 0);
    child->ended = child->pidfd < 0 && errno == ESRCH;
    weft_follow_number(follow->trace, child->number, trace, sizeof trace);
    child->trace = strdup(trace);
    if (child->trace == NULL || weft_writer_begin(child->writer, child->trace, &error) != WEFT_OK) {
        (void)weft_cli_fail(0, "%s", child->trace != NULL ? error.text : "no memory");
        follow->summary.unwritten = true;
        child->pid = 0; /* nothing to finish */
        child->ended = true;
    }
    follow->ended += child->ended;
}

static bool has_ended(const struct child *child)
{
    struct pollfd exited = {.fd = child->pidfd, .events = POLLIN};

    return child->pidfd >= 0 ? poll(&exited, 1, 0) == 1
                             : kill(child->pid, 0) != 0 && errno == ESRCH;
}

void weft_follow_count(struct weft_writer_summary *sum, const struct weft_writer_summary *more)
{
    sum->events += more->events;
    sum->lost += more->lost;
    sum->late += more->late;
    sum->dropped += more->dropped;
    sum->left_out += more->left_out;
    sum->short_stacks += more->short_stacks;
    sum->threads += more->threads;
}

static void finish(struct weft_follow *follow, struct child *child)
{
    struct weft_writer_summary summary;
    struct weft_error error;
    struct weft_follow_summary *all = &follow->summary;

    if (child->pid != 0) {
        if (weft_writer_finish(child->writer, -1, &summary, &error) != WEFT_OK) {
            (void)weft_cli_fail(0, "%s", error.text);
            all->unwritten = true;
        }
        expect_children(follow, child->writer); /* those that it started last */
        weft_follow_count(&all->sum, &summary);
        all->sum.duration_ns += summary.duration_ns;
        all->processes++;
        all->last = child->number > all->last ? child->number : all->last;
    }
    free_child(child);
}

/*
 * Names are looked up at the end of a trace, which takes time that others may need: one at a time,
 * and between two all the others are drained.
 */
static void finish_one(struct weft_follow *follow)
{
    for (size_t i = 0; i < follow->children.count; i++) {
        struct child *child = follow->children.at[i];
        if (child->ended) {
            memmove(&follow->children.at[i], &follow->children.at[i + 1],
                    (follow->children.count - i - 1) * sizeof child);
            follow->children.count--;
            follow->ended--;
            finish(follow, child);
            return;
        }
    }
}

long weft_follow_drain(struct weft_follow *follow)
{
    long pause_ns = LOOK_GAP_NS;
    bool any = false;

    add_spares(follow);
    expect_children(follow, follow->first);
    for (size_t i = 0; i < follow->children.count; i++) {
        struct child *child = follow->children.at[i];
        if (child->pid == 0 && child->number <= follow->claimed) {
            child->pid = weft_writer_pid(child->writer);
            if (child->pid != 0) {
                begin(follow, child);
                any = true;
            }
        }
        if (child->pid != 0 && !child->ended) {
            /* Asked first: what it recorded until then is there. */
            child->ended = has_ended(child);
            follow->ended += child->ended;
            any |= weft_writer_drain(child->writer);
            const long next_ns = weft_writer_pause_ns(child->writer);
            pause_ns = next_ns < pause_ns ? next_ns : pause_ns;
            expect_children(follow, child->writer);
        }
    }
    if (follow->ended > 0 && (!any || follow->ended >= UNFINISHED)) {
        finish_one(follow);
        pause_ns = follow->ended > 0 ? 0 : pause_ns;
    }
    return pause_ns;
}

static bool is_recorded(const struct child *child)
{
    return child->pid != 0 && !child->ended;
}

void weft_follow_prepare_dump(struct weft_follow *follow)
{
    for (size_t i = 0; i < follow->children.count; i++) {
        if (is_recorded(follow->children.at[i])) {
            weft_writer_prepare_dump(follow->children.at[i]->writer);
        }
    }
}

void weft_follow_hold(struct weft_follow *follow, bool held)
{
    for (size_t i = 0; i < follow->children.count; i++) {
        weft_writer_hold(follow->children.at[i]->writer, held);
    }
}

bool weft_follow_snapshot(struct weft_follow *follow, uint32_t number)
{
    struct weft_writer_summary summary;
    struct weft_error error;
    char trace[PATH_ROOM];
    bool written = true;

    for (size_t i = 0; i < follow->children.count; i++) {
        const struct child *child = follow->children.at[i];
        if (is_recorded(child)) {
            weft_snapshot_name(child->trace, number, trace, sizeof trace);
            if (weft_writer_dump(child->writer, trace, &summary, &error) != WEFT_OK) {
                (void)weft_cli_fail(0, "%s", error.text);
                written = false;
            }
        }
    }
    return written;
}

uint32_t weft_follow_living(struct weft_follow *follow)
{
    uint32_t living = (uint32_t)count_started(follow);

    for (size_t i = 0; i < follow->children.count; i++) {
        /* Of one that has just ended it is not known yet whom it started last. */
        living += follow->children.at[i]->pid != 0;
    }
    return living;
}

struct weft_follow_summary weft_follow_finish(struct weft_follow *follow)
{
    (void)weft_follow_drain(follow);
    for (size_t i = 0; i < follow->children.count; i++) {
        finish(follow, follow->children.at[i]);
    }
    follow->children.count = 0;
    return follow->summary;
}
