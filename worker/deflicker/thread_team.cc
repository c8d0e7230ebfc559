#include "worker/deflicker/thread_team.h"

#include <cassert>

namespace weft::deflicker {
namespace {

// The gaps between the loops of a search are shorter than waking a thread takes.
constexpr int kSpins = 4000;

void Pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

}  // namespace

ThreadTeam::ThreadTeam(int thread_count) {
  assert(thread_count >= 1);
  for (int i = 1; i < thread_count; ++i) {
    threads_.emplace_back([this] { Serve(); });
  }
}

ThreadTeam::~ThreadTeam() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    ends_ = true;
    posts_.fetch_add(1);
  }
  posted_.notify_all();
  for (std::thread& thread : threads_) {
    thread.join();
  }
}

void ThreadTeam::ForEach(int count, const std::function<void(int)>& work) {
  if (threads_.empty() || count <= 1) {
    for (int i = 0; i < count; ++i) {
      work(i);
    }
    return;
  }
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    work_ = &work;
    count_ = count;
    next_.store(0);
    busy_.store(static_cast<int>(threads_.size()));
    posts_.fetch_add(1);
  }
  posted_.notify_all();
  TakePart();
  while (busy_.load() > 0) {
    for (int i = 0; i < kSpins && busy_.load() > 0; ++i) {
      Pause();
    }
    std::this_thread::yield();
  }
}

void ThreadTeam::Serve() {
  for (unsigned seen = 0;; ++seen) {
    if (!SpinsUntilPosted(seen)) {
      std::unique_lock<std::mutex> lock(mutex_);
      posted_.wait(lock, [&] { return posts_.load() != seen; });
    }
    if (ends_) {
      return;
    }
    TakePart();
    busy_.fetch_sub(1);
  }
}

void ThreadTeam::TakePart() {
  for (int i = next_.fetch_add(1); i < count_; i = next_.fetch_add(1)) {
    (*work_)(i);
  }
}

bool ThreadTeam::SpinsUntilPosted(unsigned seen) const {
  for (int i = 0; i < kSpins; ++i) {
    if (posts_.load() != seen) {
      return true;
    }
    Pause();
  }
  return false;
}

}  // namespace weft::deflicker
