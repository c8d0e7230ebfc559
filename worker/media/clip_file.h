// A clip's container, open at its video stream. FFmpeg's view of it; nothing is decoded here.

#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "common/result.h"
#include "worker/media/ffmpeg.h"

namespace weft::media {

class ClipFile {
 public:
  // Local regular files only; never follows a playlist to other files. The errors are those of
  // OpenClip (worker/media/frame_source.h).
  static Result<ClipFile> Open(const std::string& path);

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] AVFormatContext& container() const { return *input_; }
  [[nodiscard]] AVStream& video() const {
    return *input_->streams[static_cast<unsigned>(video_stream_)];
  }

  // The next packet of the video stream; false at the end, also where the file breaks off. Errors
  // as ReadNext()'s.
  Result<bool> ReadPacket(AVPacket* packet);

  // Reading has failed. Where the next packet would begin is not known then: to be opened anew.
  [[nodiscard]] bool HasFailed() const;

  // How many packets an MP4 file lists, where ReadPacket() has found fewer by now; else 0.
  [[nodiscard]] std::uint32_t PacketsPromised() const {
    return packets_read_ < packets_listed_ ? static_cast<std::uint32_t>(packets_listed_) : 0;
  }

  // When the last frame ends by what a Matroska file says, in seconds on its clock. 0 of others.
  [[nodiscard]] double ClaimedEnd() const;

  // A decoder for the video stream, with one thread.
  // kInvalidArgument: FFmpeg does not know the codec.
  [[nodiscard]] Result<CodecContextPtr> NewDecoder() const;

 private:
  ClipFile(std::string path, InputPtr input, int video_stream)
      : path_(std::move(path)), input_(std::move(input)), video_stream_(video_stream) {
    ListPackets();
  }

  void ListPackets();

  std::string path_;
  InputPtr input_;
  int video_stream_;
  int packets_listed_ = 0;
  int packets_read_ = 0;  // More where packets are read again.
};

// Any local media file, its streams known. kNotFound, kPermissionDenied, kInvalidArgument: not
// media.  kUnavailable: it cannot be read now.
Result<InputPtr> OpenContainer(const std::string& path);

// The next packet of any stream of the file at `path`; false at the end, also where the file breaks
// off.  kUnavailable and others of ReadError(): it cannot be read now.
Result<bool> ReadNext(AVFormatContext& input, const std::string& path, AVPacket* packet);

}  // namespace weft::media
