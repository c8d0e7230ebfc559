// Blobs as files of their own, each written once: a folder of numbered files. What they are called
// and what is in them is for others to note down; see rocks_blob_store.cc.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/result.h"

namespace weft {

// Any number of threads, each with files of its own.
class BlobFiles {
 public:
  using Number = std::uint64_t;

  // folder: made with the first file.
  explicit BlobFiles(std::string folder) : folder_(std::move(folder)) {}

  // The file and its name are durable on return; a file of that number that a crash left is written
  // over. Where that fails nothing is left of it, though after a power cut it may be back.
  // kNoSpace: the disk is full.  kPermissionDenied and kInternal: as the system says.
  [[nodiscard]] Status Write(Number number, std::string_view bytes) const;

  // kNotFound: there is no such file.  kDataLoss: it does not have so many bytes, or cannot be
  // read.
  [[nodiscard]] Result<std::string> Read(Number number, std::uint64_t size_bytes) const;

  // Ok where there is none. Removed may mean back again after a power cut.
  void Remove(Number number) const;

  // All there are, ascending; without what is not ours.
  [[nodiscard]] std::vector<Number> List() const;

 private:
  [[nodiscard]] std::string FolderOf(Number number) const;
  [[nodiscard]] std::string PathOf(Number number) const;

  std::string folder_;
};

}  // namespace weft
