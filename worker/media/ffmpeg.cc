#include "worker/media/ffmpeg.h"

#include <array>
#include <cerrno>
#include <new>
#include <string>

namespace weft::media {
namespace {

ErrorCode CodeOf(int number) {
  switch (number) {
    case AVERROR(ENOSPC):
    case AVERROR(EDQUOT):
      return ErrorCode::kNoSpace;
    case AVERROR(EACCES):
    case AVERROR(EPERM):
    case AVERROR(EROFS):
      return ErrorCode::kPermissionDenied;
    case AVERROR(ENOENT):
    case AVERROR(ENOTDIR):
      return ErrorCode::kNotFound;
    case AVERROR(ENOMEM):
      return ErrorCode::kResourceExhausted;
    case AVERROR(EIO):
    case AVERROR_INVALIDDATA:
      return ErrorCode::kDataLoss;
    default:
      return ErrorCode::kInternal;
  }
}

}  // namespace

FramePtr NewFrame() {
  FramePtr frame(av_frame_alloc());
  if (!frame) {
    throw std::bad_alloc();
  }
  return frame;
}

PacketPtr NewPacket() {
  PacketPtr packet(av_packet_alloc());
  if (!packet) {
    throw std::bad_alloc();
  }
  return packet;
}

CodecParametersPtr NewCodecParameters() {
  CodecParametersPtr parameters(avcodec_parameters_alloc());
  if (!parameters) {
    throw std::bad_alloc();
  }
  return parameters;
}

void SilenceFfmpeg() {
  av_log_set_level(AV_LOG_QUIET);
}

std::string FfmpegWords(int number) {
  std::array<char, AV_ERROR_MAX_STRING_SIZE> words{};
  av_strerror(number, words.data(), words.size());
  return words.data();
}

Error FfmpegError(int number, const std::string& what) {
  return {CodeOf(number), what + ": " + FfmpegWords(number)};
}

std::string FileUrl(const std::string& path) {
  return "file:" + path;
}

}  // namespace weft::media
