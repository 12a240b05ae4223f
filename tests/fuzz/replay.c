/*
 * Runs the fuzz targets over files, without libFuzzer and with any compiler: what the fuzzers once
 * found stays a test in every build.
 *
 *     fuzz_replay [--as-they-are] FOLDER…
 *
 * Each file is also run cut and damaged at places that follow from its name alone, so that a run
 * can be repeated: what a fuzzer does first, for a second or two.
 */
#define _POSIX_C_SOURCE 200809L
#include "tests/fuzz/check.h"
#include "tests/fuzz/targets.h"

#include <dirent.h>
#include <stdbool.h>
#include <string.h>

enum { VARIANTS = 8, PATH_BYTES = 4096, SPOOL_BYTES = 16 * 1024 };

static uint8_t *read_file(const char *path, size_t *len)
{
    FILE *file = fopen(path, "re");
    long end;

    if (file == NULL || fseek(file, 0, SEEK_END) != 0 || (end = ftell(file)) < 0) {
        perror(path);
        exit(1);
    }
    rewind(file);
    uint8_t *bytes = malloc((size_t)end + 1);
    CHECK(bytes != NULL);
    *len = fread(bytes, 1, (size_t)end, file);
    CHECK(*len == (size_t)end);
    (void)fclose(file);
    return bytes;
}

/* Exactly as long as the input, so that a sanitizer sees a byte too many. */
static void run(const uint8_t *bytes, size_t len)
{
    uint8_t *copy = malloc(len > 0 ? len : 1);

    CHECK(copy != NULL);
    memcpy(copy, bytes, len);
    fuzz_read(copy, len);
    fuzz_model(copy, len);
    fuzz_analysis(copy, len);
    fuzz_spool(copy, len < SPOOL_BYTES ? len : SPOOL_BYTES);
    free(copy);
}

static uint64_t next_random(uint64_t *state)
{
    /* xorshift64*: Vigna, "An experimental exploration of Marsaglia's xorshift generators". */
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * UINT64_C(2685821657736338717) >> 16;
}

/* One line less, two lines swapped into each other's place, a digit changed, or a cut. */
static size_t damage(uint8_t *bytes, size_t len, uint64_t *state)
{
    const size_t at = (size_t)(next_random(state) % len);
    uint8_t *newline = memchr(bytes + at, '\n', len - at);

    switch (next_random(state) % 4) {
    case 0:
        return at;
    case 1:
        if (newline != NULL) {
            uint8_t *next = memchr(newline + 1, '\n', len - (size_t)(newline + 1 - bytes));
            if (next != NULL) {
                memmove(newline, next, len - (size_t)(next - bytes));
                return len - (size_t)(next - newline);
            }
        }
        return len;
    case 2:
        for (size_t i = at; i < len; i++) {
            if (bytes[i] >= '0' && bytes[i] <= '9') {
                bytes[i] = (uint8_t)('0' + next_random(state) % 10);
                break;
            }
        }
        return len;
    default:
        bytes[at] = (uint8_t)next_random(state);
        return len;
    }
}

static void replay(const char *path, bool variants)
{
    size_t len;
    uint8_t *bytes = read_file(path, &len);
    uint64_t state = 1;

    run(bytes, len);
    for (const char *c = strrchr(path, '/'); *c != '\0'; c++) {
        state = state * 31 + (uint8_t)*c;
    }
    for (unsigned i = 0; variants && len > 0 && i < VARIANTS; i++) {
        uint8_t *copy = malloc(len);
        CHECK(copy != NULL);
        memcpy(copy, bytes, len);
        size_t left = damage(copy, len, &state);
        if (left > 0) {
            left = damage(copy, left, &state);
        }
        run(copy, left);
        free(copy);
    }
    free(bytes);
}

static unsigned replay_folder(const char *folder, bool variants)
{
    DIR *dir = opendir(folder);
    unsigned count = 0;

    if (dir == NULL) {
        perror(folder);
        exit(1);
    }
    for (const struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        char path[PATH_BYTES];
        if (entry->d_name[0] != '.') {
            (void)snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
            replay(path, variants);
            count++;
        }
    }
    (void)closedir(dir);
    return count;
}

int main(int argc, char **argv)
{
    const bool as_they_are = argc > 1 && strcmp(argv[1], "--as-they-are") == 0;
    unsigned count = 0;

    for (int i = as_they_are ? 2 : 1; i < argc; i++) {
        const unsigned found = replay_folder(argv[i], !as_they_are);
        if (found == 0) {
            (void)fprintf(stderr, "%s: no files\n", argv[i]);
            return 1;
        }
        count += found;
    }
    (void)printf("%u files replayed\n", count);
    return count > 0 ? 0 : 1;
}
