#include "common/storage/s3_store.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <thread>
#include <utility>

#include "common/storage/s3_answer.h"
#include "common/storage/sigv4.h"

namespace weft {
namespace {

namespace fs = std::filesystem;

constexpr int kPartial = 206;
constexpr int kPreconditionFailed = 412;
constexpr int kNoSuchRange = 416;

// "20130524T000000Z"
std::string TimeText(std::chrono::system_clock::time_point now) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[32];
  const std::size_t size = std::strftime(&text[0], sizeof(text), "%Y%m%dT%H%M%SZ", &parts);
  return {&text[0], size};
}

// Names that are no host's, or that the certificate of the endpoint does not cover.
bool FitsHost(const std::string& bucket) {
  return std::all_of(bucket.begin(), bucket.end(), [](char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9') || letter == '-';
  });
}

std::uint64_t ToNumber(const std::string& text) {
  constexpr int kTen = 10;
  return std::strtoull(text.c_str(), nullptr, kTen);
}

// The whole object's, of an answer to a request for its first byte.
std::uint64_t SizeOf(const HttpAnswer& answer) {
  const std::string range = answer.Header("content-range");  // "bytes 0-0/1234"
  return answer.status == kPartial ? ToNumber(range.substr(range.find('/') + 1))
                                   : ToNumber(answer.Header("content-length"));
}

std::uint64_t FileSize(const std::string& file) {
  std::error_code error;
  const std::uint64_t size = fs::file_size(file, error);
  return error ? 0 : size;
}

Error Changed(const ObjectVersion& version) {
  return {ErrorCode::kInvalidArgument,
          "the object has changed: it is not any more the one that the job began with (ETag " +
              version.etag + ", " + std::to_string(version.size_bytes) +
              " bytes); submit the job anew, or put the old object back"};
}

// Others may have room: that is worth another try.
Error CannotKeep(const std::string& file) {
  return {ErrorCode::kUnavailable, "cannot write " + file + ": is the disk full?"};
}

// Where the pieces of one answer go.
class Landing {
 public:
  Landing(const std::string& file, const ObjectVersion& version, std::uint64_t begin)
      : path_(file), version_(version), begin_(begin) {}

  bool Take(const HttpAnswer& answer, std::string_view piece) {
    if (!file_.is_open() && !Open(answer)) {
      return false;
    }
    if (at_ + piece.size() > version_.size_bytes) {
      error_ = Changed(version_);
      return false;
    }
    file_.write(piece.data(), static_cast<std::streamsize>(piece.size()));
    file_.flush();  // What is told as there has to be there, should this process die.
    if (!file_) {
      error_ = CannotKeep(path_);
      return false;
    }
    at_ += piece.size();
    return true;
  }

  [[nodiscard]] std::uint64_t At() const { return at_; }
  [[nodiscard]] const std::optional<Error>& Wrong() const { return error_; }

 private:
  bool Open(const HttpAnswer& answer) {
    if (answer.Header("etag") != version_.etag) {
      error_ = Changed(version_);
      return false;
    }
    // A store that knows no ranges begins at the beginning.
    const bool goes_on = answer.status == kPartial;
    file_.open(path_, std::ios::binary | (goes_on ? std::ios::app : std::ios::trunc));
    at_ = goes_on ? begin_ : 0;
    if (!file_) {
      error_ = CannotKeep(path_);
    }
    return file_.is_open();
  }

  const std::string& path_;
  const ObjectVersion& version_;
  const std::uint64_t begin_;
  std::ofstream file_;
  std::uint64_t at_ = 0;
  std::optional<Error> error_;
};

}  // namespace

S3Store::S3Store(S3Access access, S3Patience patience)
    : access_(std::move(access)), patience_(patience), random_(std::random_device()()) {}

Status S3Store::CheckBucket(const ObjectPlace& place) const {
  const std::vector<std::string>& buckets = access_.buckets;
  if (buckets.empty() || std::find(buckets.begin(), buckets.end(), place.bucket) != buckets.end()) {
    return {};
  }
  return Failure(ErrorCode::kPermissionDenied,
                 "the bucket is none of those that are open here (s3-bucket)");
}

Result<HttpAnswer> S3Store::Send(const Ask& ask, const TransferWatch& watch, const HttpSink& sink) {
  WEFT_RETURN_IF_ERROR(CheckBucket(ask.place));
  if (caller_ == nullptr) {
    WEFT_ASSIGN_OR_RETURN(caller_, HttpCaller::Open());
  }
  const bool in_path = access_.path_style || !FitsHost(ask.place.bucket);
  RequestToSign signing{.method = ask.method,
                        .path = (in_path ? "/" + PercentEncoded(ask.place.bucket, false) : "") +
                                "/" + PercentEncoded(ask.place.key, true),
                        .query = ask.query,
                        .headers = ask.headers,
                        .payload_sha256 = Sha256(ask.body)};
  signing.headers["host"] = (in_path ? "" : ask.place.bucket + ".") + access_.host;
  signing.headers["x-amz-date"] = TimeText(std::chrono::system_clock::now());
  signing.headers["x-amz-content-sha256"] = signing.payload_sha256;
  if (!access_.credentials.session_token.empty()) {
    signing.headers["x-amz-security-token"] = access_.credentials.session_token;
  }
  HttpRequest request{.method = ask.method,
                      .url = access_.scheme + "://" + signing.headers["host"] + signing.path +
                             (ask.query.empty() ? "" : "?" + QueryText(ask.query)),
                      .headers = signing.headers,
                      .body = ask.body};
  request.headers["authorization"] =
      Authorization(signing, access_.credentials, {access_.region, "s3"});
  return caller_->Send(request, {.is_stopped = watch.is_stopped, .silence = patience_.silence},
                       sink);
}

