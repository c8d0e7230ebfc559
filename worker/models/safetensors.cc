#include "worker/models/safetensors.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <filesystem>
#include <limits>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace weft::models {
namespace {

using nlohmann::json;

constexpr std::size_t kPrefixBytes = 8;               // The header's length, little endian.
constexpr std::size_t kHeaderBytesMax = 100'000'000;  // As the reference implementation.
constexpr std::size_t kDimensionsMax = 8;

struct TypeName {
  ElementType type;
  std::string_view name;
  std::size_t bytes;
};

constexpr std::array<TypeName, 7> kTypes = {{
    {ElementType::kFloat64, "F64", 8},
    {ElementType::kFloat32, "F32", 4},
    {ElementType::kFloat16, "F16", 2},
    {ElementType::kBfloat16, "BF16", 2},
    {ElementType::kInt64, "I64", 8},
    {ElementType::kInt32, "I32", 4},
    {ElementType::kUint8, "U8", 1},
}};

const TypeName& Describe(ElementType type) {
  return *std::find_if(kTypes.begin(), kTypes.end(),
                       [type](const TypeName& known) { return known.type == type; });
}

Error Invalid(const std::string& message) {
  return {ErrorCode::kInvalidArgument, message};
}

bool IsPickle(const std::string& path, const std::byte* bytes, std::size_t size) {
  const std::string extension = std::filesystem::path(path).extension().string();
  for (const std::string_view pickle : {".bin", ".ckpt", ".pt", ".pth", ".pkl"}) {
    if (extension == pickle) {
      return true;
    }
  }
  constexpr std::string_view kZip = "PK\x03\x04";
  const bool zip = size >= kZip.size() && std::memcmp(bytes, kZip.data(), kZip.size()) == 0;
  // PROTO opcode and a protocol number 2..5. No safetensors file starts so: a header that long
  // would have its '{' right behind the prefix, and byte 2 of a pickle is never part of a small
  // length.
  const bool proto = size >= 3 && bytes[0] == std::byte{0x80} && bytes[1] >= std::byte{2} &&
                     bytes[1] <= std::byte{5} &&
                     (size <= kPrefixBytes || bytes[kPrefixBytes] != std::byte{'{'});
  return zip || proto;
}

// Elements of `shape`; nothing where the product or its bytes overflow.
std::optional<std::size_t> ByteCount(const std::vector<std::int64_t>& shape, std::size_t element) {
  std::size_t count = element;
  for (const std::int64_t side : shape) {
    const auto factor = static_cast<std::size_t>(side);
    if (factor != 0 && count > std::numeric_limits<std::size_t>::max() / factor) {
      return std::nullopt;
    }
    count *= factor;
  }
  return count;
}

Result<std::vector<std::int64_t>> ReadShape(const json& entry) {
  const auto shape = entry.find("shape");
  if (shape == entry.end() || !shape->is_array() || shape->size() > kDimensionsMax) {
    return Failure(Invalid("has no proper shape"));
  }
  std::vector<std::int64_t> sides;
  for (const json& side : *shape) {
    constexpr std::uint64_t kSideMax = std::numeric_limits<std::int64_t>::max();
    if (!side.is_number_unsigned() || side.get<std::uint64_t>() > kSideMax) {
      return Failure(Invalid("has no proper shape"));
    }
    sides.push_back(side.get<std::int64_t>());
  }
  return sides;
}

Result<ElementType> ReadType(const json& entry) {
  const auto type = entry.find("dtype");
  if (type == entry.end() || !type->is_string()) {
    return Failure(Invalid("has no dtype"));
  }
  const auto& name = type->get_ref<const std::string&>();
  for (const TypeName& known : kTypes) {
    if (known.name == name) {
      return known.type;
    }
  }
  return Failure(ErrorCode::kUnsupported, "has dtype " + name + ", which Weft does not read");
}

// One entry of the header; `data` are the bytes behind it.
Result<StoredTensor> ReadEntry(const json& entry, const std::byte* data, std::size_t data_bytes) {
  if (!entry.is_object()) {
    return Failure(Invalid("is not described by an object"));
  }
  StoredTensor tensor;
  WEFT_ASSIGN_OR_RETURN(tensor.type, ReadType(entry));
  WEFT_ASSIGN_OR_RETURN(tensor.shape, ReadShape(entry));
  const auto offsets = entry.find("data_offsets");
  if (offsets == entry.end() || !offsets->is_array() || offsets->size() != 2 ||
      !(*offsets)[0].is_number_unsigned() || !(*offsets)[1].is_number_unsigned()) {
    return Failure(Invalid("has no proper data_offsets"));
  }
  const auto begin = (*offsets)[0].get<std::uint64_t>();
  const auto end = (*offsets)[1].get<std::uint64_t>();
  if (begin > end || end > data_bytes) {
    return Failure(Invalid("lies outside the file (bytes " + std::to_string(begin) + " to " +
                           std::to_string(end) + " of " + std::to_string(data_bytes) +
                           "); the file may be cut short"));
  }
  tensor.byte_count = end - begin;
  tensor.bytes = data + begin;
  if (ByteCount(tensor.shape, SizeOf(tensor.type)) != tensor.byte_count) {
    return Failure(Invalid("has " + std::to_string(tensor.byte_count) +
                           " bytes, which is not what its shape and dtype need"));
  }
  return tensor;
}

Status CheckNoOverlap(const std::map<std::string, StoredTensor>& tensors) {
  std::vector<std::pair<const StoredTensor*, const std::string*>> in_file;
  for (const auto& [name, tensor] : tensors) {
    if (tensor.byte_count > 0) {
      in_file.emplace_back(&tensor, &name);
    }
  }
  std::sort(in_file.begin(), in_file.end(),
            [](const auto& a, const auto& b) { return a.first->bytes < b.first->bytes; });
  for (std::size_t i = 1; i < in_file.size(); ++i) {
    const StoredTensor& before = *in_file[i - 1].first;
    if (before.bytes + before.byte_count > in_file[i].first->bytes) {
      return Failure(
          Invalid("tensors " + *in_file[i - 1].second + " and " + *in_file[i].second + " overlap"));
    }
  }
  return {};
}

}  // namespace

