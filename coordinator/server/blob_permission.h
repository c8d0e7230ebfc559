// What guests of each role may do with blobs.

#pragma once

#include <optional>

#include "common/error.h"
#include "common/guest.h"
#include "coordinator/server/upload_book.h"
#include "weft/v1/bulk.pb.h"

namespace weft::coordinator {

// Why the guest may not say this; nothing where it may. Tasks bring blobs, and those who run them
// drop what they have brought in vain. Who submits jobs brings the files of their own, fetches
// the results of their own, and sees no others'.
std::optional<Error> FindObjection(const Guest& guest,
                                   const v1::BulkMessage& message,
                                   const UploadBook& uploads);

}  // namespace weft::coordinator
