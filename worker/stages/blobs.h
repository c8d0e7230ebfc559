// Stage inputs and outputs as blobs: latents and control maps in and out of weft.v1.Tensor.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <google/protobuf/message_lite.h>

#include "common/blob_store.h"
#include "common/ids.h"
#include "common/result.h"
#include "weft/v1/task.pb.h"
#include "worker/frame/frame.h"
#include "worker/frame/latents.h"

namespace weft::worker {

// What is packed, and how to have less of it: "the maps of 8 frames", "take a smaller chunk".
struct Packed {
  std::string what;
  std::string advice;
};

// The message's bytes. kInvalidArgument: 2 GiB or more, which Protobuf does not write.
Result<std::string> Pack(const google::protobuf::MessageLite& message, const Packed& packed);

// [frames, channels, height, width], float32. kInvalidArgument: see Pack().
Result<std::string> PackLatents(const Latents& latents);
// kDataLoss: not latents.
Result<Latents> UnpackLatents(const std::string& blob);

// [frames, height, width, channels], uint8. REQUIRES: at least one map, all of one size.
// kInvalidArgument: see Pack().
Result<std::string> PackControls(const std::vector<ControlMap>& controls);
// kDataLoss: not control maps.
Result<std::vector<ControlMap>> UnpackControls(const std::string& blob);

// Which output of which task.
struct BlobName {
  Stage stage;
  std::uint32_t chunk = 0;
  std::uint32_t round = 0;
  std::string_view name;
};

// Fetches an input and checks it against its checksum. kDataLoss: other bytes than were committed.
Result<std::string> FetchInput(const v1::Input& input, BlobStore& blobs);

// Fetches one input of the task and checks it against its checksum.
// kInternal: the task has no such input.  kDataLoss: other bytes than were committed.
Result<std::string> FetchInput(const v1::Task& task, const BlobName& name, BlobStore& blobs);

// Stores one output and adds it to the result.
Status StoreOutput(const v1::Task& task,
                   const std::string& name,
                   const std::string& bytes,
                   BlobStore& blobs,
                   v1::TaskResult* result);

// The frames `begin` .. `begin + count - 1` of `latents`.
Latents Slice(const Latents& latents, std::uint32_t begin, std::uint32_t count);

// Appends the frames of `more`. REQUIRES: same cell sizes, or an empty `latents`.
void Append(const Latents& more, Latents* latents);

}  // namespace weft::worker
