#include "tests/unit/stage.h"

#include "runtime/record/record.h"
#include "runtime/schedule/schedule.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* A blocked thread. */
struct place {
    struct place *next;
    struct weft_parker *parker; /* NULL: it sleeps */
    uint64_t deadline_ns;
    bool over;
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static struct place *places;
static uint64_t now_ns;
static int blocked;
static bool hold;
static bool patient;
static pthread_t main_thread;

static char noted[16384], shown[16384];
static uint32_t thread_numbers;
static _Thread_local uint32_t my_number;

/* The schedule ──────────────────────────────────────────────────────────────────────────────── */

static void end_place(struct place *place)
{
    if (!place->over)
        blocked--;
    place->over = true;
    pthread_cond_broadcast(&changed);
}

static void advance(uint64_t to_ns)
{
    if (to_ns > now_ns)
        now_ns = to_ns;
    for (struct place *place = places; place; place = place->next) {
        if (place->deadline_ns <= now_ns)
            end_place(place);
    }
}

static void block(struct weft_parker *parker, uint64_t deadline_ns)
{
    struct place place = {places, parker, deadline_ns, false};

    places = &place;
    blocked++;
    pthread_cond_broadcast(&changed);
    while (!place.over || hold)
        pthread_cond_wait(&changed, &mutex);
    struct place **at = &places;
    while (*at != &place)
        at = &(*at)->next;
    *at = place.next;
}

static void wait_for(struct weft_parker *parker, uint64_t deadline_ns)
{
    if (deadline_ns <= now_ns)
        return;
    if (deadline_ns != WEFT_NO_DEADLINE && !patient && pthread_equal(pthread_self(), main_thread))
        advance(deadline_ns);
    else
        block(parker, deadline_ns);
}

static uint64_t stage_now_ns(void)
{
    pthread_mutex_lock(&mutex);
    const uint64_t now = now_ns;
    pthread_mutex_unlock(&mutex);
    return now;
}

/* The clock starts at Thu Mar 22 15:42:17 2018, UTC. */
static int64_t stage_wall_ns(void)
{
    return 1521733337 * INT64_C(1000000000) + (int64_t)stage_now_ns();
}

static void stage_sleep_until(uint64_t deadline_ns)
{
    pthread_mutex_lock(&mutex);
    wait_for(NULL, deadline_ns);
    pthread_mutex_unlock(&mutex);
}

static bool stage_park(struct weft_parker *parker, uint64_t deadline_ns)
{
    pthread_mutex_lock(&mutex);
    if (!parker->token)
        wait_for(parker, deadline_ns);
    const bool taken = parker->token;
    parker->token = false;
    pthread_mutex_unlock(&mutex);
    return taken;
}

static void stage_unpark(struct weft_parker *parker)
{
    pthread_mutex_lock(&mutex);
    parker->token = true;
    for (struct place *place = places; place; place = place->next) {
        if (place->parker == parker)
            end_place(place);
    }
    pthread_mutex_unlock(&mutex);
}

static void stage_spin(void)
{
}

static void stage_step(const void *about)
{
    (void)about;
}

static bool stage_let_begin(void)
{
    return false;
}

static int early;

static bool stage_ends_early(void)
{
    return early > 0 && early-- > 0;
}

void stage_end_early(int waits)
{
    early = waits;
}

static void stage_leave(struct weft_parker *parker)
{
    (void)parker;
}

void weft_parker_init(struct weft_parker *parker)
{
    parker->token = false;
}

void weft_parker_done(struct weft_parker *parker)
{
    (void)parker;
}

const struct weft_schedule *weft_schedule(void)
{
    static const struct weft_schedule stage = {
        .now_ns = stage_now_ns,
        .wall_ns = stage_wall_ns,
        .sleep_until = stage_sleep_until,
        .park = stage_park,
        .unpark = stage_unpark,
        .spin = stage_spin,
        .step = stage_step,
        .let_begin = stage_let_begin,
        .ends_early = stage_ends_early,
        .leave = stage_leave,
    };
    return &stage;
}

/* The test's side of it ─────────────────────────────────────────────────────────────────────── */

int stage_set(void **state)
{
    (void)state;
    pthread_mutex_lock(&mutex);
    main_thread = pthread_self();
    now_ns = 0;
    hold = patient = false;
    my_number = thread_numbers = 1;
    noted[0] = '\0';
    pthread_mutex_unlock(&mutex);
    return 0;
}

void stage_wait_blocked(int count)
{
    pthread_mutex_lock(&mutex);
    while (blocked < count)
        pthread_cond_wait(&changed, &mutex);
    pthread_mutex_unlock(&mutex);
}

void stage_pass(double seconds)
{
    pthread_mutex_lock(&mutex);
    advance(now_ns + (uint64_t)(seconds * 1e9));
    pthread_mutex_unlock(&mutex);
}

long long stage_now_ms(void)
{
    return (long long)(stage_now_ns() / 1000000);
}

void stage_hold(bool held)
{
    pthread_mutex_lock(&mutex);
    hold = held;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&mutex);
}

