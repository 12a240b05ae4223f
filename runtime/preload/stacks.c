#include "runtime/preload/stacks.h"

#include "runtime/record/quick.h"
#include "runtime/record/record.h"
#include "runtime/record/sys.h"

#include <stdatomic.h>
#include <sys/uio.h>

enum {
    OWN_FRAMES = 8, /* of ours, between here and the program's: more than there are */
    FRAME_BYTES_MAX = 1024 * 1024,
    CALL_BYTES = 8, /* in front of a return address: no call is longer than 7 */
    KNOWN = 1024,   /* a power of two */
};

#define PAGE_OF(address) ((uintptr_t)(address) >> 12)

/* The linker's: where this library begins, and where its code ends. */
extern const char __ehdr_start[] __attribute__((visibility("hidden")));
extern const char etext[] __attribute__((visibility("hidden")));

struct frame {
    uintptr_t next; /* the caller's frame */
    uintptr_t back; /* into the caller */
};

static bool is_ours(uintptr_t code)
{
    return code - (uintptr_t)__ehdr_start < (uintptr_t)(etext - __ehdr_start);
}

/* Whatever stands there, or nothing: never a fault. */
static bool read_safely(uintptr_t from, void *to, size_t bytes)
{
    const struct iovec here = {to, bytes}, there = {(void *)from, bytes};

    return weft_sys(SYS_process_vm_readv, (long)weft_sys_pid(), (long)&here, 1, (long)&there, 1,
                    0) == (long)bytes;
}

#if defined(__x86_64__)

/* E8 and four bytes, or FF /2 with two to seven. */
static bool ends_in_call(const unsigned char *code)
{
    if (code[CALL_BYTES - 5] == 0xe8) {
        return true;
    }
    for (int bytes = 2; bytes <= 7; bytes++) {
        const unsigned char *at = code + CALL_BYTES - bytes;
        if (at[0] == 0xff && (at[1] & 0x38) == 0x10) {
            return true;
        }
    }
    return false;
}

#else

static bool ends_in_call(const unsigned char *code)
{
    (void)code;
    return true;
}

#endif

/* Return addresses come again and again: those that were looked at are kept. */
static bool is_return_address(uintptr_t code)
{
    static _Atomic uintptr_t known[KNOWN];
    _Atomic uintptr_t *kept = &known[(code ^ code >> 12) % KNOWN];
    unsigned char before[CALL_BYTES];

    if (code < 4096 || code >> 47 != 0) {
        return false;
    }
    if (atomic_load_explicit(kept, memory_order_relaxed) == code) {
        return true;
    }
    if (!read_safely(code - CALL_BYTES, before, sizeof before) || !ends_in_call(before)) {
        return false;
    }
    atomic_store_explicit(kept, code, memory_order_relaxed);
    return true;
}

/* The frame at `at`, which must lie above the one at `below`. */
static bool read_frame(uintptr_t at, uintptr_t below, struct frame *frame)
{
    if (at <= below || at - below > FRAME_BYTES_MAX || at % sizeof(uintptr_t) != 0) {
        return false;
    }
    if (PAGE_OF(at) == PAGE_OF(below) && PAGE_OF(at + sizeof *frame - 1) == PAGE_OF(below)) {
        *frame = *(const struct frame *)at;
        return true;
    }
    return read_safely(at, frame, sizeof *frame);
}

/*
 * The first frame whose caller is the program; then that of the site, which is one further when
 * the program's wrapper of the call was climbed.  Where the wrapper has no frame it is this one.
 */
static bool find_site(const void *site, uintptr_t *at, struct frame *frame)
{
    uintptr_t below = *at;
    struct frame above;

    *frame = *(const struct frame *)*at;
    for (int i = 0; i < OWN_FRAMES && is_ours(frame->back); i++) {
        const uintptr_t next = frame->next;
        if (!read_frame(next, below, frame)) {
            return false;
        }
        below = *at = next;
    }
    if (is_ours(frame->back)) {
        return false;
    }
    if (frame->back != (uintptr_t)site && read_frame(frame->next, *at, &above) &&
        above.back == (uintptr_t)site) {
        *at = frame->next;
        *frame = above;
    }
    return true;
}

/* *is_short: the chain broke off before it came to where the thread starts. */
static uint32_t callers_of(const void *site, uintptr_t here, uintptr_t *callers, uint32_t most,
                           bool *is_short)
{
    uintptr_t at = here;
    struct frame frame, above;
    uint32_t count = 0;

    *is_short = true;
    if (!find_site(site, &at, &frame)) {
        return 0;
    }
    while (count < most && read_frame(frame.next, at, &above)) {
        if (is_ours(above.back)) { /* we have started the thread */
            *is_short = false;
            break;
        }
        if (!is_return_address(above.back)) {
            break;
        }
        callers[count++] = above.back;
        at = frame.next;
        frame = above;
    }
    *is_short &= count == 0;
    return count;
}

static void count_short(void)
{
    struct weft_lane *lane = weft_me.seats[0].lane;

    if (lane != NULL) {
        const uint64_t before = atomic_load_explicit(&lane->short_stacks, memory_order_relaxed);
        atomic_store_explicit(&lane->short_stacks, before + 1, memory_order_relaxed);
    }
}

__attribute__((noinline)) void weft_stack_record(const void *site)
{
    uintptr_t callers[WEFT_STACK_MAX];
    bool is_short;
    const uint32_t count = callers_of(site, (uintptr_t)__builtin_frame_address(0), callers,
                                      weft_spool.stack_frames, &is_short);

    if (is_short) {
        count_short();
    }
    if (count > 0) {
        const struct weft_record_args args = {.text = (const char *)callers,
                                              .text_bytes = count * sizeof *callers};
        weft_record_with(WEFT_EV_STACK, 0, site, WEFT_OUT_OK, &args);
    }
}
