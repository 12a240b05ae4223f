#include "runtime/schedule/virtual.h"

#include "runtime/record/record.h"
#include "runtime/schedule/turn.h"

#include <stddef.h>

bool weft_virtual_start(void)
{
    weft_record_open();
    return weft_turn_start();
}

/* A thread that was started by other means takes part from its first call on. */
static void take_part(void)
{
    if (weft_turn_self() == NULL) {
        weft_turn_adopt();
    }
}

static uint64_t virtual_now_ns(void)
{
    return weft_turn_now_ns();
}

static int64_t virtual_wall_ns(void)
{
    weft_turn_look();
    return weft_turn_wall_ns();
}

static void virtual_sleep_until(uint64_t deadline_ns)
{
    const uint64_t now_ns = weft_turn_now_ns();

    take_part();
    if (deadline_ns > now_ns) {
        deadline_ns = now_ns + weft_turn_stretch(deadline_ns - now_ns);
    }
    weft_turn_sleep_until(deadline_ns);
}

/*
 * A thread that was made has its runner from its maker, when that unparks it: it can be chosen from
 * then on, however long the kernel takes to start it.
 */
static void begin(struct weft_parker *parker)
{
    pthread_mutex_lock(&parker->mutex);
    while (parker->runner == NULL && !parker->token)
        pthread_cond_wait(&parker->cond, &parker->mutex);
    pthread_mutex_unlock(&parker->mutex);
    if (parker->runner != NULL)
        weft_turn_begin(parker->runner);
    else
        take_part();
}

static bool virtual_park(struct weft_parker *parker, uint64_t deadline_ns)
{
    if (weft_turn_self() == NULL && parker->number != 0)
        begin(parker);
    take_part();
    while (!parker->token &&
           weft_turn_block(parker, deadline_ns, UINT32_MAX, false) != WEFT_TURN_TIMEOUT)
        ;
    const bool taken = parker->token;
    parker->token = false;
    return taken;
}

static void virtual_unpark(struct weft_parker *parker)
{
    pthread_mutex_lock(&parker->mutex);
    parker->token = true;
    if (parker->number != 0 && parker->runner == NULL) {
        parker->runner = weft_turn_make(parker->number);
        pthread_cond_signal(&parker->cond);
    }
    pthread_mutex_unlock(&parker->mutex);
    (void)weft_turn_wake(parker, 1, UINT32_MAX);
}

static void virtual_spin(void)
{
    take_part();
    weft_turn_spin();
}

static void virtual_step(const void *about)
{
    take_part();
    weft_turn_point(about);
}

static bool virtual_let_begin(void)
{
    take_part();
    weft_turn_yield();
    return true;
}

static bool virtual_ends_early(void)
{
    take_part();
    return weft_turn_ends_early();
}

static void virtual_leave(struct weft_parker *parker)
{
    (void)parker;
    weft_turn_end();
}

const struct weft_schedule weft_virtual = {
    .now_ns = virtual_now_ns,
    .wall_ns = virtual_wall_ns,
    .sleep_until = virtual_sleep_until,
    .park = virtual_park,
    .unpark = virtual_unpark,
    .spin = virtual_spin,
    .step = virtual_step,
    .let_begin = virtual_let_begin,
    .ends_early = virtual_ends_early,
    .leave = virtual_leave,
};
