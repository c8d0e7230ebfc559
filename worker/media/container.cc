#include "worker/media/container.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <string>

namespace weft::media {
namespace {

constexpr AVRational kMillisecond{1, 1000};
constexpr AVRational kFine{1, 90000};

}  // namespace

Result<Container> ContainerOf(const std::string& output_path) {
  std::string extension = std::filesystem::path(output_path).extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (extension == ".mp4" || extension == ".m4v") {
    return Container{"mp4", false, kFine};
  }
  if (extension == ".mov") {
    return Container{"mov", false, kFine};
  }
  if (extension == ".mkv") {
    return Container{"matroska", true, kMillisecond};
  }
  return Failure(ErrorCode::kInvalidArgument,
                 "cannot write " + output_path +
                     ": end the name with .mp4, .m4v or .mov (H.264) or .mkv (also lossless)");
}

Status CheckHolds(const Container& container, Codec codec, const std::string& output_path) {
  if (codec == Codec::kFfv1 && !container.matroska) {
    return Failure(ErrorCode::kInvalidArgument, "cannot write lossless video (FFV1) to " +
                                                    output_path +
                                                    ": use a name that ends with .mkv");
  }
  return {};
}

Status CheckHoldsAudio(const Container& container,
                       AVCodecID audio,
                       const std::string& output_path) {
  const AVOutputFormat* muxer = av_guess_format(container.muxer, nullptr, nullptr);
  if (muxer == nullptr) {
    return Failure(ErrorCode::kUnsupported,
                   std::string("this FFmpeg cannot write ") + container.muxer);
  }
  if (avformat_query_codec(muxer, audio, FF_COMPLIANCE_NORMAL) == 0) {
    return Failure(ErrorCode::kInvalidArgument,
                   "cannot copy the source's " + std::string(avcodec_get_name(audio)) +
                       " audio to " + output_path +
                       (container.matroska
                            ? ": Matroska cannot hold it; convert the source's audio first"
                            : ": this container cannot hold it; use a name that ends with .mkv"));
  }
  return {};
}

}  // namespace weft::media
