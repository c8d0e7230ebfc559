#include "common/bulk/put_pool.h"

#include <utility>

#include "common/failpoint.h"

namespace weft {

PutPool::PutPool(BlobStore& store, std::size_t thread_count, std::function<void()> wake)
    : store_(store), wake_(std::move(wake)) {
  for (std::size_t i = 0; i < thread_count; ++i) {
    threads_.emplace_back([this] { Work(); });
  }
}

PutPool::~PutPool() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  ordered_.notify_all();
  for (std::thread& thread : threads_) {
    thread.join();
  }
}

void PutPool::Put(Order order) {
  {
    const std::lock_guard lock(mutex_);
    orders_.push_back(std::move(order));
  }
  ordered_.notify_one();
}

std::vector<PutPool::Outcome> PutPool::Take() {
  const std::lock_guard lock(mutex_);
  return std::exchange(outcomes_, {});
}

void PutPool::Work() {
  std::unique_lock lock(mutex_);
  while (true) {
    ordered_.wait(lock, [this] { return stop_ || !orders_.empty(); });
    if (stop_) {
      return;
    }
    const Order order = std::move(orders_.front());
    orders_.pop_front();
    lock.unlock();
    Failpoint("store/before-put");
    Status stored = store_.Put(order.key, order.bytes);
    Failpoint("store/after-put");
    lock.lock();
    outcomes_.push_back({order.ticket, std::move(stored)});
    lock.unlock();
    wake_();
    lock.lock();
  }
}

}  // namespace weft
