/*
 * The spool: what the recorded program and the recorder's reader outside share.  Two parts, the
 * lanes in shared memory and the packed records in a file (traces/format/pack.h):
 *
 *   0                 WEFT_SPOOL_HEAD_BYTES                      (file, MAP_SHARED, on tmpfs)
 *   ┌─────────┬──────────┬──────────┬──────────┬───
 *   │ head    │ lane 0   │ lane 1   │ lane 2   │ …     sparse: a lane takes memory when used
 *   └─────────┴──────────┴──────────┴──────────┴───
 *                          │ packed by the drain, or, when that does not come, by the lane's owner
 *                          ▼
 *   ┌───────┬───────┬──────┬───────┬───
 *   │ chunk │ chunk │ mark │ chunk │ …                 (file on disk, appended to by write)
 *   └───────┴───────┴──────┴───────┴───
 *
 * A lane is a ring of 24-byte slots with one producer, its owner, who writes slots and then
 * publishes them by storing `head` (release).  Who packs it, drain or owner, first takes `packer`,
 * then loads `head` (acquire), appends what lies before it to the packed file, and only then frees
 * the slots by storing `tail` (release).  So a SIGKILL of either side loses nothing: what was
 * written and not freed is there twice, and the slot numbers in the chunks tell.
 * Rings begin small; that of an owner who had to pack grows while it is empty.
 *
 * The spool is trusted as far as memory safety goes only by its writer: the drain checks every
 * count that it reads from it.
 */
#ifndef WEFT_TRACES_SPOOL_H
#define WEFT_TRACES_SPOOL_H

#include <stdatomic.h>
#include <stdint.h>

#define WEFT_SPOOL_MAGIC 0x316c6f6f70737477ULL /* "wtspool1" */
#define WEFT_SPOOL_ENV "WEFT_SPOOL"            /* the path of the spool, for the recorder */

enum {
    WEFT_SPOOL_VERSION = 4,                 /* of slots, layout and chunks */
    WEFT_LANE_SLOTS_MIN = 2048,             /* of a ring, a power of two: 48 KiB */
    WEFT_LANE_SLOTS_MAX = 16384,            /* 384 KiB, an L2's worth */
    WEFT_GROWN_SLOTS_MAX = 2 * 1024 * 1024, /* of all rings together, beyond their first: 48 MiB */
    WEFT_LANE_MAX = 4096,                   /* threads alive at once that can be recorded */
    WEFT_CHOICES_LOGGED = 32768,            /* of a controlled run */
    WEFT_SPOOL_HEAD_BYTES = 8192 + 2 * WEFT_CHOICES_LOGGED,
    WEFT_COMMAND_BYTES = 1024,
    WEFT_SPOOL_PATH_BYTES = 2048,       /* of the packed file's path */
    WEFT_SPOOL_MAPS_BYTES = 256 * 1024, /* of the program's /proc/self/maps, that are kept */
    WEFT_PACK_ROOM_BYTES = 20 * 1024,   /* where an owner packs: its stack may be small */
    WEFT_ROOM_WAIT_MAX_MS = 30000,      /* for which an owner waits for a drain that works, about */
    WEFT_PLAN_ROOM = 3072,              /* the text of a plan: traces/format/plan.h */
    WEFT_PACKED_SHUT = 1,               /* a packed_max that nothing fits under */
    WEFT_TEXT_SLOTS_MAX = 254,
    WEFT_SLOT_BYTES = 24,
    WEFT_STACK_MAX = 16, /* return addresses of a WEFT_EV_STACK, 8 bytes each */
    WEFT_STACK_USUAL = 4,
    WEFT_TEXT_MAX = WEFT_TEXT_SLOTS_MAX * WEFT_SLOT_BYTES,
};

enum weft_clock_kind {
    WEFT_CLOCK_TSC = 1,       /* invariant time-stamp counter, in ticks */
    WEFT_CLOCK_MONOTONIC = 2, /* clock_gettime(CLOCK_MONOTONIC), in ns */
    WEFT_CLOCK_VIRTUAL = 3,   /* simulated: the head's own, in ns */
};

/*
 * One slot.  A record is a head slot, then, when `slots` is not 0, an argument slot, then the
 * text's bytes in the remaining slots - 1.
 */
union weft_slot {
    struct {
        uint64_t time;        /* ticks of the spool's clock */
        uint64_t object_kind; /* object << 8 | enum weft_event_kind */
        uint64_t site_more;   /* call site << 16 | weft_slot_how << 8 | slots that follow */
    } head;
    struct {
        int64_t first;
        int64_t second;
        uint32_t text_bytes;  /* as the program gave it */
        uint32_t text_stored; /* ≤ text_bytes: what is in the slots that follow */
    } args;
    unsigned char text[WEFT_SLOT_BYTES];
};
_Static_assert(sizeof(union weft_slot) == WEFT_SLOT_BYTES, "a slot has 24 bytes");

