#include "worker/stages/blobs.h"

#include <cassert>
#include <climits>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <utility>

#include "common/checksum.h"
#include "weft/v1/tensor.pb.h"

namespace weft::worker {
namespace {

std::uint64_t ElementCount(const v1::Tensor& tensor) {
  std::uint64_t count = 1;
  for (const std::uint64_t side : tensor.shape()) {
    count *= side;
  }
  return count;
}

// A tensor of the wanted type and rank whose bytes fill its shape.
Result<v1::Tensor> Parse(const std::string& blob, v1::ElementType type, int rank) {
  v1::Tensor tensor;
  const std::uint64_t element_bytes = type == v1::ELEMENT_TYPE_FLOAT32 ? sizeof(float) : 1;
  if (!tensor.ParseFromString(blob) || tensor.element_type() != type ||
      tensor.shape_size() != rank || ElementCount(tensor) * element_bytes != tensor.data().size()) {
    return Failure(ErrorCode::kDataLoss, "a blob does not hold the tensor that it should");
  }
  return tensor;
}

int Side(const v1::Tensor& tensor, int index) {
  return static_cast<int>(tensor.shape(index));
}

// A longer message Protobuf's SerializeAsString() turns into no bytes at all.
Status CheckFits(std::uint64_t bytes, const Packed& packed) {
  constexpr std::uint64_t kMessageBytesMax = INT_MAX;
  if (bytes <= kMessageBytesMax) {
    return {};
  }
  return Failure(ErrorCode::kInvalidArgument,
                 packed.what + " take " + std::to_string(bytes) +
                     " bytes, and one blob holds 2 GiB at most: " + packed.advice);
}

Packed OfChunk(const std::string& what, std::size_t frames) {
  return {what + " of " + std::to_string(frames) + " frames", "take a smaller chunk (--chunk)"};
}

}  // namespace

Result<std::string> Pack(const google::protobuf::MessageLite& message, const Packed& packed) {
  WEFT_RETURN_IF_ERROR(CheckFits(message.ByteSizeLong(), packed));
  return message.SerializeAsString();
}

Result<std::string> PackLatents(const Latents& latents) {
  v1::Tensor tensor;
  tensor.set_element_type(v1::ELEMENT_TYPE_FLOAT32);
  for (const int side : {latents.frames, latents.channels, latents.height, latents.width}) {
    tensor.add_shape(static_cast<std::uint64_t>(side));
  }
  const Packed packed = OfChunk("the latents", static_cast<std::size_t>(latents.frames));
  WEFT_RETURN_IF_ERROR(CheckFits(ElementCount(tensor) * sizeof(float), packed));
  std::string& bytes = *tensor.mutable_data();
  bytes.resize(latents.values.size() * sizeof(float));
  std::memcpy(bytes.data(), latents.values.data(), bytes.size());
  return Pack(tensor, packed);
}

Result<Latents> UnpackLatents(const std::string& blob) {
  WEFT_ASSIGN_OR_RETURN(const v1::Tensor tensor, Parse(blob, v1::ELEMENT_TYPE_FLOAT32, 4));
  Latents latents{.frames = Side(tensor, 0),
                  .channels = Side(tensor, 1),
                  .height = Side(tensor, 2),
                  .width = Side(tensor, 3),
                  .values = std::vector<float>(ElementCount(tensor))};
  std::memcpy(latents.values.data(), tensor.data().data(), tensor.data().size());
  return latents;
}

Result<std::string> PackControls(const std::vector<ControlMap>& controls) {
  assert(!controls.empty());
  v1::Tensor tensor;
  tensor.set_element_type(v1::ELEMENT_TYPE_UINT8);
  tensor.add_shape(controls.size());
  tensor.add_shape(static_cast<std::uint64_t>(controls.front().height));
  tensor.add_shape(static_cast<std::uint64_t>(controls.front().width));
  tensor.add_shape(static_cast<std::uint64_t>(controls.front().channels));
  const Packed packed = OfChunk("the maps", controls.size());
  WEFT_RETURN_IF_ERROR(CheckFits(ElementCount(tensor), packed));
  for (const ControlMap& control : controls) {
    tensor.mutable_data()->append(control.values.begin(), control.values.end());
  }
  return Pack(tensor, packed);
}

Result<std::vector<ControlMap>> UnpackControls(const std::string& blob) {
  WEFT_ASSIGN_OR_RETURN(const v1::Tensor tensor, Parse(blob, v1::ELEMENT_TYPE_UINT8, 4));
  const std::size_t size = tensor.shape(1) * tensor.shape(2) * tensor.shape(3);
  std::vector<ControlMap> controls;
  for (std::size_t i = 0; i < tensor.shape(0); ++i) {
    const std::string_view values = std::string_view(tensor.data()).substr(i * size, size);
    controls.push_back({.width = Side(tensor, 2),
                        .height = Side(tensor, 1),
                        .channels = Side(tensor, 3),
                        .values = {values.begin(), values.end()}});
  }
  return controls;
}

Result<std::string> FetchInput(const v1::Input& input, BlobStore& blobs) {
  WEFT_ASSIGN_OR_RETURN(std::string bytes, blobs.Get(input.blob().key()));
  if (bytes.size() != input.blob().size_bytes() || Xxh3(bytes) != input.blob().checksum()) {
    return Failure(ErrorCode::kDataLoss, input.blob().key() + ": not the bytes that were stored");
  }
  return bytes;
}

Result<std::string> FetchInput(const v1::Task& task, const BlobName& name, BlobStore& blobs) {
  for (const v1::Input& input : task.inputs()) {
    if (static_cast<int>(input.stage()) != static_cast<int>(name.stage) ||
        input.chunk() != name.chunk || input.round() != name.round || input.name() != name.name) {
      continue;
    }
    return FetchInput(input, blobs);
  }
  return Failure(ErrorCode::kInternal,
                 "the task lacks its input " + Name(name.stage) + " " + std::to_string(name.chunk) +
                     "." + std::to_string(name.round) + " " + std::string(name.name));
}

Status StoreOutput(const v1::Task& task,
                   const std::string& name,
                   const std::string& bytes,
                   BlobStore& blobs,
                   v1::TaskResult* result) {
  const std::string key = task.output_prefix() + name;
  WEFT_RETURN_IF_ERROR(blobs.Put(key, bytes));
  v1::Output& output = *result->add_outputs();
  output.set_name(name);
  output.mutable_blob()->set_key(key);
  output.mutable_blob()->set_size_bytes(bytes.size());
  output.mutable_blob()->set_checksum(Xxh3(bytes));
  return {};
}

Latents Slice(const Latents& latents, std::uint32_t begin, std::uint32_t count) {
  Latents slice{.frames = static_cast<int>(count),
                .channels = latents.channels,
                .height = latents.height,
                .width = latents.width,
                .values = {}};
  const auto first =
      latents.values.begin() + static_cast<std::ptrdiff_t>(begin * latents.frame_size());
  slice.values.assign(first, first + static_cast<std::ptrdiff_t>(count * latents.frame_size()));
  return slice;
}

void Append(const Latents& more, Latents* latents) {
  if (latents->frames == 0) {
    *latents = more;
    return;
  }
  assert(latents->frame_size() == more.frame_size());
  latents->frames += more.frames;
  latents->values.insert(latents->values.end(), more.values.begin(), more.values.end());
}

}  // namespace weft::worker
