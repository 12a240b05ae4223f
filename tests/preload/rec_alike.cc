// Things that wait inside the C++ library, and two locks that the source calls alike.
#include <latch>
#include <mutex>
#include <thread>

struct shelf {
    std::mutex mu;
};

static void *one(shelf *s)
{
    std::lock_guard<std::mutex> guard(s->mu);
    return s;
}

static void *other(shelf *s)
{
    std::lock_guard<std::mutex> guard(s->mu);
    return s;
}

int main()
{
    std::latch *first = new std::latch(1), *second = new std::latch(1);

    one(new shelf);
    other(new shelf);
    std::thread counts([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        first->count_down();
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        second->count_down();
    });
    first->wait();
    second->wait();
    counts.join();
    return 0;
}