void stage_be_patient(bool be)
{
    pthread_mutex_lock(&mutex);
    patient = be;
    pthread_mutex_unlock(&mutex);
}

const char *stage_events(void)
{
    pthread_mutex_lock(&mutex);
    memcpy(shown, noted, sizeof(shown));
    noted[0] = '\0';
    pthread_mutex_unlock(&mutex);
    return shown;
}

void stage_forget(void)
{
    (void)stage_events();
}

/* The recorder ──────────────────────────────────────────────────────────────────────────────── */

__attribute__((format(printf, 1, 2))) static void note(const char *format, ...)
{
    const size_t used = strlen(noted);
    va_list args;

    va_start(args, format);
    vsnprintf(noted + used, sizeof(noted) - used, format, args);
    va_end(args);
}

static void note_event(const char *name, const struct weft_event_info *info,
                       enum weft_outcome outcome, const struct weft_record_args *args)
{
    pthread_mutex_lock(&mutex);
    note("%s%u:%s", noted[0] ? " " : "", my_number, name);
    if (info && args && info->first && info->second && info->second != WEFT_ARG_WITH)
        note("(%lld,%lld)", (long long)args->first, (long long)args->second);
    else if (info && args && info->first)
        note("(%lld)", (long long)args->first);
    if (args && args->text)
        note("\"%.*s\"", (int)args->text_bytes, args->text);
    if (outcome != WEFT_OUT_OK)
        note("!%s", weft_outcomes[outcome]);
    pthread_mutex_unlock(&mutex);
}

bool weft_record_on(void)
{
    return true;
}

uint32_t weft_record_new_thread(void)
{
    pthread_mutex_lock(&mutex);
    const uint32_t number = ++thread_numbers;
    pthread_mutex_unlock(&mutex);
    return number;
}

void weft_record_attach(uint32_t number)
{
    my_number = number;
    note_event("thread_start", NULL, WEFT_OUT_OK, NULL);
}

uint32_t weft_record_thread(void)
{
    if (my_number == 0)
        my_number = weft_record_new_thread();
    return my_number;
}

void weft_record_detach(void)
{
}

void weft_record(enum weft_event_kind kind, uint64_t object, const void *site,
                 enum weft_outcome outcome)
{
    weft_record_with(kind, object, site, outcome, NULL);
}

void weft_record_with(enum weft_event_kind kind, uint64_t object, const void *site,
                      enum weft_outcome outcome, const struct weft_record_args *args)
{
    (void)object;
    (void)site;
    if (kind == WEFT_EV_OBJECT_NEW)
        note_event("object_new", NULL, outcome, args);
    else if (kind == WEFT_EV_OBJECT_NAME)
        note_event("object_name", NULL, outcome, args);
    else
        note_event(weft_events[kind].name, &weft_events[kind], outcome, args);
}

void weft_record_query(enum weft_question question, uint64_t object, const void *site,
                       int64_t answer)
{
    const struct weft_event_info *info = &weft_events[weft_questions[question].once];

    (void)object;
    (void)site;
    if (weft_questions[question].once != WEFT_EV_QUERY) {
        note_event(info->name, NULL, WEFT_OUT_FAILED, NULL);
        return;
    }
    char asked[64];
    snprintf(asked, sizeof(asked), "%s?%lld", weft_questions[question].name, (long long)answer);
    note_event(asked, NULL, WEFT_OUT_OK, NULL);
}
