#include "viewer/facts.h"

bool weft_facts_of(const struct weft_model *model, struct weft_target target,
                   struct weft_facts *facts)
{
    switch (target.kind) {
    case WEFT_TARGET_SPAN:
        weft_facts_of_span(model, target.owner, target.index, facts);
        return true;
    case WEFT_TARGET_ZONE:
        weft_facts_of_zone(model, target.owner, target.index, facts);
        return true;
    case WEFT_TARGET_HOLD:
        weft_facts_of_hold(model, target.owner, target.index, facts);
        return true;
    case WEFT_TARGET_LEVEL:
        weft_facts_of_level(model, target.owner, target.index, facts);
        return true;
    case WEFT_TARGET_POINT:
        weft_facts_of_point(model, target.index, facts);
        return true;
    case WEFT_TARGET_WAKE:
        weft_facts_of_wake(model, target.index, facts);
        return true;
    default:
        return false;
    }
}
