#include "runtime/preload/image.h"

#include "runtime/record/sys.h"
#include "runtime/record/text.h"

#include <elf.h>
#include <stddef.h>
#include <stdint.h>

enum {
    BEGIN_BYTES = 2048, /* of a file: the headers and the name of its loader stand there */
    SCRIPT_DEPTH = 4,   /* interpreters that are scripts themselves: as many as Linux follows */
    PATH_ROOM = 1024,
    DYNAMIC_MAX = 64, /* entries: the libraries stand first */
};

extern char **environ;

/* The beginning of a file; at least its last byte is 0. */
struct beginning {
    union {
        char text[BEGIN_BYTES];
        Elf64_Ehdr elf;
    } at;
    size_t bytes;
};

static bool read_beginning(long fd, struct beginning *begin)
{
    const long got = weft_sys_read((int)fd, begin->at.text, BEGIN_BYTES - 1);

    begin->bytes = got > 0 ? (size_t)got : 0;
    begin->at.text[begin->bytes] = '\0';
    return got > 0;
}

/* "#! /bin/sh -e" → "/bin/sh" */
static bool is_script(const struct beginning *begin, char *interpreter)
{
    const char *at = begin->at.text + 2;
    size_t bytes = 0;

    if (begin->bytes < 2 || begin->at.text[0] != '#' || begin->at.text[1] != '!') {
        return false;
    }
    while (*at == ' ' || *at == '\t') {
        at++;
    }
    while (at[bytes] != '\0' && at[bytes] != ' ' && at[bytes] != '\t' && at[bytes] != '\n' &&
           bytes < PATH_ROOM - 1) {
        interpreter[bytes] = at[bytes];
        bytes++;
    }
    interpreter[bytes] = '\0';
    return true;
}

static bool holds(const char *text, const char *word)
{
    while (*text != '\0' && !weft_text_begins(text, word)) {
        text++;
    }
    return *text != '\0';
}

/* NULL: there are no more, or they are not at the beginning. */
static const Elf64_Phdr *segment_at(const struct beginning *begin, size_t i)
{
    const Elf64_Ehdr *head = &begin->at.elf;
    const uint64_t at = head->e_phoff + i * sizeof(Elf64_Phdr);

    return i < head->e_phnum && head->e_phoff <= begin->bytes &&
                   at + sizeof(Elf64_Phdr) <= begin->bytes
               ? (const void *)(begin->at.text + at)
               : NULL;
}

/* The loader that the program names; NULL: none, or not at the beginning. */
static const char *loader_of(const struct beginning *begin)
{
    for (size_t i = 0; segment_at(begin, i) != NULL; i++) {
        const Elf64_Phdr *segment = segment_at(begin, i);
        if (segment->p_type == PT_INTERP && segment->p_offset < begin->bytes) {
            return begin->at.text + segment->p_offset;
        }
    }
    return NULL;
}

/* Where in the file the byte at a virtual address is; 0: nowhere. */
static uint64_t offset_of(const struct beginning *begin, uint64_t address)
{
    for (size_t i = 0; segment_at(begin, i) != NULL; i++) {
        const Elf64_Phdr *segment = segment_at(begin, i);
        if (segment->p_type == PT_LOAD && address >= segment->p_vaddr &&
            address - segment->p_vaddr < segment->p_filesz) {
            return segment->p_offset + (address - segment->p_vaddr);
        }
    }
    return 0;
}

static size_t read_part(long fd, uint64_t at, void *to, size_t bytes)
{
    const long got = weft_sys(SYS_pread64, fd, (long)to, (long)bytes, (long)at, 0, 0);

    return got > 0 ? (size_t)got : 0;
}

/* Does it need a library of that name?  GCC's AddressSanitizer starts with nothing before itself.
 */
static bool needs(long fd, const struct beginning *begin, const char *library)
{
    Elf64_Dyn entries[DYNAMIC_MAX];
    char name[16];
    uint64_t strings = 0;
    size_t count = 0;

    for (size_t i = 0; segment_at(begin, i) != NULL; i++) {
        const Elf64_Phdr *segment = segment_at(begin, i);
        if (segment->p_type == PT_DYNAMIC) {
            count = read_part(fd, segment->p_offset, entries, sizeof entries) / sizeof *entries;
        }
    }
    for (size_t i = 0; i < count; i++) {
        if (entries[i].d_tag == DT_STRTAB) {
            strings = offset_of(begin, entries[i].d_un.d_ptr);
        }
    }
    for (size_t i = 0; strings != 0 && i < count && entries[i].d_tag != DT_NULL; i++) {
        const size_t got =
            entries[i].d_tag == DT_NEEDED
                ? read_part(fd, strings + entries[i].d_un.d_val, name, sizeof name - 1)
                : 0;
        name[got] = '\0';
        if (got > 0 && weft_text_begins(name, library)) {
            return true;
        }
    }
    return false;
}

static bool program_takes_us(long fd, const struct beginning *begin)
{
    const char *text = begin->at.text;
    const char *loader;

    if (begin->bytes < sizeof begin->at.elf || text[0] != '\177' || text[1] != 'E' ||
        text[2] != 'L' || text[3] != 'F') {
        return true; /* a script without a first line: /bin/sh */
    }
    if (text[EI_CLASS] != ELFCLASS64) {
        return false;
    }
    loader = loader_of(begin);
    return (loader == NULL || !holds(loader, "/ld-musl")) && !needs(fd, begin, "libasan.so");
}

static bool file_takes_us(const char *path)
{
    struct beginning begin;
    char interpreter[PATH_ROOM];

    for (int depth = 0; depth < SCRIPT_DEPTH; depth++) {
        const long fd = weft_sys_open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
        if (fd < 0) {
            break;
        }
        const bool is_program = read_beginning(fd, &begin) && !is_script(&begin, interpreter);
        const bool takes_us = !is_program || program_takes_us(fd, &begin);
        (void)weft_sys_close((int)fd);
        if (is_program || begin.bytes == 0) {
            return takes_us;
        }
        path = interpreter;
    }
    return true;
}

static const char *folders(void)
{
    static const char key[] = "PATH=";

    for (char *const *entry = environ; entry != NULL && *entry != NULL; entry++) {
        size_t i = 0;
        while (key[i] != '\0' && (*entry)[i] == key[i]) {
            i++;
        }
        if (key[i] == '\0') {
            return *entry + i;
        }
    }
    return "/bin:/usr/bin";
}

static bool may_execute(const char *path)
{
    enum { EXECUTE = 1 };

    return weft_sys(SYS_faccessat, AT_FDCWD, (long)path, EXECUTE, 0, 0, 0) == 0;
}

bool weft_image_takes_us(const char *path, bool searched)
{
    char tried[PATH_ROOM];
    bool has_slash = false;
    size_t bytes = 0;

    if (path == NULL) {
        return true;
    }
    for (; path[bytes] != '\0'; bytes++) {
        has_slash |= path[bytes] == '/';
    }
    if (!searched || has_slash) {
        return file_takes_us(path);
    }
    for (const char *at = folders(); *at != '\0';) {
        size_t used = 0;
        while (*at != '\0' && *at != ':' && used < PATH_ROOM - 1) {
            tried[used++] = *at++;
        }
        at += *at == ':';
        if (used + 1 + bytes < PATH_ROOM) {
            tried[used] = '/';
            for (size_t i = 0; i <= bytes; i++) {
                tried[used + 1 + i] = path[i];
            }
            if (may_execute(used > 0 ? tried : tried + 1)) {
                return file_takes_us(used > 0 ? tried : tried + 1);
            }
        }
    }
    return true;
}
