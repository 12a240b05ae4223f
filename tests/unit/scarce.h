/*
 * Memory that runs out on command.  The linker puts the functions of scarce.c before the real ones
 * (--wrap=malloc and so on, in CMakeLists.txt).  Threads: one.
 */
#ifndef WEFT_TESTS_SCARCE_H
#define WEFT_TESTS_SCARCE_H

#include <stdint.h>

extern uint64_t scarce_allocations; /* asked for so far; a test sets it to 0 */
extern uint64_t scarce_fails_at;    /* the one that fails; UINT64_MAX: none */

#endif
