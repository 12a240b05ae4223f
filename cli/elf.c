#include "cli/elf.h"

#include <elf.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    HEADERS_MAX = 4096,    /* program headers that are looked at */
    DYNAMIC_MAX = 16384,   /* entries of the dynamic section */
    NOTES_MAX = 64 * 1024, /* bytes of one note segment */
    GO_BUILD_ID = 4,       /* type of the note that the Go linker writes */
    WEFT_RECORDER = 1,     /* type of the note in runtime/record: "WEFT" */
};

/* A file of which only whole reads count. */
struct file {
    int fd;
    uint64_t bytes;
};

static bool read_at(const struct file *file, uint64_t at, void *to, size_t len)
{
    return at <= file->bytes && len <= file->bytes - at && at <= INT64_MAX - len &&
           pread(file->fd, to, len, (off_t)at) == (ssize_t)len;
}

/* A string at `at`; cut names are no names. */
static bool read_name(const struct file *file, uint64_t at, char *name)
{
    const uint64_t left = at < file->bytes ? file->bytes - at : 0;
    const size_t len = left < WEFT_ELF_NAME_MAX ? (size_t)left : WEFT_ELF_NAME_MAX;

    if (len == 0 || !read_at(file, at, name, len) || memchr(name, '\0', len) == NULL) {
        name[0] = '\0';
    }
    return name[0] != '\0';
}

struct segments {
    Elf64_Phdr *at;
    size_t count;
};

/* Where in the file the byte at a virtual address is. */
static bool file_offset(const struct segments *segments, uint64_t address, uint64_t *offset)
{
    for (size_t i = 0; i < segments->count; i++) {
        const Elf64_Phdr *segment = &segments->at[i];
        if (segment->p_type == PT_LOAD && address >= segment->p_vaddr &&
            address - segment->p_vaddr < segment->p_filesz) {
            *offset = segment->p_offset + (address - segment->p_vaddr);
            return *offset >= segment->p_offset;
        }
    }
    return false;
}

static void take_needed(const char *name, struct weft_elf *facts)
{
    if (strncmp(name, "libgomp.so", 10) == 0) {
        facts->needs_gomp = true;
    } else if (strncmp(name, "libasan.so", 10) == 0) {
        memcpy(facts->asan, name, strlen(name) + 1);
    }
}

static void read_dynamic(const struct file *file, const struct segments *segments,
                         const Elf64_Phdr *dynamic, struct weft_elf *facts)
{
    const uint64_t present = dynamic->p_filesz / sizeof(Elf64_Dyn);
    const size_t count = present < DYNAMIC_MAX ? (size_t)present : DYNAMIC_MAX;
    Elf64_Dyn *entries = calloc(count + 1, sizeof *entries);
    uint64_t strings = 0;
    bool any = false;

    if (entries == NULL || !read_at(file, dynamic->p_offset, entries, count * sizeof *entries)) {
        goto done;
    }
    for (size_t i = 0; i < count && entries[i].d_tag != DT_NULL; i++) {
        if (entries[i].d_tag == DT_STRTAB) {
            any = file_offset(segments, entries[i].d_un.d_ptr, &strings);
        }
    }
    for (size_t i = 0; any && i < count && entries[i].d_tag != DT_NULL; i++) {
        char name[WEFT_ELF_NAME_MAX];
        if (entries[i].d_tag == DT_NEEDED && entries[i].d_un.d_val < file->bytes &&
            read_name(file, strings + entries[i].d_un.d_val, name)) {
            take_needed(name, facts);
        }
    }
done:
    free(entries);
}

