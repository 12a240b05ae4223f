#include "cli/snapshot.h"

#include "base/plain.h"
#include "cli/cli.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATH_ROOM = 4096 };

void weft_snapshot_name(const char *trace, uint32_t number, char *name, size_t room)
{
    char words[32];

    (void)snprintf(words, sizeof words, "snapshot-%u", number);
    weft_follow_name(trace, words, name, room);
}

/* In the copy: all of it, then its end.  Nothing of the parent's may be given back. */
static void write_all(const struct weft_snapshots *snapshots)
{
    struct weft_writer_summary summary;
    struct weft_error error;
    char trace[PATH_ROOM];

    weft_snapshot_name(snapshots->trace, snapshots->taken, trace, sizeof trace);
    bool written = weft_writer_dump(snapshots->writer, trace, &summary, &error) == WEFT_OK;
    if (!written) {
        (void)weft_cli_fail(0, "%s", error.text);
    } else if (!snapshots->quiet) {
        (void)weft_cli_fail(0, "snapshot %u: the last %.2f s, %llu events; the trace is %s",
                            snapshots->taken, (double)summary.duration_ns / 1e9,
                            (unsigned long long)summary.events, weft_plain(trace).text);
    }
    if (snapshots->follow != NULL) {
        written &= weft_follow_snapshot(snapshots->follow, snapshots->taken);
    }
    _exit(written ? WEFT_EXIT_DONE : WEFT_EXIT_UNWRITABLE);
}

static void hold(const struct weft_snapshots *snapshots)
{
    weft_writer_hold(snapshots->writer, snapshots->running > 0);
    if (snapshots->follow != NULL) {
        weft_follow_hold(snapshots->follow, snapshots->running > 0);
    }
}

void weft_snapshot_take(struct weft_snapshots *snapshots)
{
    if (snapshots->running == WEFT_SNAPSHOTS_AT_ONCE) {
        (void)weft_cli_fail(0, "no snapshot: %d others are still being written",
                            WEFT_SNAPSHOTS_AT_ONCE);
        return;
    }
    snapshots->taken++;
    weft_writer_prepare_dump(snapshots->writer);
    if (snapshots->follow != NULL) {
        weft_follow_prepare_dump(snapshots->follow);
    }
    const pid_t copy = fork();
    if (copy == 0) {
        write_all(snapshots);
    }
    if (copy < 0) {
        (void)weft_cli_fail(0, "no snapshot: %s", strerror(errno));
        return;
    }
    snapshots->writers[snapshots->running++] = copy;
    hold(snapshots);
}

void weft_snapshots_reap(struct weft_snapshots *snapshots, bool wait)
{
    uint32_t left = 0;

    for (uint32_t i = 0; i < snapshots->running; i++) {
        int status = 0;
        pid_t ended;
        do {
            ended = waitpid(snapshots->writers[i], &status, wait ? 0 : WNOHANG);
        } while (ended < 0 && errno == EINTR);
        if (ended == 0) {
            snapshots->writers[left++] = snapshots->writers[i];
        } else {
            snapshots->failed |= !WIFEXITED(status) || WEXITSTATUS(status) != WEFT_EXIT_DONE;
        }
    }
    if (left < snapshots->running) {
        snapshots->running = left;
        hold(snapshots);
    }
}
