#include "coordinator/server/blob_janitor.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "common/failpoint.h"
#include "common/storage/upload_place.h"

namespace weft::coordinator {
namespace {

constexpr std::size_t kFoundAtATime = 4096;

}  // namespace

BlobJanitor::BlobJanitor(BlobStore& store, Log log, Duration rest)
    : store_(store), log_(std::move(log)), rest_(rest), thread_([this] { Work(); }) {}

BlobJanitor::~BlobJanitor() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

std::vector<std::string> BlobJanitor::TakeFound() {
  const std::lock_guard lock(mutex_);
  const auto count = static_cast<std::ptrdiff_t>(std::min(kFoundAtATime, found_.size()));
  const auto first = found_.end() - count;
  std::vector<std::string> taken(std::make_move_iterator(first),
                                 std::make_move_iterator(found_.end()));
  found_.erase(first, found_.end());
  return taken;
}

void BlobJanitor::Drop(const std::vector<std::string>& prefixes) {
  {
    const std::lock_guard lock(mutex_);
    drops_.insert(drops_.end(), prefixes.begin(), prefixes.end());
  }
  changed_.notify_all();
}

BlobJanitor::Pause::Pause(BlobJanitor& janitor) : janitor_(janitor) {
  janitor_.CountPause(1);
}

BlobJanitor::Pause::~Pause() {
  janitor_.CountPause(-1);
}

void BlobJanitor::CountPause(int more) {
  {
    const std::lock_guard lock(mutex_);
    pauses_ += more;
  }
  changed_.notify_all();
}

void BlobJanitor::Work() {
  LookAround();
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stop_ || (!drops_.empty() && pauses_ == 0); });
    if (stop_) {
      return;
    }
    const std::string prefix = std::move(drops_.front());
    drops_.pop_front();
    lock.unlock();
    Failpoint("store/before-drop");
    const Status dropped = store_.DeletePrefix(prefix);
    Failpoint("store/after-drop");
    if (!dropped) {
      log_.Warning("blobs of " + prefix +
                   " cannot be dropped, and will be later: " + dropped.error().message());
    }
    lock.lock();
    if (!dropped) {
      Repeat(prefix);
      changed_.wait_for(lock, rest_, [this] { return stop_; });
    }
  }
}

// REQUIRES: mutex_ is held.
void BlobJanitor::Repeat(const std::string& prefix) {
  // Of files that were handed in, their book says so again, unless a job has come that reads them.
  const bool is_upload = prefix.rfind(kUploadsPrefix, 0) == 0;
  if (!is_upload && std::find(drops_.begin(), drops_.end(), prefix) == drops_.end()) {
    drops_.push_back(prefix);
  }
}

void BlobJanitor::LookAround() {
  Result<std::vector<std::string>> keys = store_.List("");
  if (!keys) {
    return log_.Warning("the blobs cannot be listed: " + keys.error().message());
  }
  const std::lock_guard lock(mutex_);
  found_ = *std::move(keys);
}

}  // namespace weft::coordinator
