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

// What a disk or a file server says that fails or is away, and a machine with too many open files.
bool IsAway(int number) {
  switch (number) {
    case AVERROR(EIO):
    case AVERROR(EAGAIN):
    case AVERROR(EBUSY):
    case AVERROR(ECOMM):
    case AVERROR(ECONNABORTED):
    case AVERROR(ECONNREFUSED):
    case AVERROR(ECONNRESET):
    case AVERROR(EHOSTDOWN):
    case AVERROR(EHOSTUNREACH):
    case AVERROR(EMFILE):
    case AVERROR(ENETDOWN):
    case AVERROR(ENETUNREACH):
    case AVERROR(ENFILE):
    case AVERROR(ENODEV):
    case AVERROR(ENOLINK):
    case AVERROR(ENOTCONN):
    case AVERROR(ENXIO):
    case AVERROR(EREMOTEIO):
    case AVERROR(ESHUTDOWN):
    case AVERROR(ESTALE):
    case AVERROR(ETIMEDOUT):
      return true;
    default:
      return false;
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

Error ReadError(int number, const std::string& what) {
  const Error error = FfmpegError(number, what);
  return IsAway(number) ? Error(ErrorCode::kUnavailable, error.message()) : error;
}

std::string FileUrl(const std::string& path) {
  return "file:" + path;
}

}  // namespace weft::media
