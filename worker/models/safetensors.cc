#include "worker/models/safetensors.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <iterator>
#include <string_view>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace weft::models {
namespace {

constexpr std::size_t kPrefixBytes = 8;  // The header's length.
constexpr const char* kConvertPickle =
    "this is a pickle file, which can run code when it is read; Weft reads safetensors only. "
    "Convert it once with diffusers (pipeline.save_pretrained(FOLDER, safe_serialization=True)) "
    "or with safetensors.torch.save_file(torch.load(FILE), \"model.safetensors\")";

Error Invalid(const std::string& message) {
  return {ErrorCode::kInvalidArgument, message};
}

bool HasPickleName(const std::string& path) {
  const std::string extension = std::filesystem::path(path).extension().string();
  constexpr std::string_view kPickles[] = {".bin", ".ckpt", ".pt", ".pth", ".pkl"};
  return std::find(std::begin(kPickles), std::end(kPickles), extension) != std::end(kPickles);
}

bool IsPickle(const std::byte* bytes, std::size_t size) {
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

}  // namespace

Status RefusePickleName(const std::string& path) {
  return HasPickleName(path) ? Failure(Invalid(kConvertPickle).Within(path)) : Status();
}

Result<std::unique_ptr<SafetensorsFile>> SafetensorsFile::Open(const std::string& path) {
  std::unique_ptr<SafetensorsFile> file(new SafetensorsFile);  // NOLINT: the constructor is private
  file->path_ = path;
  Status mapped = file->Map();
  if (!mapped) {
    return Failure(mapped.error().Within(path));
  }
  if (HasPickleName(path) || IsPickle(file->mapping_, file->size_)) {
    return Failure(Invalid(kConvertPickle).Within(path));
  }
  Result<SafetensorsContents> contents = ParseSafetensors(file->mapping_, file->size_);
  if (!contents) {
    return Failure(contents.error().Within(path));
  }
  file->contents_ = std::move(contents).value();
  return file;
}

SafetensorsFile::~SafetensorsFile() {
  if (mapping_ != nullptr) {
    munmap(const_cast<std::byte*>(mapping_), size_);  // NOLINT: munmap takes no pointer to const
  }
}

void SafetensorsFile::Forget(const std::byte* bytes, std::size_t count) const {
  // Whole pages; the mapping begins with one.
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  const auto begin = static_cast<std::size_t>(bytes - mapping_);
  const std::size_t first = (begin + page - 1) / page * page;
  const std::size_t end = (begin + count) / page * page;
  if (first < end) {
    // Where it fails, the pages stay until others need their room.
    madvise(const_cast<std::byte*>(mapping_) + first, end - first,  // NOLINT: takes no const
            MADV_DONTNEED);
  }
}

const StoredTensor* SafetensorsFile::Find(const std::string& name) const {
  const auto found = contents_.tensors.find(name);
  return found == contents_.tensors.end() ? nullptr : &found->second;
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

}  // namespace weft::models
