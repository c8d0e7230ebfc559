// The coordinator's disk: a log of batches. A batch counts once it is synced; the last one can be
// cut when the machine dies, and then its reader finds that it does not add up.

#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/result.h"
#include "coordinator/core/record.h"

namespace weft::simulation {

class Disk {
 public:
  // Appends a batch; it is not durable yet. REQUIRES: none is pending.
  void Append(const std::vector<coordinator::Record>& records);

  // The pending batch is durable.
  void Sync();

  // The machine dies while a batch may be pending: of its bytes, those before `cut` (modulo their
  // number) are on disk. Returns whether the batch was lost.
  bool Crash(std::size_t cut);

  // What a reader finds after a crash, in the order of keys.
  [[nodiscard]] Result<std::vector<coordinator::Record>> Load() const;

  // The value of a key; null when there is none.
  [[nodiscard]] const std::string* Find(const std::string& key) const;

 private:
  void Apply(const std::string& bytes);

  std::map<std::string, std::string> synced_;
  std::optional<std::string> pending_;
};

}  // namespace weft::simulation
