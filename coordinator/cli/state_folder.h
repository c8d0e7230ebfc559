// The folder that one render keeps its unfinished work in, and who may use it: one job at a time,
// one process at a time.

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/result.h"
#include "coordinator/cli/job_facts.h"
#include "weft/v1/client.pb.h"

namespace weft::cli {

// Holds an exclusive lock until destroyed; the kernel drops it when the process dies.
class StateFolder {
 public:
  // Opens the folder `path`, making it (readable by its owner alone) if there is none.
  // kFailedPrecondition: another process uses it.  kPermissionDenied: it cannot be made or written.
  // kNoSpace.  kAlreadyExists: something else stands there.
  static Result<std::unique_ptr<StateFolder>> Open(const std::string& path);

  StateFolder(const StateFolder&) = delete;
  StateFolder& operator=(const StateFolder&) = delete;
  ~StateFolder();

  // Takes the folder for the job with these facts; from now on it is that job's.
  // kFailedPrecondition: it is another job's; says what differs and the ways out.
  // kAlreadyExists: it holds things that Weft would write but did not.
  Status Claim(const JobFacts& facts);

  // True after Claim() when the same job was here before.
  [[nodiscard]] bool resumed() const { return resumed_; }

  [[nodiscard]] const std::string& path() const { return path_; }

  // What worker `number` logs, and what it prints (a crash's last words).
  [[nodiscard]] std::string WorkerLog(std::uint32_t number) const;
  [[nodiscard]] std::string WorkerPrint(std::uint32_t number) const;
  [[nodiscard]] std::string CoordinatorLog() const;

  // Removes what Weft made, and the folder if Weft made it and nothing else is in it. Nothing that
  // uses the folder may be open any more.
  Status Remove();

 private:
  StateFolder(std::string path, bool made, int lock)
      : path_(std::move(path)), made_(made), lock_(lock) {}

  [[nodiscard]] std::vector<std::string> OurEntries() const;
  [[nodiscard]] Status WriteFacts(const JobFacts& facts) const;

  std::string path_;
  bool made_ = false;  // Weft made the folder, in this run or an earlier one.
  bool resumed_ = false;
  int lock_ = -1;
};

// Whether a job that failed so may go on from its state. Not where the input is at fault; but what
// has finished all its frames has failed at the output's place, which somebody can mend.
bool IsWorthKeeping(const v1::JobStatus& status, ErrorCode failure);

}  // namespace weft::cli