/*
 * How it ended (enum weft_outcome, 3 bits), and what kind of object it is about (enum
 * weft_object_kind, 5 bits; 0: the first of the event's family).  An object that nobody announced
 * by WEFT_EV_OBJECT_NEW gets its kind from here: so a recorder of foreign programs needs no record
 * for the first use of an object, nor a memory of which it has seen.
 */
#define WEFT_SLOT_HOW(outcome, kind) ((unsigned)(outcome) | (unsigned)(kind) << 3)

static inline unsigned weft_slot_outcome(uint64_t site_more)
{
    return (unsigned)(site_more >> 8) & 7;
}

static inline unsigned weft_slot_object_kind(uint64_t site_more)
{
    return (unsigned)(site_more >> 11) & 31;
}

/* A question that the owner is asking again and again; the drain closes it if the owner dies. */
struct weft_lane_poll {
    _Atomic uint64_t count; /* 0: none is open */
    _Atomic uint64_t last;  /* ticks of the last time it was asked */
};

/* The call that blocks the owner, if any: a writer that finds it lasts long tells it. */
struct weft_lane_call {
    _Atomic uint64_t since; /* ticks; 0: in none.  Stored last, and 0 before the end is timed. */
    _Atomic uint64_t site;
    _Atomic uint64_t name[2]; /* 16 characters, padded with zeros */
};

/* Who packs a lane at the moment. */
enum weft_packer_kind { WEFT_PACKER_NONE, WEFT_PACKER_OWNER, WEFT_PACKER_DRAIN };

struct weft_lane {
    _Alignas(64) _Atomic uint64_t head; /* slots ever published; owner stores, packers load */
    _Atomic uint64_t lost;              /* records that found no room */
    _Atomic uint64_t waiting;           /* ticks of a record that waits for room; 0: none */
    _Atomic uint64_t stalled;           /* the tail + 1 at which the owner gave up waiting */
    struct weft_lane_poll poll;         /* what is not yet in the ring when the owner dies */
    struct weft_lane_call call;
    _Atomic uint64_t left_out;          /* records of an allocator's locks that were not wanted */
    _Atomic uint64_t short_stacks;      /* waits of which only the call itself could be told */
    _Alignas(64) _Atomic uint64_t tail; /* slots ever packed; packers store, owner loads */
    _Atomic uint32_t packer;            /* enum weft_packer_kind */
    _Atomic uint32_t capacity;          /* slots of the ring, changed by its owner as a packer */
    _Atomic uint32_t thread;            /* whose records stand at tail */
    _Atomic uint32_t room_ready;        /* the pages of `room` are there */
    _Alignas(64) _Atomic uint32_t used; /* the owner's kernel thread id; 0: free for the next one */
    _Alignas(4096) unsigned char room[WEFT_PACK_ROOM_BYTES]; /* where the owner packs */
    _Alignas(4096) union weft_slot slots[WEFT_LANE_SLOTS_MAX];
};

struct weft_clock_pair {
    uint64_t ticks;
    uint64_t mono_ns;
    int64_t real_ns; /* since 1970, UTC */
};

/* How a controlled run came out. */
enum weft_verdict {
    WEFT_VERDICT_NONE,
    WEFT_VERDICT_DEADLOCK, /* nobody can ever run again; the program waits for its end */
    WEFT_VERDICT_LIMIT,    /* the simulated time is over that its plan gives it; likewise */
};

/* Why a run cannot be repeated exactly: bits of weft_spool_schedule.left. */
enum weft_left {
    WEFT_LEFT_CALL = 1,     /* a call really waited for something outside the program */
    WEFT_LEFT_STRANGER = 2, /* a thread that was made behind our back took part */
    WEFT_LEFT_STUCK = 4,    /* a thread held up all others and was left alone */
    WEFT_LEFT_DIVERGED = 8, /* a replayed choice was not there to be made */
    WEFT_LEFT_SHORT = 16,   /* how much a call found in a pipe or socket depended on others */
    WEFT_LEFT_TIMER = 32,   /* it has a timer of the kernel's, which goes by the real clock */
    WEFT_LEFT_CHILD = 64,   /* it has started another process */
};

/*
 * The controlled schedule.  weft gives the plan and the time at which the simulated clock starts;
 * the program tells how it went.
 */
struct weft_spool_schedule {
    _Atomic uint64_t now_ns;   /* the simulated clock; every record takes one ns of it */
    int64_t start_real_ns;     /* what the wall clock shows at 0 */
    _Atomic uint64_t points;   /* scheduling points */
    _Atomic uint64_t choices;  /* of these, where more than one thread could go on */
    _Atomic uint64_t hash;     /* of all choices: two runs that differ took other ways */
    _Atomic uint32_t verdict;  /* enum weft_verdict */
    _Atomic uint32_t left;     /* enum weft_left; 0: the run can be repeated exactly */
    _Atomic uint32_t stuck;    /* the number of the thread that WEFT_LEFT_STUCK is about */
    uint32_t end_when_over;    /* weft: 1: the program ends itself, by SIGKILL, at a verdict */
    char plan[WEFT_PLAN_ROOM]; /* ended by 0 */
};

