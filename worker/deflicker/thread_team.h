// A few threads that share one loop at a time.

#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace weft::deflicker {

// Used by one thread, which takes part in the work.
class ThreadTeam {
 public:
  // thread_count: with the calling one; 1 starts none. REQUIRES: 1 <= thread_count.
  explicit ThreadTeam(int thread_count);
  ~ThreadTeam();
  ThreadTeam(const ThreadTeam&) = delete;
  ThreadTeam& operator=(const ThreadTeam&) = delete;

  [[nodiscard]] int ThreadCount() const { return static_cast<int>(threads_.size()) + 1; }

  // Calls work(0) .. work(count - 1), each once and by any thread, begun in this order; returns
  // when all are done. REQUIRES: none throws; no call depends on later ones, unless count is
  // ThreadCount() at most: then each has a thread of its own.
  void ForEach(int count, const std::function<void(int)>& work);

 private:
  void Serve();
  void TakePart();
  [[nodiscard]] bool SpinsUntilPosted(unsigned seen) const;

  std::vector<std::thread> threads_;
  std::mutex mutex_;
  std::condition_variable posted_;
  // Written before posts_ is raised, read after.
  const std::function<void(int)>* work_ = nullptr;
  int count_ = 0;
  std::atomic<int> next_ = 0;
  std::atomic<int> busy_ = 0;  // Threads of threads_ that have not finished the loop.
  std::atomic<unsigned> posts_ = 0;
  bool ends_ = false;
};

}  // namespace weft::deflicker
