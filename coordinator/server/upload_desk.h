// The conversation about files that users hand in with their jobs.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/time.h"
#include "coordinator/core/farm.h"
#include "coordinator/server/upload_book.h"
#include "weft/v1/envelope.pb.h"

namespace weft::coordinator {

class UploadDesk {
 public:
  // farm, book: outlive this.
  UploadDesk(const Farm& farm, UploadBook& book, const UploadLimits& limits)
      : farm_(farm), book_(book), limits_(limits) {}

  // FileOffered, or RequestRefused.
  v1::FromCoordinator Answer(const v1::OfferFile& offer, Time now);

  // Why a job may not start, or start again: a file that was to be handed in is not there. Nothing
  // where that is all well, where the job was accepted before, and for messages of other kinds.
  std::optional<v1::FromCoordinator> Refuse(const v1::ToCoordinator& message, Time now);

  // What the keys of files begin with that are to be dropped now; looks every few seconds.
  std::vector<std::string> TakeStale(Time now);

 private:
  Status FindAll(const v1::JobSpec& spec, Time now);

  const Farm& farm_;
  UploadBook& book_;
  const UploadLimits limits_;
  Time looked_{};  // Last.
};

}  // namespace weft::coordinator
