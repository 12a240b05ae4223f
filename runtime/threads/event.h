/*
 * Events for other files of this folder: the call site is their caller's.
 */
#ifndef WEFT_RUNTIME_THREADS_EVENT_H
#define WEFT_RUNTIME_THREADS_EVENT_H

#include "runtime/threads/thread.h"

int weft_event_set_at(struct weft_event *event, const void *site);
int weft_event_wait_at(struct weft_event *event, double seconds, const void *site);

#endif
