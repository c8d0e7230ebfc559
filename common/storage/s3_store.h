// Objects of an S3-compatible store, as files here.
//
// Every request is tried again, with growing, jittered pauses, while the store is busy, silent or
// cut off; never where it refuses. Reading goes on where it broke off, as long as the object is the
// same; writing puts large files in parts, and the object appears only whole.
//
// Source: Amazon S3 API Reference, 2006-03-01. What is used of it: GetObject with Range and
// If-Match, PutObject, and multipart uploads.

#pragma once

#include <cstdint>
#include <functional>
#include <istream>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"
#include "common/storage/http_call.h"
#include "common/storage/object_place.h"
#include "common/storage/s3_access.h"
#include "common/time.h"

namespace weft {

// What makes a version of an object that one and no other.
struct ObjectVersion {
  std::string etag;  // As the store has it, quotes included.
  std::uint64_t size_bytes = 0;

  friend bool operator==(const ObjectVersion& a, const ObjectVersion& b) {
    return a.etag == b.etag && a.size_bytes == b.size_bytes;
  }
  friend bool operator!=(const ObjectVersion& a, const ObjectVersion& b) { return !(a == b); }
};

struct S3Patience {
  int tries_max = 6;  // Of one request, with nothing gained by any of them.
  Duration pause = std::chrono::milliseconds(250);  // At most, before the second try; then doubles,
  Duration pause_max = std::chrono::seconds(10);    // up to this.
  Duration silence = std::chrono::seconds(30);
  std::uint64_t part_bytes = 16 << 20;  // Files of more are written in parts of this.
};

// How a transfer is watched.
struct TransferWatch {
  std::function<bool()> is_stopped;   // Asked about once a second, and between tries.
  std::function<void(double)> moved;  // Told the share of the bytes that has passed.
  // Told an upload in parts before the first part is sent, and its end, whichever way: should this
  // process die in between, or the store be out of reach, somebody has to Abort() it.
  std::function<Status(const std::string& upload)> began;
  std::function<void(const std::string& upload)> ended;
};

// One thread.
class S3Store {
 public:
  explicit S3Store(S3Access access, S3Patience patience = {});

  // What is there now.
  Result<ObjectVersion> Look(const ObjectPlace& place, const TransferWatch& watch);

  // Appends to the file what it lacks of that version: what it holds already must be the beginning
  // of it. kInvalidArgument: the object is another one by now.
  Status Read(const ObjectPlace& place,
              const ObjectVersion& version,
              const std::string& file,
              const TransferWatch& watch);

  // Makes the file's content the object's. Nothing is left behind where it fails, unless the store
  // is out of reach to be told so.
  Status Write(const ObjectPlace& place, const std::string& file, const TransferWatch& watch);

  // Whether Write() would be let: begins an upload and ends it again.
  Status CheckWritable(const ObjectPlace& place, const TransferWatch& watch);

  // Ends an upload that somebody began and did not finish. Fine where there is none.
  Status Abort(const ObjectPlace& place, const std::string& upload, const TransferWatch& watch);

  // ---- of all of the above
  // kUnavailable: the store stayed busy or out of reach.  kNotFound: no such bucket or object.
  // kPermissionDenied: it does not let us, or is not whom we trust.  kInvalidArgument: it will not.
  // kCancelled: it was stopped. Messages name the place, what the store said, and what to do.

 private:
  struct Upload {
    const ObjectPlace& place;
    const TransferWatch& watch;
    std::string id;
    std::uint64_t size_bytes = 0;
    std::vector<std::string> etags;  // Of the parts that are there.
  };
  struct Ask {
    std::string method;
    const ObjectPlace& place;
    std::map<std::string, std::string> query = {};
    std::map<std::string, std::string> headers = {};
    std::string_view body = {};
  };

  // Once. Errors: no answer.
  Result<HttpAnswer> Send(const Ask& ask, const TransferWatch& watch, const HttpSink& sink);
  // Until it is answered with a success.
  Result<HttpAnswer> SendAgain(const Ask& ask, const TransferWatch& watch);
  // try_once: true where it gained something. Until it succeeds or is refused.
  Status Insist(const std::function<Status(bool& gained)>& try_once, const TransferWatch& watch);
  Status Rest(Duration longest, const TransferWatch& watch);

  // What Read() does once.
  Status ReadOn(const ObjectPlace& place,
                const ObjectVersion& version,
                const std::string& file,
                const TransferWatch& watch,
                bool& gained);

  Status WriteWhole(const ObjectPlace& place, std::istream& file, const TransferWatch& watch);
  Status WriteInParts(Upload& upload, std::istream& file);
  Status Begin(Upload& upload);
  Status WriteParts(Upload& upload, std::istream& file);
  Status Complete(Upload& upload);
  // Whether another object than before is there, of the upload's size.
  bool IsWritten(const Upload& upload, const ObjectVersion& before);
  // Tries once, and tells of the end where it came to it.
  void GiveUp(const Upload& upload);
  [[nodiscard]] Status CheckBucket(const ObjectPlace& place) const;

  const S3Access access_;
  const S3Patience patience_;
  std::unique_ptr<HttpCaller> caller_;  // Once it is needed.
  std::minstd_rand random_;             // Of pauses: no two workers come back at one moment.
};

}  // namespace weft
