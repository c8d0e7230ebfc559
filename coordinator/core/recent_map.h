// A hash table that remembers which entry it found last. What the core does about one event asks
// several times about the same task, worker or job.

#pragma once

#include <cassert>
#include <unordered_map>
#include <utility>

#include "common/ids.h"

namespace weft::coordinator {

// Used by one thread. Values stay where they are until they are erased.
template <typename Key, typename Value, typename Hash = IdHash>
class RecentMap {
 public:
  RecentMap() = default;
  RecentMap(const RecentMap&) = delete;
  RecentMap& operator=(const RecentMap&) = delete;
  ~RecentMap() = default;

  // Null when there is none.
  [[nodiscard]] Value* Find(const Key& key) {
    Entry* const found = Known(key);
    return found == nullptr ? nullptr : &found->second;
  }
  [[nodiscard]] const Value* Find(const Key& key) const {
    const Entry* const found = Known(key);
    return found == nullptr ? nullptr : &found->second;
  }

  // REQUIRES: there is one.
  [[nodiscard]] Value& At(const Key& key) {
    Entry* const found = Known(key);
    assert(found != nullptr);
    return found->second;
  }

  // Makes it if there is none.
  Value& operator[](const Key& key) {
    Entry* const found = Known(key);
    if (found == nullptr) {
      last_ = &*map_.try_emplace(key).first;
    }
    return last_->second;
  }

  // No effect when there is none.
  void Erase(const Key& key) {
    last_ = nullptr;
    map_.erase(key);
  }

 private:
  using Map = std::unordered_map<Key, Value, Hash>;
  using Entry = typename Map::value_type;

  Entry* Known(const Key& key) const {
    if (last_ == nullptr || !(last_->first == key)) {
      const auto found = map_.find(key);
      last_ = found == map_.end() ? nullptr : &*found;
    }
    return last_;
  }

  mutable Map map_;  // Find() changes nothing of it, but hands out what may be changed.
  mutable Entry* last_ = nullptr;
};

}  // namespace weft::coordinator
