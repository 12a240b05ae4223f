#include "traces/analysis/choice.h"

/* Numbers with commas between them; 0: it is something else.  The text comes from a file. */
static uint32_t parse_numbers(const char *text, uint32_t *numbers)
{
    uint32_t count = 0;

    while (count < WEFT_CHOICE_NAMES) {
        uint64_t number = 0;
        if (*text < '0' || *text > '9') {
            return 0;
        }
        for (; *text >= '0' && *text <= '9'; text++) {
            number = number * 10 + (uint64_t)(*text - '0');
            if (number > UINT32_MAX) {
                return 0;
            }
        }
        numbers[count++] = (uint32_t)number;
        if (*text == '\0') {
            return count;
        }
        if (*text++ != ',') {
            return 0;
        }
    }
    return count;
}

bool weft_choice_of(const struct weft_model *model, uint32_t point, struct weft_choice *choice)
{
    struct weft_choice read = {.taken = 0};

    if (point >= model->points.count || weft_model_point(model, point).kind != WEFT_EV_CHOICE) {
        return false;
    }
    const struct weft_point_args args = weft_model_args(model, point);
    if (args.text == NULL || args.first < 0 || args.first > UINT32_MAX) {
        return false;
    }
    read.taken = (uint32_t)args.first;
    read.count = parse_numbers(args.text, read.numbers);
    if (weft_choice_others(&read) == 0) {
        return false;
    }
    *choice = read;
    return true;
}

void weft_choice_name(const struct weft_model *model, uint32_t point,
                      const struct weft_choice *choice, uint32_t candidate,
                      struct weft_sentence *out)
{
    const uint32_t number = choice->numbers[candidate];

    for (uint32_t i = 0; i < model->threads.count; i++) {
        if (model->threads.at[i].number == number) {
            weft_sentence_add(
                out, "%s",
                weft_thread_name_at(&model->threads.at[i], weft_model_point_ns(model, point)));
            return;
        }
    }
    weft_sentence_add(out, "thread %u", number);
}