/*
 * A choice in few bits, for one who wants no more of a run: which candidate was taken, of how many
 * (both at most 127), and whether that one before all could have gone on, so that another pre-empts
 * it.
 */
enum { WEFT_LOGGED_MAX = 127, WEFT_LOGGED_PREEMPTS = 1 << 14 };

static inline uint16_t weft_logged(uint32_t taken, uint32_t count, int preempts)
{
    const uint32_t most = WEFT_LOGGED_MAX;

    return (uint16_t)((taken < most ? taken : most) | (count < most ? count : most) << 7 |
                      (preempts ? WEFT_LOGGED_PREEMPTS : 0));
}

static inline uint32_t weft_logged_taken(uint16_t logged)
{
    return logged & WEFT_LOGGED_MAX;
}

static inline uint32_t weft_logged_count(uint16_t logged)
{
    return (logged >> 7) & WEFT_LOGGED_MAX;
}

struct weft_spool_head {
    uint64_t magic;
    uint32_t version;                /* WEFT_SPOOL_VERSION */
    uint32_t clock;                  /* enum weft_clock_kind, chosen by whoever made the spool */
    struct weft_clock_pair start;    /* taken when the spool was made */
    uint64_t ticks_per_ms;           /* about, for time-outs of the recorder's own */
    _Atomic uint32_t attached;       /* pid of the program, once it has opened the spool */
    _Atomic uint64_t image;          /* of its program: another one after an exec; not 0 */
    _Atomic uint32_t drain;          /* pid of the drain, 0 when nobody drains */
    uint32_t lane_max;               /* lanes that the file has room for, ≤ WEFT_LANE_MAX */
    _Atomic uint32_t lane_count;     /* lanes ever used, ≤ lane_max */
    _Atomic uint32_t grown_slots;    /* ≤ WEFT_GROWN_SLOTS_MAX */
    _Atomic uint32_t next_thread;    /* the next thread's number, from 1 */
    _Atomic uint64_t lost;           /* records of threads that got no lane */
    _Atomic uint64_t start_ticks;    /* when the recorder opened it: time zero of the trace */
    _Atomic uint64_t overhead_ticks; /* what 256 records cost, measured at the start */
    _Atomic uint64_t beats;          /* how often the drain has come by */
    uint32_t allocator_locks;        /* 1: those that an allocator takes are recorded, too */
    _Atomic uint64_t left_out;       /* likewise, of threads without a lane */
    uint32_t follow;                 /* 1: children record, too, each into a spool of its own … */
    _Atomic uint32_t children;       /* … claimed by so many … */
    _Atomic uint32_t children_made;  /* … of which those up to this number, from 2, are there */
    _Atomic uint32_t unfollowed;     /* children that got none */
    _Atomic uint32_t parent;         /* pid of a child's parent; 0: the first process */
    _Atomic uint32_t command_bytes;  /* of a child's command line … */
    char command[WEFT_COMMAND_BYTES]; /* … as /proc/PID/cmdline has it, or the beginning of it */
    uint64_t long_call_ns;            /* a blocking call that lasts as long is recorded */
    uint32_t stack_frames;            /* callers kept of each wait, ≤ WEFT_STACK_MAX; 0: none */
    struct weft_spool_schedule schedule;
    _Atomic uint64_t packed_max; /* bytes of the packed file; 0: as many as there are */
    uint64_t last_ns;            /* only so much of the end is kept; 0: all … */
    _Atomic uint64_t past_at;    /* … and where the last WEFT_CHUNK_PAST stands; 0: none */
    char packed_path[WEFT_SPOOL_PATH_BYTES]; /* absolute; "": there is none */
    /* The first choices, as weft_logged; its pages come when they are needed. */
    _Alignas(4096) _Atomic uint16_t logged[WEFT_CHOICES_LOGGED];
};
_Static_assert(sizeof(struct weft_spool_head) == WEFT_SPOOL_HEAD_BYTES,
               "the head is two pages, and the choices");

/* Recorder and writer must mean the same by "long". */
static inline uint64_t weft_spool_long_call_ticks(uint64_t ns, uint64_t ticks_per_ms)
{
    return ns / 1000000 * ticks_per_ms + ns % 1000000 * ticks_per_ms / 1000000;
}

static inline uint64_t weft_spool_lane_at(uint32_t lane)
{
    return WEFT_SPOOL_HEAD_BYTES + (uint64_t)lane * sizeof(struct weft_lane);
}

/* Counts the records in the slots [tail, to), which nobody will ever read, as lost. */
static inline void weft_lane_lose(struct weft_lane *lane, uint64_t tail, uint64_t to, uint64_t mask)
{
    uint64_t records = 0;

    for (uint64_t at = tail; records < WEFT_LANE_SLOTS_MAX && at < to; records++) {
        at += 1 + (lane->slots[at & mask].head.site_more & 0xff);
    }
    atomic_fetch_add_explicit(&lane->lost, records, memory_order_relaxed);
}

#endif
