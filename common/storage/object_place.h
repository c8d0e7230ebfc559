// Where an object lies in an S3-compatible store: s3://BUCKET/KEY.

#pragma once

#include <string>

#include "common/result.h"

namespace weft {

struct ObjectPlace {
  std::string bucket;
  std::string key;  // As the store knows it: nothing is encoded.

  // s3://BUCKET/KEY
  [[nodiscard]] std::string Url() const { return "s3://" + bucket + "/" + key; }
  // What follows the key's last slash.
  [[nodiscard]] std::string FileName() const { return key.substr(key.rfind('/') + 1); }
};

// Whether the text means an object at all; it may be a wrong one.
bool IsObjectUrl(const std::string& text);

// kInvalidArgument: no bucket, a bucket's name of other characters than letters, digits, ".", "-"
// and "_", no key, a key of more than 1024 bytes or with control characters, or one whose last part
// is no name for a file: empty, ".", ".." or longer than 200 bytes.
Result<ObjectPlace> ParseObjectUrl(const std::string& url);

}  // namespace weft
