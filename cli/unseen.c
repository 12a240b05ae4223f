#include "cli/unseen.h"

#include "cli/cli.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    LOOK_GAP_NS = 200 * 1000 * 1000,
    THREADS_MAX = 128, /* that are asked at a look: of many one is like the other */
    LOOKS_MIN = 2,     /* before it is called a wait: one may be chance */
    LINE_ROOM = 4352,
};

/* Who makes system calls for others, and us. */
static bool is_known(const char *name)
{
    static const char *const known[] = {"libc.so",  "libc-2",   "libpthread", "librt",
                                        "ld-linux", "libweft_", "libtsan",    "libasan",
                                        "libubsan", "liblsan",  "[vdso]",     "libanl"};

    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strncmp(name, known[i], strlen(known[i])) == 0) {
            return true;
        }
    }
    return false;
}

/* Where a thread's system call was made; 0: it is in none, or nobody may know. */
static uint64_t place_of_call(pid_t pid, const char *tid)
{
    char path[300], line[256] = "";
    char *last;

    (void)snprintf(path, sizeof path, "/proc/%d/task/%s/syscall", (int)pid, tid);
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return 0;
    }
    (void)fgets(line, sizeof line, file);
    (void)fclose(file);
    if (line[0] < '0' || line[0] > '9' || (last = strrchr(line, ' ')) == NULL) {
        return 0; /* "running", or "-1" for a page fault and the like */
    }
    return strtoull(last + 1, NULL, 16);
}

/* The last part of the path of what is mapped there. */
static bool find_file(pid_t pid, uint64_t address, char name[WEFT_UNSEEN_NAME])
{
    char path[64], line[LINE_ROOM];
    bool found = false;

    (void)snprintf(path, sizeof path, "/proc/%d/maps", (int)pid);
    FILE *file = fopen(path, "re");
    while (file != NULL && !found && fgets(line, sizeof line, file) != NULL) {
        uint64_t from, to;
        int at = 0;
        if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %*s %*s %*s %*s %n", &from, &to, &at) >= 2 &&
            at > 0 && address >= from && address < to) {
            const char *slash = strrchr(line + at, '/');
            const char *last = slash != NULL ? slash + 1 : line + at;
            (void)snprintf(name, WEFT_UNSEEN_NAME, "%.*s", (int)strcspn(last, "\n"), last);
            found = name[0] != '\0';
        }
    }
    if (file != NULL) {
        (void)fclose(file);
    }
    return found;
}

/* What was seen at one look. */
struct look {
    uint64_t places[THREADS_MAX];
    size_t count;
};

static void look_at_threads(pid_t pid, struct look *look)
{
    char path[64];
    const struct dirent *entry;

    (void)snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
    DIR *folder = opendir(path);
    if (folder == NULL) {
        return;
    }
    while (look->count < THREADS_MAX && (entry = readdir(folder)) != NULL) {
        const uint64_t place = entry->d_name[0] != '.' ? place_of_call(pid, entry->d_name) : 0;
        if (place != 0) {
            look->places[look->count++] = place;
        }
    }
    (void)closedir(folder);
}

static void add(struct weft_unseen *unseen, const char *name, uint32_t threads)
{
    size_t i = 0;

    while (i < unseen->count && strcmp(unseen->files[i].name, name) != 0) {
        i++;
    }
    if (i == WEFT_UNSEEN_FILES) {
        return;
    }
    if (i == unseen->count) {
        unseen->count++;
        (void)snprintf(unseen->files[i].name, WEFT_UNSEEN_NAME, "%s", name);
    }
    unseen->files[i].looks++;
    if (threads > unseen->files[i].threads) {
        unseen->files[i].threads = threads;
    }
}

void weft_unseen_look(struct weft_unseen *unseen, pid_t pid)
{
    struct timespec now;
    struct look look = {.count = 0};
    char name[WEFT_UNSEEN_NAME];

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    const uint64_t now_ns = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
    if (now_ns < unseen->next_look_ns) {
        return;
    }
    unseen->next_look_ns = now_ns + LOOK_GAP_NS;
    look_at_threads(pid, &look);
    for (size_t i = 0; i < look.count; i++) {
        uint32_t threads = 1;
        if (look.places[i] == 0) {
            continue; /* counted with an earlier one */
        }
        for (size_t k = i + 1; k < look.count; k++) {
            if (look.places[k] == look.places[i]) {
                threads++;
                look.places[k] = 0;
            }
        }
        if (find_file(pid, look.places[i], name) && !is_known(name)) {
            add(unseen, name, threads);
        }
    }
}

void weft_unseen_tell(const struct weft_unseen *unseen)
{
    for (size_t i = 0; i < unseen->count; i++) {
        if (unseen->files[i].looks >= LOOKS_MIN) {
            (void)weft_cli_fail(0,
                                "%u thread%s waited in system calls that %s makes by itself: those "
                                "waits cannot be seen, and are not in the trace",
                                unseen->files[i].threads, unseen->files[i].threads == 1 ? "" : "s",
                                unseen->files[i].name);
        }
    }
}
