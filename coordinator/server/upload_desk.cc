#include "coordinator/server/upload_desk.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "common/wire/error_wire.h"
#include "common/wire/job_objects.h"
#include "coordinator/core/blob_need.h"
#include "coordinator/core/job_id.h"

namespace weft::coordinator {
namespace {

constexpr Duration kLookPeriod = std::chrono::seconds(5);
constexpr Duration kKeepWhenLow = std::chrono::minutes(10);

v1::FromCoordinator Refusal(const Error& error) {
  v1::FromCoordinator answer;
  *answer.mutable_request_refused()->mutable_error() = ToWire(error);
  return answer;
}

}  // namespace

v1::FromCoordinator UploadDesk::Answer(const v1::OfferFile& offer, Time now) {
  const UploadPlace place{offer.user(), offer.sha256(), offer.size_bytes(), offer.name()};
  if (const Status good = CheckUpload(place); !good) {
    return Refusal(good.error());
  }
  auto missing = book_.Expect(place, limits_, now);
  if (!missing) {
    return Refusal(missing.error());
  }
  v1::FromCoordinator answer;
  v1::FileOffered& offered = *answer.mutable_file_offered();
  offered.set_url(place.Url());
  offered.set_bulk_address(farm_.State().options.bulk_address);
  for (v1::PieceRange& range : *missing) {
    *offered.add_missing() = std::move(range);
  }
  return answer;
}

std::optional<v1::FromCoordinator> UploadDesk::Refuse(const v1::ToCoordinator& message, Time now) {
  const JobTable& jobs = farm_.State().jobs;
  Status found;
  if (message.has_submit_job()) {
    const v1::SubmitJob& submit = message.submit_job();
    if (UsesUploads(submit.spec()) && jobs.Find(JobIdOf(submit.client_token())) == nullptr) {
      found = FindAll(submit.spec(), now);
    }
  } else if (message.has_retry_job()) {
    const Job* const job = jobs.Find({message.retry_job().job()});
    if (job != nullptr && !IsOpen(job->state) && job->state != JobState::kDone) {
      found = FindAll(job->spec, now);
    }
  }
  if (found) {
    return std::nullopt;
  }
  v1::FromCoordinator refusal = Refusal(found.error());
  refusal.mutable_request_refused()->set_client_token(message.submit_job().client_token());
  return refusal;
}

Status UploadDesk::FindAll(const v1::JobSpec& spec, Time now) {
  for (const std::string* const file : FilesOf(spec)) {
    const auto place = ParseUploadUrl(*file);
    if (place && !book_.Has(*place, now)) {
      return Failure(ErrorCode::kFailedPrecondition,
                     place->name +
                         " is not here, or not all of it: weft submit --upload, with the "
                         "same files, hands it in");
    }
  }
  return {};
}

std::vector<std::string> UploadDesk::TakeStale(Time now) {
  if (book_.IsEmpty() || (looked_ != Time{} && now - looked_ < kLookPeriod)) {
    return {};
  }
  looked_ = now;
  const bool is_low = farm_.State().held.has_value();
  return book_.TakeStale(UploadsNeeded(farm_.State()),
                         is_low ? std::min(kKeepWhenLow, limits_.keep) : limits_.keep, now);
}

}  // namespace weft::coordinator
