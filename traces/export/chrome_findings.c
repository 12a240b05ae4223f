#include "traces/export/chrome_findings.h"

#include <stdlib.h>

/* Few: at most WEFT_FINDINGS_MAX of a kind. */
static void insert(struct weft_chrome_findings *findings, uint32_t index)
{
    const struct weft_finding *all = findings->found.all.at;
    size_t at = findings->count++;

    while (at > 0 && all[findings->order[at - 1]].from_ns > all[index].from_ns) {
        findings->order[at] = findings->order[at - 1];
        at--;
    }
    findings->order[at] = index;
}

enum weft_status weft_chrome_findings_look(const struct weft_model *model,
                                           struct weft_chrome_findings *findings)
{
    weft_findings_init(&findings->found, model);
    if (weft_findings_look(&findings->found) != WEFT_OK) {
        return WEFT_ERR_MEMORY;
    }
    findings->order = calloc(findings->found.all.count + 1, sizeof *findings->order);
    if (findings->order == NULL) {
        return WEFT_ERR_MEMORY;
    }
    for (uint32_t i = 0; i < findings->found.all.count; i++) {
        if (findings->found.all.at[i].detail_of == WEFT_NONE) {
            insert(findings, i);
        }
    }
    return WEFT_OK;
}

void weft_chrome_findings_done(struct weft_chrome_findings *findings)
{
    if (findings->found.model != NULL) {
        weft_findings_done(&findings->found);
    }
    free(findings->order);
    *findings = (struct weft_chrome_findings){0};
}

static void put_finding(struct weft_chrome *chrome, const struct weft_finding *finding)
{
    weft_chrome_begin_event(chrome, "i", chrome->lanes.findings_tid);
    weft_chrome_put_time(chrome, finding->from_ns);
    weft_chrome_say(chrome, weft_finding_kinds[finding->kind].name);
    for (size_t i = 0; i < finding->objects.count && i < 2; i++) {
        weft_chrome_say(chrome, i == 0 ? ": " : ", ");
        weft_chrome_say_object(chrome, finding->objects.at[i]);
    }
    weft_chrome_put_name(chrome);
    weft_chrome_put_category(chrome, "finding");
    weft_sink_text(chrome->sink, ",\"s\":\"t\"");
    if (finding->places.count > 0) {
        weft_chrome_put_loc(chrome, finding->places.at[0].site);
    }
    weft_chrome_put_text_arg(chrome, "what", finding->what);
    weft_chrome_put_text_arg(chrome, "why", finding->why);
    weft_chrome_put_text_arg(chrome, "advice", finding->advice);
    weft_chrome_put_int_arg(chrome, "to_ns", (int64_t)finding->to_ns);
    weft_chrome_put_int_arg(chrome, "cost_ns", (int64_t)finding->cost_ns);
    weft_chrome_end_event(chrome);
}

void weft_chrome_findings_put(struct weft_chrome *chrome, struct weft_chrome_findings *findings,
                              uint64_t t_ns)
{
    const struct weft_finding *all = findings->found.all.at;

    while (findings->next < findings->count &&
           all[findings->order[findings->next]].from_ns <= t_ns) {
        put_finding(chrome, &all[findings->order[findings->next++]]);
    }
}