static void read_notes(const struct file *file, const Elf64_Phdr *segment, struct weft_elf *facts)
{
    const size_t len = segment->p_filesz < NOTES_MAX ? (size_t)segment->p_filesz : NOTES_MAX;
    const size_t align = segment->p_align == 8 ? 8 : 4;
    char *notes = malloc(len + 1);
    size_t at = 0;

    if (notes == NULL || !read_at(file, segment->p_offset, notes, len)) {
        goto done;
    }
    while (len - at >= sizeof(Elf64_Nhdr)) {
        Elf64_Nhdr note;
        memcpy(&note, notes + at, sizeof note);
        const uint64_t name = (note.n_namesz + 3ULL) / 4 * 4;
        const uint64_t whole = (sizeof note + name + note.n_descsz + align - 1) / align * align;
        if (sizeof note + name > len - at) {
            break;
        }
        const char *owner = notes + at + sizeof note;
        facts->is_go |=
            note.n_type == GO_BUILD_ID && note.n_namesz == 4 && memcmp(owner, "Go", 3) == 0;
        facts->records_itself |=
            note.n_type == WEFT_RECORDER && note.n_namesz == 5 && memcmp(owner, "WEFT", 5) == 0;
        if (whole > len - at) {
            break;
        }
        at += (size_t)whole;
    }
done:
    free(notes);
}

static uint16_t own_machine(void)
{
#if defined(__x86_64__)
    return EM_X86_64;
#elif defined(__aarch64__)
    return EM_AARCH64;
#elif defined(__riscv)
    return EM_RISCV;
#else
    return EM_NONE;
#endif
}

static void read_program(const struct file *file, struct weft_elf *facts)
{
    struct segments segments = {0};
    Elf64_Ehdr head;

    if (!read_at(file, 0, &head, sizeof head)) {
        return;
    }
    facts->is_32_bit = head.e_ident[EI_CLASS] == ELFCLASS32;
    facts->is_foreign = own_machine() != EM_NONE && head.e_machine != own_machine();
    if (facts->is_32_bit || facts->is_foreign || head.e_phentsize != sizeof(Elf64_Phdr)) {
        return;
    }
    segments.count = head.e_phnum < HEADERS_MAX ? head.e_phnum : HEADERS_MAX;
    segments.at = calloc(segments.count + 1, sizeof *segments.at);
    if (segments.at == NULL ||
        !read_at(file, head.e_phoff, segments.at, segments.count * sizeof *segments.at)) {
        segments.count = 0;
    }
    for (size_t i = 0; i < segments.count; i++) {
        const Elf64_Phdr *segment = &segments.at[i];
        if (segment->p_type == PT_INTERP) {
            (void)read_name(file, segment->p_offset, facts->interpreter);
        } else if (segment->p_type == PT_DYNAMIC) {
            read_dynamic(file, &segments, segment, facts);
        } else if (segment->p_type == PT_NOTE) {
            read_notes(file, segment, facts);
        }
    }
    free(segments.at);
}

/* "#! /usr/bin/env python3" → "/usr/bin/env" */
static void read_script(const struct file *file, struct weft_elf *facts)
{
    char line[WEFT_ELF_NAME_MAX + 2];
    const size_t len = file->bytes < sizeof line - 1 ? (size_t)file->bytes : sizeof line - 1;

    if (!read_at(file, 0, line, len)) {
        return;
    }
    line[len] = '\0';
    const char *name = line + 2 + strspn(line + 2, " \t");
    const size_t name_len = strcspn(name, " \t\n");
    memcpy(facts->interpreter, name, name_len);
    facts->interpreter[name_len] = '\0';
}

void weft_elf_read(const char *path, struct weft_elf *facts)
{
    unsigned char magic[SELFMAG] = {0};
    struct stat there;
    struct file file = {.fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)};

    *facts = (struct weft_elf){.kind = WEFT_ELF_UNREADABLE};
    if (file.fd < 0) {
        return;
    }
    if (fstat(file.fd, &there) == 0 && S_ISREG(there.st_mode)) {
        file.bytes = (uint64_t)there.st_size;
        facts->kind = WEFT_ELF_OTHER;
        if (read_at(&file, 0, magic, 2) && memcmp(magic, "#!", 2) == 0) {
            facts->kind = WEFT_ELF_SCRIPT;
            read_script(&file, facts);
        } else if (read_at(&file, 0, magic, SELFMAG) && memcmp(magic, ELFMAG, SELFMAG) == 0) {
            facts->kind = WEFT_ELF_PROGRAM;
            read_program(&file, facts);
        }
    }
    (void)close(file.fd);
}
