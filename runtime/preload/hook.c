#include "runtime/preload/hook.h"

#include "runtime/preload/stacks.h"

int64_t weft_until_ns(clockid_t clock, const struct timespec *time)
{
    struct timespec now;

    if (time == NULL || weft_real.clock_gettime(clock, &now) != 0) {
        return -1;
    }
    const int64_t ns = weft_ns_of(time) - weft_ns_of(&now);
    return ns > 0 ? ns : 0;
}

void weft_wait_begin(struct weft_wait *wait, enum weft_event_kind begin, int64_t limit_ns)
{
    weft_stack_keep(wait->site);
    if (limit_ns < 0 && wait->with == 0) {
        weft_record_quick(begin, wait->object, wait->site, wait->how);
    } else {
        weft_record_with(begin, wait->object, wait->site, wait->how,
                         &(struct weft_record_args){.first = limit_ns, .second = wait->with});
    }
    wait->open = true;
}

void weft_wait_end(struct weft_wait *wait, enum weft_event_kind end, enum weft_outcome outcome)
{
    const unsigned how = (unsigned)outcome | wait->how;

    wait->open = false;
    if (wait->with == 0) {
        weft_record_ordered(end, wait->object, wait->site, how);
    } else {
        weft_record_with(end, wait->object, wait->site, how,
                         &(struct weft_record_args){.second = wait->with});
    }
}

void weft_wait_unwind(struct weft_wait *wait)
{
    if (wait->open) {
        weft_wait_end(wait, wait->end, WEFT_OUT_UNWOUND);
    }
}

void weft_hook_made(uint64_t object, enum weft_object_kind kind, int64_t capacity, const void *site)
{
    weft_record_with(WEFT_EV_OBJECT_NEW, object, site, 0,
                     &(struct weft_record_args){.first = kind, .second = capacity});
}