Status S3Store::Rest(Duration longest, const TransferWatch& watch) {
  constexpr Duration kSlice{20};
  std::uniform_int_distribution<Duration::rep> draw(longest.count() / 2, longest.count());
  const auto end = std::chrono::steady_clock::now() + Duration(draw(random_));
  while (std::chrono::steady_clock::now() < end) {
    if (watch.is_stopped && watch.is_stopped()) {
      return Failure(ErrorCode::kCancelled, "it was stopped");
    }
    std::this_thread::sleep_for(kSlice);
  }
  return {};
}

Status S3Store::Insist(const std::function<Status(bool& gained)>& try_once,
                       const TransferWatch& watch) {
  Duration pause = patience_.pause;
  for (int tries = 1;; ++tries) {
    bool gained = false;
    Status status = try_once(gained);
    if (status || status.error().code() != ErrorCode::kUnavailable) {
      return status;
    }
    if (gained) {
      tries = 0;
      pause = patience_.pause;
    } else if (tries >= patience_.tries_max) {
      return Failure(ErrorCode::kUnavailable,
                     status.error().message() + "; tried " + std::to_string(tries) + " times");
    }
    WEFT_RETURN_IF_ERROR(Rest(pause, watch));
    pause = std::min(2 * pause, patience_.pause_max);
  }
}

Result<HttpAnswer> S3Store::SendAgain(const Ask& ask, const TransferWatch& watch) {
  HttpAnswer last;
  WEFT_RETURN_IF_ERROR(Insist(
      [&](bool& /*gained*/) -> Status {
        WEFT_ASSIGN_OR_RETURN(last, Send(ask, watch, {}));
        return IsSuccess(last) ? Status() : Status(Failure(S3Error(last)));
      },
      watch));
  return last;
}

Result<ObjectVersion> S3Store::Look(const ObjectPlace& place, const TransferWatch& watch) {
  ObjectVersion version;
  const Status looked = Insist(
      [&](bool& /*gained*/) -> Status {
        // Not HEAD: its answers do not say what is wrong.
        WEFT_ASSIGN_OR_RETURN(const HttpAnswer answer,
                              Send({"GET", place, {}, {{"range", "bytes=0-0"}}}, watch,
                                   [](const HttpAnswer&, std::string_view) { return false; }));
        if (answer.status != kNoSuchRange && !IsSuccess(answer)) {
          return Failure(S3Error(answer));
        }
        const bool is_empty = answer.status == kNoSuchRange;
        version = {answer.Header("etag"), is_empty ? 0 : SizeOf(answer)};
        return {};
      },
      watch);
  if (!looked) {
    return Failure(looked.error().Within("cannot read " + place.Url()));
  }
  if (version.size_bytes == 0) {
    return Failure(ErrorCode::kInvalidArgument, "cannot read " + place.Url() + ": it is empty");
  }
  return version;
}

Status S3Store::ReadOn(const ObjectPlace& place,
                       const ObjectVersion& version,
                       const std::string& file,
                       const TransferWatch& watch,
                       bool& gained) {
  const std::uint64_t begin = FileSize(file);
  if (begin == version.size_bytes) {
    return {};
  }
  std::map<std::string, std::string> headers = {{"range", "bytes=" + std::to_string(begin) + "-"}};
  if (version.etag.rfind("W/", 0) != 0) {
    headers["if-match"] = version.etag;
  }
  Landing landing(file, version, begin);
  const auto share = [&version](std::uint64_t bytes) {
    return static_cast<double>(bytes) / static_cast<double>(version.size_bytes);
  };
  const Result<HttpAnswer> answer =
      Send({"GET", place, {}, headers}, watch, [&](const HttpAnswer& head, std::string_view piece) {
        const bool taken = landing.Take(head, piece);
        if (taken && watch.moved) {
          watch.moved(share(landing.At()));
        }
        return taken;
      });
  gained = landing.At() > begin;
  if (landing.Wrong()) {
    return Failure(*landing.Wrong());
  }
  if (!answer) {
    return Failure(answer.error());
  }
  if (answer->status == kPreconditionFailed || answer->status == kNoSuchRange) {
    return Failure(Changed(version));
  }
  if (!IsSuccess(*answer)) {
    return Failure(S3Error(*answer));
  }
  return FileSize(file) == version.size_bytes
             ? Status()
             : Status(Failure(ErrorCode::kUnavailable, "the answer broke off"));
}

Status S3Store::Read(const ObjectPlace& place,
                     const ObjectVersion& version,
                     const std::string& file,
                     const TransferWatch& watch) {
  if (FileSize(file) > version.size_bytes) {
    std::error_code ignored;
    fs::resize_file(file, 0, ignored);
  }
  const Status read =
      Insist([&](bool& gained) { return ReadOn(place, version, file, watch, gained); }, watch);
  return read ? Status() : Status(Failure(read.error().Within("cannot read " + place.Url())));
}

}  // namespace weft
