#include "common/storage/object_place.h"

#include <algorithm>
#include <cstddef>

namespace weft {
namespace {

constexpr const char* kScheme = "s3://";
constexpr std::size_t kSchemeSize = 5;
constexpr std::size_t kBucketMax = 255;    // AWS has 63; others, and old buckets, more.
constexpr std::size_t kKeyMax = 1024;      // Of S3.
constexpr std::size_t kFileNameMax = 200;  // File systems have 255, and we put something around it.

bool IsBucketLetter(char letter) {
  return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
         (letter >= '0' && letter <= '9') || letter == '.' || letter == '-' || letter == '_';
}

bool IsControl(char letter) {
  constexpr unsigned char kSpace = 0x20;
  constexpr unsigned char kDelete = 0x7f;
  const auto code = static_cast<unsigned char>(letter);
  return code < kSpace || code == kDelete;
}

tl::unexpected<Error> Wrong(const std::string& url, const std::string& why) {
  return Failure(ErrorCode::kInvalidArgument,
                 "'" + url + "' is no place of an object: " + why + "; it must be s3://BUCKET/KEY");
}

}  // namespace

bool IsObjectUrl(const std::string& text) {
  return text.rfind(kScheme, 0) == 0;
}

Result<ObjectPlace> ParseObjectUrl(const std::string& url) {
  if (!IsObjectUrl(url)) {
    return Wrong(url, "it does not begin with s3://");
  }
  const std::size_t slash = std::min(url.find('/', kSchemeSize), url.size());
  ObjectPlace place{url.substr(kSchemeSize, slash - kSchemeSize),
                    url.substr(std::min(slash + 1, url.size()))};
  if (place.bucket.empty() || place.bucket.size() > kBucketMax ||
      !std::all_of(place.bucket.begin(), place.bucket.end(), IsBucketLetter)) {
    return Wrong(url, "that is no bucket's name");
  }
  if (place.key.empty() || place.key.size() > kKeyMax ||
      std::any_of(place.key.begin(), place.key.end(), IsControl)) {
    return Wrong(url, "a key has 1 to 1024 bytes and no control characters");
  }
  const std::string name = place.FileName();
  if (name.empty() || name == "." || name == ".." || name.size() > kFileNameMax) {
    return Wrong(url, "the key's last part must be a file's name, of at most 200 bytes");
  }
  return place;
}

}  // namespace weft
