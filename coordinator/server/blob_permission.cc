#include "coordinator/server/blob_permission.h"

#include <string>
#include <string_view>

#include "common/storage/result_place.h"
#include "common/storage/upload_place.h"

namespace weft::coordinator {
namespace {

bool BeginsWith(std::string_view text, std::string_view beginning) {
  return text.substr(0, beginning.size()) == beginning;
}

bool IsOfUploads(std::string_view key) {
  return BeginsWith(key, kUploadsPrefix);
}

Error Denied(const std::string& why) {
  return {ErrorCode::kPermissionDenied, why};
}

// Of the message's key or prefix; empty where it has none.
std::string_view PlaceIn(const v1::BulkMessage& message) {
  switch (message.body_case()) {
    case v1::BulkMessage::kPutBegin:
      return message.put_begin().key();
    case v1::BulkMessage::kGetBegin:
      return message.get_begin().key();
    case v1::BulkMessage::kListBegin:
      return message.list_begin().prefix();
    case v1::BulkMessage::kDeletePrefix:
      return message.delete_prefix().prefix();
    default:
      return {};
  }
}

bool NamesBlobs(const v1::BulkMessage& message) {
  return message.has_put_begin() || message.has_get_begin() || message.has_list_begin() ||
         message.has_delete_prefix();
}

// Their files and results are nobody else's business.
std::optional<Error> ObjectToStranger(const Guest& guest, const v1::BulkMessage& message) {
  const std::string_view place = PlaceIn(message);
  const bool meets_files = IsOfUploads(place) || BeginsWith(kUploadsPrefix, place);
  if (guest.role == Role::kSubmit && NamesBlobs(message) && meets_files &&
      !BeginsWith(place, UploadsPrefixOf(guest.name))) {
    return Denied("the key of " + guest.name + " is one to submit jobs with, and these files are " +
                  "not theirs");
  }
  if (guest.role == Role::kSubmit && LeadsToResult(place) && !LeadsToResultOf(place, guest.name)) {
    return Denied("the key of " + guest.name + " is one to submit jobs with, and this result is " +
                  "not theirs");
  }
  return std::nullopt;
}

}  // namespace

std::optional<Error> FindObjection(const Guest& guest,
                                   const v1::BulkMessage& message,
                                   const UploadBook& uploads) {
  if (auto stranger = ObjectToStranger(guest, message); stranger.has_value()) {
    return stranger;
  }
  const bool is_worker = guest.role == Role::kWorker;
  if (message.has_put_begin() && IsOfUploads(message.put_begin().key())) {
    return is_worker
               ? Denied("the key of " + guest.name + " is one to work with, and hands in no files")
               : uploads.ObjectToPut(message.put_begin().key(), message.put_begin().size_bytes());
  }
  const bool may_write = guest.role == Role::kEverything || is_worker;
  if (may_write || !(message.has_put_begin() || message.has_delete_prefix())) {
    return std::nullopt;
  }
  if (message.has_delete_prefix() && IsOfUploads(message.delete_prefix().prefix())) {
    return uploads.ObjectToDrop(message.delete_prefix().prefix());
  }
  return Denied("the key of " + guest.name + " is not one to work with, and stores no blobs");
}

}  // namespace weft::coordinator