std::size_t SizeOf(ElementType type) {
  return Describe(type).bytes;
}

std::string Name(ElementType type) {
  return std::string(Describe(type).name);
}

Result<std::unique_ptr<SafetensorsFile>> SafetensorsFile::Open(const std::string& path) {
  std::unique_ptr<SafetensorsFile> file(new SafetensorsFile);  // NOLINT: the constructor is private
  file->path_ = path;
  Status status = file->Map();
  if (status) {
    status = file->ReadHeader();
  }
  if (!status) {
    return Failure(status.error().Within(path));
  }
  return file;
}

SafetensorsFile::~SafetensorsFile() {
  if (mapping_ != nullptr) {
    munmap(const_cast<std::byte*>(mapping_), size_);  // NOLINT: munmap takes no pointer to const
  }
}

const StoredTensor* SafetensorsFile::Find(const std::string& name) const {
  const auto found = tensors_.find(name);
  return found == tensors_.end() ? nullptr : &found->second;
}

Status SafetensorsFile::Map() {
  const int descriptor = open(path_.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) {
    const int reason = errno;
    return Failure(reason == EACCES ? ErrorCode::kPermissionDenied : ErrorCode::kNotFound,
                   std::generic_category().message(reason));
  }
  struct stat facts = {};
  const bool regular = fstat(descriptor, &facts) == 0 && S_ISREG(facts.st_mode);
  size_ = regular ? static_cast<std::size_t>(facts.st_size) : 0;
  void* mapping =
      size_ == 0 ? MAP_FAILED : mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, descriptor, 0);
  close(descriptor);
  if (mapping == MAP_FAILED) {
    return Failure(Invalid(regular ? "the file is empty or cannot be mapped" : "not a file"));
  }
  mapping_ = static_cast<const std::byte*>(mapping);
  return {};
}

Status SafetensorsFile::ReadHeader() {
  if (IsPickle(path_, mapping_, size_)) {
    return Failure(Invalid(
        "this is a pickle file, which can run code when it is read; Weft reads safetensors only. "
        "Convert it once with diffusers (pipeline.save_pretrained(FOLDER, "
        "safe_serialization=True)) "
        "or with safetensors.torch.save_file(torch.load(FILE), \"model.safetensors\")"));
  }
  std::uint64_t header_bytes = 0;
  if (size_ < kPrefixBytes) {
    return Failure(Invalid("too short for a safetensors file"));
  }
  std::memcpy(&header_bytes, mapping_, kPrefixBytes);
  if (header_bytes > kHeaderBytesMax || header_bytes > size_ - kPrefixBytes) {
    return Failure(Invalid("not a safetensors file, or cut short: its header would be " +
                           std::to_string(header_bytes) + " bytes long"));
  }
  const auto* text = reinterpret_cast<const char*>(mapping_ + kPrefixBytes);
  const json header = json::parse(text, text + header_bytes, nullptr, /*allow_exceptions=*/false);
  if (!header.is_object()) {
    return Failure(Invalid("its header is not a JSON object"));
  }
  const std::byte* data = mapping_ + kPrefixBytes + header_bytes;
  const std::size_t data_bytes = size_ - kPrefixBytes - header_bytes;
  for (const auto& [name, entry] : header.items()) {
    if (name == "__metadata__") {
      for (const auto& [key, value] : entry.items()) {
        metadata_[key] = value.is_string() ? value.get<std::string>() : value.dump();
      }
      continue;
    }
    Result<StoredTensor> tensor = ReadEntry(entry, data, data_bytes);
    if (!tensor) {
      return Failure(tensor.error().Within("tensor " + name));
    }
    tensors_.emplace(name, std::move(tensor).value());
  }
  return CheckNoOverlap(tensors_);
}

}  // namespace weft::models
