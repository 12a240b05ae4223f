#include "traces/analysis/wait_id.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

struct weft_word weft_wait_id(const struct weft_model *model, uint32_t thread, uint32_t span)
{
    struct weft_word word;

    snprintf(word.text, sizeof word.text, "%u.%u", model->threads.at[thread].number, span);
    return word;
}

static bool parse_number(const char *text, char ends_at, uint32_t *number, const char **rest)
{
    char *end = NULL;

    if (!isdigit((unsigned char)*text)) {
        return false;
    }
    errno = 0;
    const unsigned long long value = strtoull(text, &end, 10);
    if (*end != ends_at || errno != 0 || value >= UINT32_MAX) {
        return false;
    }
    *number = (uint32_t)value;
    *rest = end + (ends_at != '\0');
    return true;
}

bool weft_wait_id_parse(const struct weft_model *model, const char *text, uint32_t *thread,
                        uint32_t *span)
{
    const char *rest = text;
    uint32_t number, index;

    if (!parse_number(rest, '.', &number, &rest) || !parse_number(rest, '\0', &index, &rest)) {
        return false;
    }
    for (uint32_t i = 0; i < model->threads.count; i++) {
        if (model->threads.at[i].number == number && index < model->threads.at[i].spans.count) {
            *thread = i;
            *span = index;
            return true;
        }
    }
    return false;
}

bool weft_wait_begun_by(const struct weft_model *model, uint32_t point, uint32_t *span)
{
    const struct weft_point what = weft_model_point(model, point);
    const struct weft_event_info *info = &weft_events[what.kind];
    const struct weft_thread_info *thread = &model->threads.at[what.thread];

    if (info->phase != WEFT_PHASE_BEGIN || thread->spans.count == 0) {
        return false;
    }
    uint32_t at = weft_model_span_at(model, what.thread, what.t_ns);
    if (at == WEFT_NONE) { /* it began when the lane ended */
        at = (uint32_t)thread->spans.count - 1;
    }
    /* Of spans without length several may begin at one time. */
    for (uint32_t i = at + 1; i > 0; i--) {
        const struct weft_span one = weft_thread_span(model, thread, i - 1);
        if (one.start_ns < what.t_ns) {
            break;
        }
        if (one.start_ns == what.t_ns && one.state == info->state && one.object == what.object) {
            *span = i - 1;
            return true;
        }
    }
    return false;
}
