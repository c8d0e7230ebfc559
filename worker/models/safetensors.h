// A safetensors file: named arrays behind a JSON header. The file is mapped, not read; nothing in
// it is trusted. ParseSafetensors() of safetensors_header.h does the same for bytes in memory.

#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>

#include "common/result.h"
#include "worker/models/safetensors_header.h"

namespace weft::models {

// kInvalidArgument: a pickle file, by its name, with the way to convert it.
Status RefusePickleName(const std::string& path);

// Immutable once opened; any thread. The file must not be changed or cut short meanwhile: tensors
// are read from it when they are first used.
class SafetensorsFile {
 public:
  // kNotFound, kPermissionDenied: the file cannot be opened.
  // kInvalidArgument: a pickle file, with the way to convert it.
  // Else as ParseSafetensors().  All name the file.
  static Result<std::unique_ptr<SafetensorsFile>> Open(const std::string& path);

  SafetensorsFile(const SafetensorsFile&) = delete;
  SafetensorsFile& operator=(const SafetensorsFile&) = delete;
  ~SafetensorsFile();

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] const std::map<std::string, StoredTensor>& tensors() const {
    return contents_.tensors;
  }

  // The header's "__metadata__".
  [[nodiscard]] const std::map<std::string, std::string>& metadata() const {
    return contents_.metadata;
  }

  // Null where there is no such tensor.
  [[nodiscard]] const StoredTensor* Find(const std::string& name) const;

  // Gives back the memory that these bytes of the file take: they were copied, and are not needed
  // soon. Reading them again brings them back. bytes: of one of the tensors.
  void Forget(const std::byte* bytes, std::size_t count) const;

 private:
  SafetensorsFile() = default;
  Status Map();

  std::string path_;
  const std::byte* mapping_ = nullptr;
  std::size_t size_ = 0;
  SafetensorsContents contents_;
};

}  // namespace weft::models
