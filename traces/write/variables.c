#include "traces/write/variables.h"

#include "base/vec.h"
#include "traces/format/clock.h"

#include <dwarf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    SCOPES_MAX = 64, /* deeper nesting is not followed */
    TYPES_MAX = 64,  /* typedefs, members and arrays on the way to a lock */
    NAME_MAX_BYTES = 512,
    /* Somebody is waiting for the trace: what was not reached is called by its symbol. */
    INDEX_MAX_NS = 2 * 1000 * 1000 * 1000,
};

void weft_variables_done(struct weft_variables *variables)
{
    free(variables->at);
    *variables = (struct weft_variables){0};
}

/* Where a variable with a fixed place is. */
static bool fixed_address(Dwarf_Die *die, uint64_t *address)
{
    Dwarf_Attribute attribute, resolved;
    Dwarf_Op *ops;
    size_t count;

    if (dwarf_attr(die, DW_AT_location, &attribute) == NULL ||
        dwarf_getlocation(&attribute, &ops, &count) != 0 || count != 1) {
        return false;
    }
    if (ops[0].atom == DW_OP_addr) {
        *address = ops[0].number;
        return true;
    }
    return ops[0].atom == DW_OP_addrx &&
           dwarf_getlocation_attr(&attribute, &ops[0], &resolved) == 0 &&
           dwarf_formaddr(&resolved, address) == 0;
}

static void collect(struct weft_variables *variables, Dwarf_Die *parent, int depth)
{
    Dwarf_Die die;

    if (depth > SCOPES_MAX || dwarf_child(parent, &die) != 0) {
        return;
    }
    do {
        uint64_t address;
        switch (dwarf_tag(&die)) {
        case DW_TAG_variable:
            if (fixed_address(&die, &address)) {
                (void)weft_vec_push(variables,
                                    (struct weft_variable){address, dwarf_dieoffset(&die)});
            }
            break;
        case DW_TAG_namespace:
        case DW_TAG_subprogram:
        case DW_TAG_lexical_block:
        case DW_TAG_inlined_subroutine:
            collect(variables, &die, depth + 1);
            break;
        default:
            break;
        }
    } while (dwarf_siblingof(&die, &die) == 0);
}

static int by_address(const void *a, const void *b)
{
    const struct weft_variable *left = a, *right = b;

    return (left->address > right->address) - (left->address < right->address);
}

static void make_index(struct weft_variables *variables, Dwfl_Module *module)
{
    Dwarf_Die *unit = NULL;
    Dwarf_Addr bias;

    variables->made = true;
    const uint64_t until = weft_clock_monotonic() + INDEX_MAX_NS;
    while (weft_clock_monotonic() < until &&
           (unit = dwfl_module_nextcu(module, unit, &bias)) != NULL) {
        collect(variables, unit, 0);
    }
    if (variables->count > 0) {
        qsort(variables->at, variables->count, sizeof *variables->at, by_address);
    }
}

/* Text that is put together within a bound; `full` once something did not fit. */
struct text {
    char at[NAME_MAX_BYTES];
    size_t used;
    bool full;
};

static void add(struct text *text, const char *part)
{
    const size_t len = strlen(part);

    if (len >= sizeof text->at - text->used) {
        text->full = true;
        return;
    }
    memcpy(text->at + text->used, part, len + 1);
    text->used += len;
}

static bool give(const struct text *text, char *name, size_t room)
{
    if (text->full || text->used == 0 || text->used >= room) {
        return false;
    }
    memcpy(name, text->at, text->used + 1);
    return true;
}

/* Name of one scope; "" for those that nobody writes. */
static const char *scope_name(Dwarf_Die *scope)
{
    const char *name;

    switch (dwarf_tag(scope)) {
    case DW_TAG_namespace:
        name = dwarf_diename(scope);
        return name != NULL ? name : "(anonymous namespace)";
    case DW_TAG_subprogram:
    case DW_TAG_class_type:
    case DW_TAG_structure_type:
    case DW_TAG_union_type:
        name = dwarf_diename(scope);
        return name != NULL ? name : "";
    default:
        return "";
    }
}

/* The declaration inside its scopes, for a definition that stands outside of them. */
static Dwarf_Die *declaration_of(Dwarf_Die *die, Dwarf_Die *memory)
{
    static const unsigned links[] = {DW_AT_abstract_origin, DW_AT_specification};
    Dwarf_Die *found = die;

    for (size_t i = 0; i < sizeof links / sizeof *links; i++) {
        Dwarf_Attribute attribute;
        if (dwarf_attr(found, links[i], &attribute) != NULL &&
            dwarf_formref_die(&attribute, memory) != NULL) {
            found = memory;
        }
    }
    return found;
}

