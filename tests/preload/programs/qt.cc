// Qt's threads, locks, conditions, semaphores and pool.
#include <QtCore>
#include <cstdio>

static QMutex mutex;
static QWaitCondition changed;
static QSemaphore free_places(8), used_places(0);
static QReadWriteLock rwlock;
static long count, turn, taken;

class Worker : public QThread
{
  public:
    explicit Worker(int index) : index_(index)
    {
    }

  protected:
    void run() override
    {
        for (int i = 0; i < 2000; i++) {
            QMutexLocker locker(&mutex);
            count++;
            if (i % 500 == 0) {
                QThread::usleep(500);
            }
        }
        for (int i = 0; i < 200; i++) {
            QMutexLocker locker(&mutex);
            while (turn % 2 != index_) {
                changed.wait(&mutex);
            }
            turn++;
            changed.wakeAll();
        }
        for (int i = 0; i < 1000; i++) {
            if (index_ == 0) {
                free_places.acquire();
                used_places.release();
            } else {
                used_places.acquire();
                taken++;
                free_places.release();
            }
        }
        QReadLocker reader(&rwlock);
    }

  private:
    int index_;
};

class Task : public QRunnable
{
  public:
    explicit Task(QAtomicInt *sum) : sum_(sum)
    {
    }
    void run() override
    {
        sum_->fetchAndAddOrdered(1);
    }

  private:
    QAtomicInt *sum_;
};

int main(int argc, char **argv)
{
    QCoreApplication app(argc, argv);
    QAtomicInt sum;
    Worker first(0), second(1);

    first.start();
    second.start();
    for (int i = 0; i < 500; i++) {
        QThreadPool::globalInstance()->start(new Task(&sum));
    }
    first.wait();
    second.wait();
    QThreadPool::globalInstance()->waitForDone();
    mutex.lock();
    const bool woken = changed.wait(&mutex, 2);
    mutex.unlock();
    QTimer::singleShot(5, &app, &QCoreApplication::quit);
    app.exec();
    std::printf("%ld %ld %ld %d %d\n", count, turn, taken, sum.loadAcquire(), woken);
    return 0;
}
