#include "worker/media/container.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <string>

#include "worker/media/memory_file.h"

namespace weft::media {
namespace {

constexpr AVRational kMillisecond{1, 1000};
constexpr AVRational kFine{1, 90000};

// Whether FFmpeg can begin a file of this sound alone. Its tables of codecs do not say all: they
// have FLAC for .mov, whose header is then refused.
bool TakesAudio(const AVOutputFormat& format, const AVCodecParameters& audio) {
  MemoryFile file;
  AVFormatContext* allocated = nullptr;
  if (avformat_alloc_output_context2(&allocated, &format, nullptr, nullptr) < 0) {
    return false;
  }
  const OutputPtr muxer(allocated);
  muxer->pb = file.io();
  muxer->strict_std_compliance = kAudioCompliance;
  AVStream* stream = avformat_new_stream(muxer.get(), nullptr);
  if (stream == nullptr || avcodec_parameters_copy(stream->codecpar, &audio) < 0) {
    return false;
  }
  stream->codecpar->codec_tag = 0;  // The muxer's own.
  return avformat_write_header(muxer.get(), nullptr) >= 0;
}

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
                       const AVCodecParameters& audio,
                       const std::string& output_path) {
  const AVOutputFormat* muxer = av_guess_format(container.muxer, nullptr, nullptr);
  if (muxer == nullptr) {
    return Failure(ErrorCode::kUnsupported,
                   std::string("this FFmpeg cannot write ") + container.muxer);
  }
  if (avformat_query_codec(muxer, audio.codec_id, FF_COMPLIANCE_NORMAL) == 0 ||
      !TakesAudio(*muxer, audio)) {
    return Failure(ErrorCode::kInvalidArgument,
                   "cannot copy the source's " + std::string(avcodec_get_name(audio.codec_id)) +
                       " audio to " + output_path +
                       (container.matroska
                            ? ": Matroska cannot hold it; convert the source's audio first"
                            : ": this container cannot hold it; use a name that ends with .mkv"));
  }
  return {};
}

}  // namespace weft::media
