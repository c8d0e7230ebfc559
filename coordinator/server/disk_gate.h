// Whether the state folder's disk has room for more work. RocksDB does not survive a full one, so
// jobs are held back well before, and go on by themselves once there is room again.
//
// A file of ballast is kept on the disk. It is given up when the disk gets low: what runs already
// may end in its room.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/result.h"

namespace weft::coordinator {

struct DiskLimits {
  std::uint64_t low_bytes = 512 << 20;     // With less than this left, jobs are held back.
  std::uint64_t ballast_bytes = 64 << 20;  // 0: none.
};

// The decision alone. Between low and low enough for work lies a quarter and the ballast, so that
// neither taking the ballast back nor a task's end makes it waver.
class DiskLevel {
 public:
  explicit DiskLevel(const DiskLimits& limits) : limits_(limits) {}

  // Whether the disk is low, now that it has so much left.
  bool IsLow(std::uint64_t free_bytes);

 private:
  const DiskLimits limits_;
  bool low_ = false;
};

class DiskGate {
 public:
  // folder: on the disk that is watched; the ballast is a file in it. others: may lie on disks of
  // their own, which must have room as well.
  DiskGate(std::string folder,
           const DiskLimits& limits,
           const std::vector<std::string>& others = {});

  // Looks at the disk, and puts the ballast there or gives it up. Why jobs have to be held back;
  // nothing while there is room. A disk that cannot be asked has none.
  std::optional<std::string> Look();

  // Of the disk that had least when last looked at; 0 where one could not be asked.
  [[nodiscard]] std::uint64_t FreeBytes() const { return free_bytes_; }

 private:
  [[nodiscard]] std::string BallastPath() const { return folder_ + "/ballast"; }
  void LayBallast() const;
  void DropBallast() const;

  struct Watched {
    std::string folder;
    DiskLevel level;
  };

  // Why jobs are held back for this one. Lowers free_bytes_ to what it has.
  std::optional<std::string> Look(Watched& watched);

  const std::string folder_;
  const DiskLimits limits_;
  std::vector<Watched> watched_;  // The first: folder_.
  std::uint64_t free_bytes_ = 0;
};

}  // namespace weft::coordinator
