#include "runtime/preload/hook.h"

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
    const struct weft_record_args args = {.first = limit_ns, .second = wait->with};

    weft_record_with(begin, wait->object, wait->site, wait->how,
                     limit_ns >= 0 || wait->with != 0 ? &args : NULL);
    wait->open = true;
}

void weft_wait_end(struct weft_wait *wait, enum weft_event_kind end, enum weft_outcome outcome)
{
    const struct weft_record_args args = {.second = wait->with};

    wait->open = false;
    weft_record_with(end, wait->object, wait->site, (unsigned)outcome | wait->how,
                     wait->with != 0 ? &args : NULL);
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
