// How S3Store writes.

#include <algorithm>
#include <cstddef>
#include <fstream>
#include <map>
#include <utility>

#include "common/failpoint.h"
#include "common/storage/s3_answer.h"
#include "common/storage/s3_store.h"

namespace weft {
namespace {

constexpr std::uint64_t kPartsMax = 10'000;  // Of S3.

std::uint64_t PartBytes(std::uint64_t size, std::uint64_t wanted) {
  return std::max(wanted, (size + kPartsMax - 1) / kPartsMax);
}

// The next bytes of the file, as many as there are up to `count`.
Result<std::string> NextBytes(std::istream& file, std::uint64_t count) {
  std::string bytes(count, '\0');
  file.read(bytes.data(), static_cast<std::streamsize>(count));
  bytes.resize(static_cast<std::size_t>(file.gcount()));
  if (file.bad() || bytes.size() != count) {
    return Failure(ErrorCode::kInternal, "the file to be written cannot be read");
  }
  return bytes;
}

std::string Escaped(const std::string& text) {
  std::string escaped;
  for (const char letter : text) {
    escaped += letter == '&'   ? "&amp;"
               : letter == '<' ? "&lt;"
               : letter == '>' ? "&gt;"
                               : std::string(1, letter);
  }
  return escaped;
}

std::string PartList(const std::vector<std::string>& etags) {
  std::string xml = "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">";
  for (std::size_t part = 0; part < etags.size(); ++part) {
    xml += "<Part><PartNumber>" + std::to_string(part + 1) + "</PartNumber><ETag>" +
           Escaped(etags[part]) + "</ETag></Part>";
  }
  return xml + "</CompleteMultipartUpload>";
}

// Of an answer to who ends an upload: there is none any more.
bool IsEnded(const HttpAnswer& answer) {
  constexpr int kNotFound = 404;
  return IsSuccess(answer) || answer.status == kNotFound;
}

std::string TypeOf(const ObjectPlace& place) {
  static const std::map<std::string, std::string> types = {
      {".mp4", "video/mp4"},        {".m4v", "video/mp4"}, {".mov", "video/quicktime"},
      {".mkv", "video/x-matroska"}, {".png", "image/png"}, {".json", "application/json"}};
  const std::string name = place.FileName();
  const auto known = types.find(name.substr(std::min(name.rfind('.'), name.size())));
  return known == types.end() ? "application/octet-stream" : known->second;
}

}  // namespace

Status S3Store::Begin(Upload& upload) {
  WEFT_ASSIGN_OR_RETURN(
      const HttpAnswer answer,
      SendAgain({"POST", upload.place, {{"uploads", ""}}, {{"content-type", TypeOf(upload.place)}}},
                upload.watch));
  upload.id = XmlText(answer.body, "UploadId");
  if (upload.id.empty()) {
    return Failure(ErrorCode::kInvalidArgument, "the store begins uploads without naming them");
  }
  return upload.watch.began ? upload.watch.began(upload.id) : Status();
}

Status S3Store::WriteParts(Upload& upload, std::istream& file) {
  const std::uint64_t part_bytes = PartBytes(upload.size_bytes, patience_.part_bytes);
  for (std::uint64_t at = 0; at < upload.size_bytes; at += part_bytes) {
    WEFT_ASSIGN_OR_RETURN(const std::string bytes,
                          NextBytes(file, std::min(part_bytes, upload.size_bytes - at)));
    const std::string number = std::to_string(upload.etags.size() + 1);
    WEFT_ASSIGN_OR_RETURN(
        const HttpAnswer answer,
        SendAgain(
            {"PUT", upload.place, {{"partNumber", number}, {"uploadId", upload.id}}, {}, bytes},
            upload.watch));
    upload.etags.push_back(answer.Header("etag"));
    Failpoint("storage/after-part");
    if (upload.watch.moved) {
      upload.watch.moved(static_cast<double>(at + bytes.size()) /
                         static_cast<double>(upload.size_bytes));
    }
  }
  return {};
}

bool S3Store::IsWritten(const Upload& upload, const ObjectVersion& before) {
  const Result<ObjectVersion> there = Look(upload.place, upload.watch);
  return there && there->size_bytes == upload.size_bytes && *there != before;
}

Status S3Store::Complete(Upload& upload) {
  const std::string list = PartList(upload.etags);
  const Ask ask{
      "POST", upload.place, {{"uploadId", upload.id}}, {{"content-type", "application/xml"}}, list};
  // Where there is none, it is no version that could be written.
  const ObjectVersion before = Look(upload.place, upload.watch).value_or(ObjectVersion());
  bool was_asked = false;
  return Insist(
      [&](bool& /*gained*/) -> Status {
        const bool is_again = std::exchange(was_asked, true);
        WEFT_ASSIGN_OR_RETURN(const HttpAnswer answer, Send(ask, upload.watch, {}));
        if (IsSuccess(answer)) {
          return {};
        }
        // The answer to the try before may have been lost, not the try.
        if (is_again && S3Code(answer) == "NoSuchUpload" && IsWritten(upload, before)) {
          return {};
        }
        return Failure(S3Error(answer));
      },
      upload.watch);
}

void S3Store::GiveUp(const Upload& upload) {
  const TransferWatch unstopped;
  const Result<HttpAnswer> answer =
      Send({"DELETE", upload.place, {{"uploadId", upload.id}}}, unstopped, {});
  if (answer && IsEnded(*answer) && upload.watch.ended) {
    upload.watch.ended(upload.id);
  }
}

Status S3Store::WriteInParts(Upload& upload, std::istream& file) {
  WEFT_RETURN_IF_ERROR(Begin(upload));
  Status written = WriteParts(upload, file);
  if (written) {
    written = Complete(upload);
  }
  if (!written) {
    GiveUp(upload);
  } else if (upload.watch.ended) {
    upload.watch.ended(upload.id);
  }
  return written;
}

Status S3Store::WriteWhole(const ObjectPlace& place,
                           std::istream& file,
                           const TransferWatch& watch) {
  file.seekg(0, std::ios::end);
  const auto size = static_cast<std::uint64_t>(file.tellg());
  file.seekg(0);
  if (!file) {
    return Failure(ErrorCode::kInternal, "the file to be written cannot be read");
  }
  if (size > patience_.part_bytes) {
    Upload upload{.place = place, .watch = watch, .size_bytes = size};
    return WriteInParts(upload, file);
  }
  WEFT_ASSIGN_OR_RETURN(const std::string bytes, NextBytes(file, size));
  WEFT_RETURN_IF_ERROR(
      SendAgain({"PUT", place, {}, {{"content-type", TypeOf(place)}}, bytes}, watch));
  return {};
}

Status S3Store::Write(const ObjectPlace& place,
                      const std::string& file,
                      const TransferWatch& watch) {
  std::ifstream stream(file, std::ios::binary);
  const Status written = WriteWhole(place, stream, watch);
  return written ? Status()
                 : Status(Failure(written.error().Within("cannot write " + place.Url())));
}

Status S3Store::CheckWritable(const ObjectPlace& place, const TransferWatch& watch) {
  Upload upload{.place = place, .watch = watch};
  if (const Status begun = Begin(upload); !begun) {
    return Failure(begun.error().Within("cannot write " + place.Url()));
  }
  GiveUp(upload);
  return {};
}

Status S3Store::Abort(const ObjectPlace& place,
                      const std::string& upload,
                      const TransferWatch& watch) {
  const Status ended = Insist(
      [&](bool& /*gained*/) -> Status {
        WEFT_ASSIGN_OR_RETURN(const HttpAnswer answer,
                              Send({"DELETE", place, {{"uploadId", upload}}}, watch, {}));
        return IsEnded(answer) ? Status() : Status(Failure(S3Error(answer)));
      },
      watch);
  return ended ? Status()
               : Status(Failure(ended.error().Within("cannot end an upload to " + place.Url())));
}

}  // namespace weft
