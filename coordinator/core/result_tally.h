// How much of whose results is kept, and until when, as a sum that goes along with them.

#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "common/ids.h"

namespace weft::coordinator {

// Times are milliseconds since 1970.
class ResultTally {
 public:
  struct Share {
    std::uint64_t bytes = 0;
    std::uint64_t first_end = 0;  // When the first of them goes; 0: there are none.
  };

  // REQUIRES: no result of the job is counted.
  void Add(const std::string& user, const JobId& job, std::uint64_t bytes, std::uint64_t end);

  // No effect where none is counted.
  void Remove(const std::string& user, const JobId& job);

  // Jobs whose results are past their end, which count no more from here on. By user, then by end.
  std::vector<JobId> TakePast(std::uint64_t now);

  // What of the user's is not past its end. Takes as long as there are others that nobody took.
  [[nodiscard]] Share Of(const std::string& user, std::uint64_t now) const;

 private:
  struct Kept {
    std::uint64_t bytes = 0;
    std::map<std::pair<std::uint64_t, JobId>, std::uint64_t> by_end;  // Their bytes.
    std::map<JobId, std::uint64_t> ends;
  };
  static void Forget(Kept& kept, const JobId& job, std::uint64_t end);

  std::map<std::string, Kept> users_;
};

}  // namespace weft::coordinator
