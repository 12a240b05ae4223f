/* Parallel regions with barriers, and one thread that is late. */
#include <stdio.h>
#include <unistd.h>

int main(void)
{
    long sum = 0;

    for (int region = 0; region < 50; region++) {
#pragma omp parallel for num_threads(4) reduction(+ : sum) schedule(static, 1)
        for (int i = 0; i < 4; i++) {
            if (i == 3) {
                (void)usleep(2000);
            }
            sum += i;
        }
    }
    printf("%ld\n", sum);
    return 0;
}
