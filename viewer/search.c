#include "viewer/search.h"

#include "base/vec.h"

#include <stdlib.h>
#include <string.h>

void weft_search_done(struct weft_search *search)
{
    free(search->found.at);
    *search = (struct weft_search){.at = WEFT_NONE};
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

bool weft_search_has(const char *text, const char *word)
{
    for (; *text != '\0' || *word == '\0'; text++) {
        size_t i = 0;
        while (word[i] != '\0' && lower(text[i]) == lower(word[i])) {
            i++;
        }
        if (word[i] == '\0') {
            return true;
        }
    }
    return false;
}

static bool add(struct weft_search *search, enum weft_found_kind kind, uint32_t index)
{
    if (search->found.count == WEFT_SEARCH_MOST) {
        search->more = true;
        return true;
    }
    return weft_vec_push(&search->found, (struct weft_found){kind, index});
}

static bool find_names(struct weft_search *search, const struct weft_model *model, const char *word)
{
    bool ok = true;

    for (uint32_t i = 0; ok && i < model->threads.count && !search->more; i++) {
        bool has = weft_search_has(model->threads.at[i].name, word);
        for (size_t k = 0; !has && k < model->threads.at[i].names.count; k++) {
            has = weft_search_has(model->threads.at[i].names.at[k].name, word);
        }
        ok = !has || add(search, WEFT_FOUND_THREAD, i);
    }
    for (uint32_t i = 0; ok && i < model->objects.count && !search->more; i++) {
        ok = !weft_search_has(model->objects.at[i].name, word) || add(search, WEFT_FOUND_OBJECT, i);
    }
    return ok;
}

static bool find_findings(struct weft_search *search, const struct weft_findings *findings,
                          const char *word)
{
    bool ok = true;

    for (uint32_t i = 0; ok && findings != NULL && i < findings->all.count && !search->more; i++) {
        const struct weft_finding *finding = &findings->all.at[i];
        const bool has = weft_search_has(weft_finding_kinds[finding->kind].name, word) ||
                         weft_search_has(finding->what, word) ||
                         weft_search_has(finding->why, word) ||
                         weft_search_has(finding->advice, word);
        ok = !has || finding->detail_of != WEFT_NONE || add(search, WEFT_FOUND_FINDING, i);
    }
    return ok;
}

bool weft_search_run(struct weft_search *search, const struct weft_model *model,
                     const struct weft_findings *findings, const char *text)
{
    const size_t len = strnlen(text, sizeof search->text - 1);

    memmove(search->text, text, len);
    search->text[len] = '\0';
    search->found.count = 0;
    search->more = false;
    search->at = WEFT_NONE;
    if (len == 0) {
        return true;
    }
    bool ok =
        find_names(search, model, search->text) && find_findings(search, findings, search->text);
    for (uint32_t i = 0; ok && i < model->sites.count && !search->more; i++) {
        const struct weft_site *site = &model->sites.at[i];
        ok = (!weft_search_has(site->function, search->text) &&
              !weft_search_has(site->file, search->text)) ||
             add(search, WEFT_FOUND_SITE, i);
    }
    for (uint32_t i = 0; ok && i < model->prints.count && !search->more; i++) {
        ok = !weft_search_has(model->prints.at[i].text, search->text) ||
             add(search, WEFT_FOUND_PRINT, i);
    }
    return ok;
}

const struct weft_found *weft_search_step(struct weft_search *search, bool on)
{
    const uint32_t count = (uint32_t)search->found.count;

    if (count == 0) {
        return NULL;
    }
    if (search->at >= count) {
        search->at = on ? 0 : count - 1;
    } else {
        search->at = (search->at + (on ? 1 : count - 1)) % count;
    }
    return &search->found.at[search->at];
}