static bool qualify(struct text *text, Dwarf_Die *die)
{
    Dwarf_Die memory;
    Dwarf_Die *scopes = NULL;
    Dwarf_Die *declaration = declaration_of(die, &memory);
    const char *own = dwarf_diename(declaration);
    int count;

    if (own == NULL) {
        return false;
    }
    count = dwarf_getscopes_die(declaration, &scopes);
    for (int i = count - 1; i > 0; i--) { /* from the unit inwards; 0 is the DIE itself */
        const char *name = scope_name(&scopes[i]);
        if (name[0] != '\0') {
            add(text, name);
            add(text, "::");
        }
    }
    free(scopes);
    add(text, own);
    return true;
}

bool weft_variables_qualify(Dwarf_Die *die, char *name, size_t room)
{
    struct text text = {.used = 0};

    return qualify(&text, die) && give(&text, name, room);
}

/* The type behind typedefs and qualifiers; false: none is described. */
static bool plain_type(Dwarf_Die *die, Dwarf_Die *type)
{
    Dwarf_Attribute attribute;

    return dwarf_attr_integrate(die, DW_AT_type, &attribute) != NULL &&
           dwarf_formref_die(&attribute, type) != NULL && dwarf_peel_type(type, type) == 0;
}

/* Elements along one dimension; false: not known. */
static bool dimension(Dwarf_Die *range, uint64_t *count)
{
    Dwarf_Attribute attribute;
    Dwarf_Word value;

    if (dwarf_attr(range, DW_AT_count, &attribute) != NULL) {
        if (dwarf_formudata(&attribute, &value) != 0) {
            return false;
        }
        *count = value;
        return true;
    }
    if (dwarf_attr(range, DW_AT_upper_bound, &attribute) == NULL ||
        dwarf_formudata(&attribute, &value) != 0 || value == UINT64_MAX) {
        return false;
    }
    *count = value + 1;
    return true;
}

/* Steps into an array: the indices, and *offset becomes that inside the element. */
static bool into_array(struct text *text, Dwarf_Die *array, Dwarf_Die *element, uint64_t *offset)
{
    uint64_t counts[8];
    size_t dimensions = 0;
    Dwarf_Die range;
    Dwarf_Word size;

    if (!plain_type(array, element) || dwarf_aggregate_size(element, &size) != 0 || size == 0) {
        return false;
    }
    if (dwarf_child(array, &range) == 0) {
        do {
            if (dwarf_tag(&range) == DW_TAG_subrange_type &&
                (dimensions == sizeof counts / sizeof *counts ||
                 !dimension(&range, &counts[dimensions++]))) {
                return false;
            }
        } while (dwarf_siblingof(&range, &range) == 0);
    }
    uint64_t index = *offset / size;
    uint64_t indices[8];
    for (size_t i = dimensions; i-- > 0;) { /* the last index runs fastest */
        if (counts[i] == 0) {
            return false;
        }
        indices[i] = i == 0 ? index : index % counts[i];
        index /= counts[i];
    }
    for (size_t i = 0; i < dimensions; i++) {
        char number[32];
        (void)snprintf(number, sizeof number, "[%llu]", (unsigned long long)indices[i]);
        add(text, number);
    }
    *offset %= size;
    return dimensions > 0;
}

/* The member of a struct, class or union that holds *offset; false: none, or no lock inside. */
static bool into_members(struct text *text, Dwarf_Die *whole, Dwarf_Die *type, uint64_t *offset)
{
    Dwarf_Die member;

    if (dwarf_child(whole, &member) != 0) {
        return false;
    }
    do {
        const int tag = dwarf_tag(&member);
        Dwarf_Attribute attribute;
        Dwarf_Word at = 0, size;
        Dwarf_Die inner;
        if ((tag != DW_TAG_member && tag != DW_TAG_inheritance) ||
            dwarf_hasattr(&member, DW_AT_external) ||
            (dwarf_attr(&member, DW_AT_data_member_location, &attribute) != NULL &&
             dwarf_formudata(&attribute, &at) != 0) ||
            !plain_type(&member, &inner) || dwarf_aggregate_size(&inner, &size) != 0 ||
            *offset < at || *offset - at >= size) {
            continue;
        }
        const char *name = tag == DW_TAG_member ? dwarf_diename(&member) : NULL;
        if (name != NULL) {
            add(text, ".");
            add(text, name);
        }
        *offset -= at;
        *type = inner;
        return true;
    } while (dwarf_siblingof(&member, &member) == 0);
    return false;
}

