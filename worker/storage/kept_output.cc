#include "worker/storage/kept_output.h"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <vector>

#include "common/failpoint.h"
#include "common/storage/sha256_sum.h"
#include "weft/v1/result.pb.h"

namespace weft::worker {
namespace {

namespace fs = std::filesystem;

struct OutgoingFile {
  std::string path;
  std::uint64_t size_bytes = 0;
};

// One after the other, told as one transfer.
class Sending {
 public:
  Sending(const ResultPlace& place, const OutputSink& sink, const TransferWatch& watch)
      : index_name_(place.IndexName()), sink_(sink), watch_(watch) {}

  Status Send(const std::vector<OutgoingFile>& files) {
    for (const OutgoingFile& file : files) {
      all_bytes_ += file.size_bytes;
    }
    if (all_bytes_ > kResultBytesMax) {
      return Failure(ErrorCode::kInvalidArgument,
                     files.front().path + ": with what is beside it that has " +
                         std::to_string(all_bytes_ >> 20) +
                         " MiB, and the coordinator keeps up to 65536 MiB of a job: let it write "
                         "to storage that workers see");
    }
    for (const OutgoingFile& file : files) {
      WEFT_RETURN_IF_ERROR(SendFile(file));
    }
    Failpoint("result/before-index");
    return sink_.store(index_name_, index_.SerializeAsString());
  }

 private:
  Status SendFile(const OutgoingFile& file) {
    const auto number = static_cast<std::uint32_t>(index_.files_size());
    std::ifstream stream(file.path, std::ios::binary);
    Sha256Sum sum;
    std::uint64_t sent = 0;
    for (std::uint32_t piece = 0; sent < file.size_bytes; ++piece) {
      if (watch_.is_stopped && watch_.is_stopped()) {
        return Failure(ErrorCode::kCancelled, "it was stopped");
      }
      std::string bytes(std::min(kResultPieceBytes, file.size_bytes - sent), '\0');
      if (!stream.read(bytes.data(), static_cast<std::streamsize>(bytes.size()))) {
        return Failure(ErrorCode::kUnavailable, "cannot read " + file.path);
      }
      sum.Add(bytes);
      Failpoint("result/before-piece");
      WEFT_RETURN_IF_ERROR(sink_.store(index_name_ + ResultPieceSuffix(number, piece), bytes));
      sent += bytes.size();
      Tell(bytes.size());
    }
    v1::ResultFile& listed = *index_.add_files();
    listed.set_name(fs::path(file.path).filename().string());
    listed.set_size_bytes(file.size_bytes);
    listed.set_sha256(sum.Take());
    return {};
  }

  void Tell(std::uint64_t more_bytes) {
    sent_bytes_ += more_bytes;
    if (watch_.moved) {
      watch_.moved(static_cast<double>(sent_bytes_) / static_cast<double>(all_bytes_));
    }
  }

  const std::string index_name_;
  const OutputSink& sink_;
  const TransferWatch& watch_;
  v1::ResultIndex index_;
  std::uint64_t all_bytes_ = 0;
  std::uint64_t sent_bytes_ = 0;
};

}  // namespace

Result<KeptOutput> KeptOutput::Open(const std::string& folder, const ResultPlace& place) {
  WEFT_ASSIGN_OR_RETURN(OwnFolder own, OwnFolder::Open(folder));
  return KeptOutput(std::move(own), place);
}

Status KeptOutput::Send(const OutputSink& sink, const TransferWatch& watch) {
  std::vector<OutgoingFile> files;
  for (const std::string& name : folder_.FilesNamedAs(place_.name)) {  // Its own is the first.
    const std::string path = folder_.Path() + "/" + name;
    std::error_code error;
    const std::uint64_t size_bytes = fs::file_size(path, error);
    if (error) {
      return Failure(ErrorCode::kUnavailable, "cannot read " + path + ": " + error.message());
    }
    files.push_back({path, size_bytes});
  }
  if (files.empty()) {
    return Failure(ErrorCode::kUnavailable, "cannot read " + Path() + ": it is gone");
  }
  Status sent = Sending(place_, sink, watch).Send(files);
  if (!sent && sent.error().code() != ErrorCode::kUnavailable) {
    sink.drop();
  }
  return sent;
}

}  // namespace weft::worker
