/* Three philosophers: each takes the fork on the left, then the one on the right.
 * Oracle: deadlock.  Twin: the last one takes them the other way around. */
#include "tests/explore/program.h"

enum { SEATS = 3, MEALS = 2 };

static pthread_mutex_t forks[SEATS] = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER,
                                       PTHREAD_MUTEX_INITIALIZER};
static int seats[SEATS], meals[SEATS];
static bool sound;

static void *dine(void *argument)
{
    const int seat = *(int *)argument;
    int left = seat, right = (seat + 1) % SEATS;

    if (sound && left > right) {
        left = right;
        right = seat;
    }
    for (int i = 0; i < MEALS; i++) {
        pthread_mutex_lock(&forks[left]);
        pthread_mutex_lock(&forks[right]);
        meals[seat]++;
        pthread_mutex_unlock(&forks[right]);
        pthread_mutex_unlock(&forks[left]);
    }
    return NULL;
}

int main(int argc, char **argv)
{
    sound = is_sound(argc, argv);
    for (int i = 0; i < SEATS; i++) {
        seats[i] = i;
        start(dine, &seats[i]);
    }
    join_all();
    return 0;
}
