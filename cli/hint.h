/*
 * The last line of a recording: how many findings its trace has, where they are cheap to look for.
 * Threads: the main thread only.
 */
#ifndef WEFT_CLI_HINT_H
#define WEFT_CLI_HINT_H

/*
 * Prints "weft: 2 findings: weft check TRACE" on stderr; nothing when there is none, when the trace
 * is no file, or when it is so large that looking takes more than a moment.
 */
void weft_hint_findings(const char *trace);

#endif
