// A file that this process has open and cannot read any more, as when its disk fails or its server
// goes away.

#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

namespace weft::media {

// Whoever reads on in `path`, where it is open now, is told EIO by the kernel, as of memory that
// nothing is mapped to. Who opens it from now on reads the file. Returns how often it was open.
inline std::size_t FailReadsOf(const std::string& path) {
  const std::filesystem::path file = std::filesystem::canonical(path);
  std::vector<int> open_ones;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code ignored;  // Of the listing's own descriptor.
    if (std::filesystem::read_symlink(entry.path(), ignored) == file) {
      open_ones.push_back(std::stoi(entry.path().filename().string()));
    }
  }
  const int unmapped = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
  for (const int descriptor : open_ones) {
    dup2(unmapped, descriptor);
  }
  close(unmapped);
  return open_ones.size();
}

}  // namespace weft::media
