/* Loads the library that it is given, long after its start, and calls into it. */
#include <dlfcn.h>
#include <stdint.h>
#include <time.h>

int main(int argc, char **argv)
{
    const struct timespec pause = {.tv_nsec = 50000000};
    void *library = argc > 1 ? dlopen(argv[1], RTLD_NOW) : NULL;
    void (*late)(void) = library != NULL ? (void (*)(void))(uintptr_t)dlsym(library, "late") : NULL;

    if (late == NULL) {
        return 1;
    }
    late();
    nanosleep(&pause, NULL);
    return 0;
}
