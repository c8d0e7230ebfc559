// A store that speaks S3, for a test: s3_service.js in a process of its own.

#pragma once

#include <cstdint>
#include <string>

#include <sys/types.h>

#include "common/storage/s3_access.h"
#include "tests/common/temporary_folder.h"

namespace weft {

class S3Service {
 public:
  // With a bucket "reels". Throws when it cannot start, and says what is missing.
  S3Service();
  S3Service(const S3Service&) = delete;
  S3Service& operator=(const S3Service&) = delete;
  ~S3Service();

  // See s3_service.js for the commands. Its answer, a line.
  std::string Tell(const std::string& command);
  // Of an answer that is a number.
  int Count(const std::string& command);

  [[nodiscard]] std::uint16_t Port() const { return port_; }
  // "http://127.0.0.1:N"
  [[nodiscard]] std::string Endpoint() const;
  // Its credentials, and where it is.
  [[nodiscard]] S3Access Access() const;

 private:
  std::string Line();

  TemporaryFolder folder_;
  pid_t process_ = -1;
  int commands_ = -1;
  int answers_ = -1;
  std::uint16_t port_ = 0;
};

}  // namespace weft
