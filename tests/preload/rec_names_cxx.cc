// C++ locks: in a nameless namespace, as members, and through lock_guard.
#include <mutex>

namespace {
std::mutex m;
}

namespace app {

class Cache {
public:
    void put()
    {
        std::lock_guard<std::mutex> guard(mu_);
        count_++;
    }
    static std::mutex registry;

private:
    int count_ = 0;
    std::mutex mu_;
};

std::mutex Cache::registry;

} // namespace app

int main()
{
    auto *cache = new app::Cache;

    m.lock();
    m.unlock();
    cache->put();
    app::Cache::registry.lock();
    app::Cache::registry.unlock();
    delete cache;
    return 0;
}