/*
 * Types that are themselves what waits: the user does not write what is inside them.
 * pthread_mutex_t is a typedef of a nameless union, so the typedef is what must be looked at.
 */
static bool is_primitive(Dwarf_Die *holder)
{
    static const char *const names[] = {"sem_t",
                                        "mtx_t",
                                        "cnd_t",
                                        "once_flag",
                                        "mutex",
                                        "timed_mutex",
                                        "recursive_mutex",
                                        "recursive_timed_mutex",
                                        "shared_mutex",
                                        "shared_timed_mutex",
                                        "condition_variable",
                                        "condition_variable_any"};
    Dwarf_Attribute attribute;
    Dwarf_Die type = *holder;

    for (int steps = 0; steps < TYPES_MAX; steps++) {
        Dwarf_Die next;
        if (dwarf_attr_integrate(&type, DW_AT_type, &attribute) == NULL ||
            dwarf_formref_die(&attribute, &next) == NULL) {
            return false;
        }
        const char *name = dwarf_diename(&next);
        if (name != NULL && strncmp(name, "pthread_", 8) == 0) {
            return true;
        }
        for (size_t i = 0; name != NULL && i < sizeof names / sizeof *names; i++) {
            if (strcmp(name, names[i]) == 0) {
                return true;
            }
        }
        const int tag = dwarf_tag(&next);
        if (tag != DW_TAG_typedef && tag != DW_TAG_const_type && tag != DW_TAG_volatile_type &&
            tag != DW_TAG_atomic_type) {
            return false;
        }
        type = next;
    }
    return false;
}

/* Member whose type decides whether to go deeper, found again by its offset. */
static bool member_is_primitive(Dwarf_Die *whole, uint64_t offset)
{
    Dwarf_Die member;

    if (dwarf_child(whole, &member) != 0) {
        return false;
    }
    do {
        Dwarf_Attribute attribute;
        Dwarf_Word at = 0;
        if (dwarf_tag(&member) == DW_TAG_member && !dwarf_hasattr(&member, DW_AT_external) &&
            (dwarf_attr(&member, DW_AT_data_member_location, &attribute) == NULL ||
             dwarf_formudata(&attribute, &at) == 0) &&
            at == offset && is_primitive(&member)) {
            return true;
        }
    } while (dwarf_siblingof(&member, &member) == 0);
    return false;
}

/* The path from a variable to the byte at offset inside of it. */
static void walk(struct text *text, Dwarf_Die *variable, uint64_t offset)
{
    Dwarf_Die type;
    bool done = offset == 0 && is_primitive(variable);

    if (done || !plain_type(variable, &type)) {
        return;
    }
    for (int steps = 0; !done && steps < TYPES_MAX; steps++) {
        const int tag = dwarf_tag(&type);
        Dwarf_Die inner;
        if (tag == DW_TAG_array_type) {
            done =
                !into_array(text, &type, &inner, &offset) || (offset == 0 && is_primitive(&type));
        } else if (tag == DW_TAG_structure_type || tag == DW_TAG_class_type ||
                   tag == DW_TAG_union_type) {
            done = member_is_primitive(&type, offset);
            done |= !into_members(text, &type, &inner, &offset);
        } else {
            break;
        }
        type = inner;
    }
}

bool weft_variables_name(struct weft_variables *variables, Dwfl_Module *module, uint64_t address,
                         char *name, size_t room)
{
    struct text text = {.used = 0};
    Dwarf_Die die, declaration, type;
    Dwarf_Addr bias;
    Dwarf_Word size;
    size_t from = 0, to;

    Dwarf *dwarf = dwfl_module_getdwarf(module, &bias);
    if (dwarf == NULL) {
        return false;
    }
    if (!variables->made) {
        make_index(variables, module);
    }
    to = variables->count;
    while (from < to) { /* the first variable behind the address */
        const size_t middle = from + (to - from) / 2;
        if (variables->at[middle].address + bias <= address) {
            from = middle + 1;
        } else {
            to = middle;
        }
    }
    if (from == 0 || dwarf_offdie(dwarf, variables->at[from - 1].die, &die) == NULL) {
        return false;
    }
    const uint64_t offset = address - bias - variables->at[from - 1].address;
    Dwarf_Die *typed = declaration_of(&die, &declaration);
    if (!plain_type(&die, &type) && !plain_type(typed, &type)) {
        return false;
    }
    if (dwarf_aggregate_size(&type, &size) == 0 ? offset >= size : offset != 0) {
        return false;
    }
    if (!qualify(&text, &die)) {
        return false;
    }
    walk(&text, dwarf_hasattr_integrate(&die, DW_AT_type) ? &die : typed, offset);
    return give(&text, name, room);
}
