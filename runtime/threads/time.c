#include "runtime/threads/note.h"
#include "runtime/threads/thread.h"
#include "runtime/weft.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>

int weft_sleep(double seconds)
{
    const void *site = WEFT_CALL_SITE;
    struct weft_limit limit;

    if (!weft_limit_from(seconds, &limit))
        return -EINVAL;
    weft_note_args(WEFT_EV_SLEEP_BEGIN, NULL, site, limit.timeout_ns, 0);
    weft_thread_settle(weft_thread_self());
    weft_schedule()->sleep_until(limit.deadline_ns);
    weft_note(WEFT_EV_SLEEP_END, NULL, site);
    return 1;
}

double weft_time(void)
{
    return (double)weft_schedule()->wall_ns() / 1e9;
}

/* asctime's form, without its newline, its static buffer and its limit to four-digit years. */
char *weft_ctime(double t, char out[32])
{
    static const char days[7][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const double furthest = 1e17; /* s: beyond any year that struct tm holds, within time_t */
    struct tm tm;

    out[0] = '\0';
    if (!(t > -furthest && t < furthest)) /* NaN too */
        return out;
    time_t whole = (time_t)t;
    if ((double)whole > t) /* down, also before 1970 */
        whole--;
    if (!localtime_r(&whole, &tm))
        return out;
    snprintf(out, 32, "%s %s %2d %02d:%02d:%02d %lld", days[tm.tm_wday], months[tm.tm_mon],
             tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, tm.tm_year + 1900LL);
    return out;
}
