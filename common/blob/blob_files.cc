#include "common/blob/blob_files.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <optional>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace weft {
namespace {

namespace fs = std::filesystem;

// Of one folder: few enough that its entries are found and synced soon.
constexpr std::uint64_t kFilesOfAFolder = 1000;
constexpr mode_t kFileMode = 0640;

class OpenFile {
 public:
  explicit OpenFile(int descriptor) : descriptor_(descriptor) {}
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  ~OpenFile() {
    if (descriptor_ >= 0) {
      ::close(descriptor_);
    }
  }
  [[nodiscard]] int Descriptor() const { return descriptor_; }

 private:
  const int descriptor_;
};

// What the last call of the system came to.
Error LastError(const std::string& path) {
  const int error = errno;
  const ErrorCode code = error == ENOSPC || error == EDQUOT  ? ErrorCode::kNoSpace
                         : error == EACCES || error == EPERM ? ErrorCode::kPermissionDenied
                                                             : ErrorCode::kInternal;
  return {code, path + ": " + std::generic_category().message(error)};
}

bool WriteAll(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno != EINTR) {
      return false;
    }
    bytes.remove_prefix(written < 0 ? 0 : static_cast<std::size_t>(written));
  }
  return true;
}

// False as well where there is less.
bool ReadAll(int descriptor, std::string& bytes) {
  std::size_t read = 0;
  while (read < bytes.size()) {
    const ssize_t count = ::read(descriptor, bytes.data() + read, bytes.size() - read);
    if (count == 0 || (count < 0 && errno != EINTR)) {
      return false;
    }
    read += count < 0 ? 0 : static_cast<std::size_t>(count);
  }
  return true;
}

// The names in the folder are durable.
Status SyncFolder(const std::string& path) {
  const OpenFile folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.Descriptor() < 0 || ::fsync(folder.Descriptor()) != 0) {
    return Failure(LastError(path));
  }
  return {};
}

Status MakeFolder(const std::string& path) {
  if (::mkdir(path.c_str(), kFileMode | S_IXUSR | S_IXGRP) != 0 && errno != EEXIST) {
    return Failure(LastError(path));
  }
  return SyncFolder(fs::path(path).parent_path().string());
}

std::optional<BlobFiles::Number> NumberOf(const std::string& name) {
  BlobFiles::Number number = 0;
  const auto parsed = std::from_chars(name.data(), name.data() + name.size(), number);
  const bool whole = parsed.ec == std::errc() && parsed.ptr == name.data() + name.size();
  return whole ? std::optional(number) : std::nullopt;
}

}  // namespace

Status BlobFiles::Write(Number number, std::string_view bytes) const {
  const std::string path = PathOf(number);
  constexpr int kFlags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC;
  int descriptor = ::open(path.c_str(), kFlags, kFileMode);
  if (descriptor < 0 && errno == ENOENT) {
    WEFT_RETURN_IF_ERROR(MakeFolder(folder_));
    WEFT_RETURN_IF_ERROR(MakeFolder(FolderOf(number)));
    descriptor = ::open(path.c_str(), kFlags, kFileMode);
  }
  const OpenFile file(descriptor);
  if (file.Descriptor() < 0) {
    return Failure(LastError(path));
  }
  const bool written = WriteAll(file.Descriptor(), bytes) && ::fdatasync(file.Descriptor()) == 0;
  Status durable = written ? SyncFolder(FolderOf(number)) : Status(Failure(LastError(path)));
  if (!durable) {
    ::unlink(path.c_str());
  }
  return durable;
}

Result<std::string> BlobFiles::Read(Number number, std::uint64_t size_bytes) const {
  const std::string path = PathOf(number);
  const OpenFile file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.Descriptor() < 0) {
    return errno == ENOENT ? Failure(ErrorCode::kNotFound, path + ": the file is not there")
                           : Failure(LastError(path));
  }
  struct stat facts {};
  if (::fstat(file.Descriptor(), &facts) != 0 ||
      static_cast<std::uint64_t>(facts.st_size) != size_bytes) {
    return Failure(ErrorCode::kDataLoss,
                   path + ": the file does not have its " + std::to_string(size_bytes) + " bytes");
  }
  std::string bytes(size_bytes, '\0');
  if (!ReadAll(file.Descriptor(), bytes)) {
    return Failure(ErrorCode::kDataLoss, path + ": the file cannot be read to its end");
  }
  return bytes;
}

void BlobFiles::Remove(Number number) const {
  ::unlink(PathOf(number).c_str());
}

std::vector<BlobFiles::Number> BlobFiles::List() const {
  std::vector<Number> numbers;
  std::error_code failure;
  fs::recursive_directory_iterator entry(folder_, failure);
  for (; !failure && entry != fs::recursive_directory_iterator(); entry.increment(failure)) {
    const auto number = NumberOf(entry->path().filename().string());
    std::error_code ignored;
    if (number.has_value() && entry->is_regular_file(ignored)) {
      numbers.push_back(*number);
    }
  }
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

std::string BlobFiles::FolderOf(Number number) const {
  return folder_ + "/" + std::to_string(number / kFilesOfAFolder);
}

std::string BlobFiles::PathOf(Number number) const {
  return FolderOf(number) + "/" + std::to_string(number);
}

}  // namespace weft
