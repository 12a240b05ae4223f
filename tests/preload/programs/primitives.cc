// One primitive of the C++ library, the one that is named: four threads use it, and what they did
// is printed.
#include <atomic>
#include <barrier>
#include <condition_variable>
#include <cstdio>
#include <cstring>
#include <functional>
#include <future>
#include <latch>
#include <mutex>
#include <semaphore>
#include <shared_mutex>
#include <stop_token>
#include <thread>
#include <vector>

using namespace std::chrono_literals;

namespace
{

constexpr int workers = 4, rounds = 200;

long threads(const std::function<long(int)> &work)
{
    std::atomic<long> sum = 0;
    {
        std::vector<std::jthread> all;
        for (int i = 0; i < workers; i++) {
            all.emplace_back([&, i] { sum += work(i); });
        }
    }
    return sum;
}

// So many rounds under the lock, with a nap in it now and then: the others have to wait.
template <class Lock> long locked(Lock &lock)
{
    int count = 0;
    threads([&](int) {
        for (int i = 0; i < rounds; i++) {
            std::lock_guard guard(lock);
            if (count++ % 100 == 0) {
                std::this_thread::sleep_for(1ms);
            }
        }
        return 0;
    });
    return count;
}

template <class Lock> long timed(Lock &lock)
{
    std::lock_guard guard(lock);
    long failed = threads([&](int) { return lock.try_lock_for(2ms) ? 0 : 1; });
    return failed + threads([&](int) {
               return lock.try_lock_until(std::chrono::system_clock::now() + 2ms) ? 0 : 1;
           });
}

template <class Lock> long shared(Lock &lock)
{
    long value = 0;
    return threads([&](int) {
               long seen = 0;
               for (int i = 0; i < rounds; i++) {
                   if (i % 10 == 0) {
                       std::unique_lock guard(lock);
                       value++;
                       std::this_thread::sleep_for(50us);
                   }
                   std::shared_lock guard(lock);
                   seen += value >= 0;
               }
               return seen;
           }) +
           value;
}

template <class Condition, class Lock> long ping_pong(Condition &changed, Lock &lock)
{
    int turn = 0;
    return threads([&](int i) {
        long done = 0;
        for (int k = 0; k < rounds; k++) {
            std::unique_lock guard(lock);
            changed.wait(guard, [&] { return turn % workers == i; });
            turn++;
            done++;
            changed.notify_all();
        }
        return done;
    });
}

long condition_variable()
{
    std::mutex m;
    std::condition_variable changed;
    std::unique_lock guard(m);
    const bool early = changed.wait_for(guard, 2ms, [] { return false; }) ||
                       changed.wait_until(guard, std::chrono::system_clock::now() + 2ms) ==
                           std::cv_status::no_timeout;
    guard.unlock();
    return ping_pong(changed, m) + (early ? 1 : 0);
}

long condition_variable_any()
{
    std::recursive_mutex m;
    std::condition_variable_any changed;
    std::jthread waiter([&](std::stop_token stop) {
        std::unique_lock guard(m);
        changed.wait(guard, stop, [] { return false; });
    });
    std::this_thread::sleep_for(2ms);
    waiter.request_stop();
    waiter.join();
    return ping_pong(changed, m);
}

long semaphore()
{
    std::counting_semaphore<8> permits(0);
    std::binary_semaphore one(1);
    const bool none = permits.try_acquire_for(2ms);
    std::jthread giver([&] {
        for (int i = 0; i < workers * rounds; i++) {
            permits.release();
            std::this_thread::sleep_for(5us);
        }
    });
    long taken = 0;
    threads([&](int) {
        for (int i = 0; i < rounds; i++) {
            permits.acquire();
            one.acquire();
            taken++;
            one.release();
        }
        return 0;
    });
    return taken + (none ? 1 : 0);
}

long latch()
{
    std::latch all(workers);
    return threads([&](int i) {
        std::this_thread::sleep_for(i * 2ms);
        all.arrive_and_wait();
        return all.try_wait() ? 1 : 0;
    });
}

long barrier()
{
    std::atomic<long> phases = 0;
    std::barrier all(workers, [&]() noexcept { phases++; });
    threads([&](int i) {
        for (int k = 0; k < 20; k++) {
            std::this_thread::sleep_for(i * 50us);
            all.arrive_and_wait();
        }
        return 0;
    });
    return phases;
}

long atomic_wait()
{
    std::atomic<int> word = 0;
    std::jthread teller([&] {
        for (int i = 1; i <= 50; i++) {
            std::this_thread::sleep_for(200us);
            word = i;
            word.notify_all();
        }
    });
    return threads([&](int) {
        int seen = 0;
        while (seen < 50) {
            word.wait(seen);
            seen = word;
        }
        return seen;
    });
}

long future()
{
    std::promise<int> promise;
    std::shared_future<int> shared(promise.get_future());
    std::jthread teller([&] {
        std::this_thread::sleep_for(5ms);
        promise.set_value(7);
    });
    long sum = threads([&](int) { return shared.get(); });
    std::packaged_task<int()> task([] { return 1; });
    auto packaged = task.get_future();
    std::jthread runner(std::move(task));
    return sum + packaged.get() + std::async(std::launch::async, [] {
                                      std::this_thread::sleep_for(2ms);
                                      return 42;
                                  }).get();
}

long once()
{
    std::once_flag flag;
    long calls = 0;
    threads([&](int) {
        std::call_once(flag, [&] {
            std::this_thread::sleep_for(3ms);
            calls++;
        });
        return 0;
    });
    return calls;
}

long made;
struct slow {
    slow()
    {
        std::this_thread::sleep_for(3ms);
        made++;
    }
};

// The guard of a function's static: the other threads wait for the one that makes it.
long static_guard()
{
    threads([](int) {
        static slow one;
        return 0;
    });
    return made;
}

template <class Lock> long one_lock()
{
    Lock lock;
    return locked(lock);
}

template <class Lock> long one_timed()
{
    Lock lock;
    return locked(lock) + timed(lock);
}

template <class Lock> long one_shared()
{
    Lock lock;
    return shared(lock);
}

const struct {
    const char *name;
    long (*run)();
} modes[] = {
    {"mutex", one_lock<std::mutex>},
    {"recursive_mutex", one_lock<std::recursive_mutex>},
    {"timed_mutex", one_timed<std::timed_mutex>},
    {"recursive_timed_mutex", one_timed<std::recursive_timed_mutex>},
    {"shared_mutex", one_shared<std::shared_mutex>},
    {"shared_timed_mutex", one_shared<std::shared_timed_mutex>},
    {"condition_variable", condition_variable},
    {"condition_variable_any", condition_variable_any},
    {"semaphore", semaphore},
    {"latch", latch},
    {"barrier", barrier},
    {"atomic_wait", atomic_wait},
    {"future", future},
    {"call_once", once},
    {"static_guard", static_guard},
};

} // namespace

int main(int argc, char **argv)
{
    for (const auto &mode : modes) {
        if (argc > 1 && std::strcmp(argv[1], mode.name) == 0) {
            std::printf("%s %ld\n", mode.name, mode.run());
            return 0;
        }
    }
    return 2;
}
