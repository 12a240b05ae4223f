/*
 * What an executable file says about itself before it runs: whether the recorder can be loaded
 * into it, and what will stay unseen.  The bytes are untrusted: every offset and count is checked
 * against what is there, and a broken file merely says less.
 * Threads: any.
 */
#ifndef WEFT_CLI_ELF_H
#define WEFT_CLI_ELF_H

#include <stdbool.h>

enum weft_elf_kind {
    WEFT_ELF_UNREADABLE, /* executable perhaps, but not for our eyes */
    WEFT_ELF_SCRIPT,     /* begins with #! */
    WEFT_ELF_PROGRAM,
    WEFT_ELF_OTHER, /* neither: execvp hands it to /bin/sh */
};

enum { WEFT_ELF_NAME_MAX = 256 };

struct weft_elf {
    enum weft_elf_kind kind;
    char interpreter[WEFT_ELF_NAME_MAX]; /* of a script, or the program's loader; "": none */
    char asan[WEFT_ELF_NAME_MAX];        /* the library of AddressSanitizer that it needs; "" */
    bool is_32_bit;
    bool is_foreign; /* made for another processor */
    bool needs_gomp;
    bool is_go;
    bool records_itself; /* weft.h's recorder is linked in */
};

/* Never fails: what cannot be read is left out of *facts. */
void weft_elf_read(const char *path, struct weft_elf *facts);

#endif
