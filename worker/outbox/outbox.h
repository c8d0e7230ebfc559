// Results on this machine's disk until the coordinator has acknowledged them: a worker that is
// killed after hours of work tells of it in its next life. One file a result.

#pragma once

#include <string>
#include <vector>

#include "common/ids.h"
#include "common/result.h"
#include "weft/v1/envelope.pb.h"

namespace weft::worker {

// Used by one thread.
class Outbox {
 public:
  struct Found {
    std::vector<v1::ToCoordinator> outcomes;  // In the order of their files' names.
    std::vector<std::string> warnings;        // For the log: what was kept and is not among them.
  };

  // folder: made if it is not there. It belongs to one worker.
  // kFailedPrecondition: another process has it open, or its file system has no locks.
  // kPermissionDenied: it cannot be written.
  static Result<Outbox> Open(const std::string& folder);

  Outbox(const Outbox&) = delete;
  Outbox& operator=(const Outbox&) = delete;
  Outbox(Outbox&& other) noexcept;
  Outbox& operator=(Outbox&&) = delete;
  ~Outbox();

  // What was kept and not forgotten. A file that cannot be read now stays for the next life, and
  // one whose bytes are damaged is removed: warnings tell of both. Files that were begun and not
  // finished are removed. What is not the outbox's own is left alone.
  // kPermissionDenied, kInternal: the folder cannot be looked through.
  [[nodiscard]] Result<Found> Load() const;

  // Durable on return. Keeping the same attempt again replaces it. Errors leave nothing new,
  // but where only the folder could not be synced.
  // REQUIRES: a TaskCompleted.  kNoSpace: the disk is full.
  [[nodiscard]] Status Keep(const v1::ToCoordinator& outcome) const;

  // Ok when there is nothing of the attempt.
  void Forget(const AttemptId& attempt) const;

 private:
  Outbox(std::string folder, int lock) : folder_(std::move(folder)), lock_(lock) {}

  std::string folder_;
  int lock_;  // A descriptor; -1 once moved from.
};

}  // namespace weft::worker
