// A clip's frames one after the other, from its start or from a key frame.

#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "common/result.h"
#include "worker/media/clip_file.h"
#include "worker/media/ffmpeg.h"

namespace weft::media {

// A key packet that decoding can start at, by its time stamps in the stream's time base.
struct RestartPoint {
  std::int64_t pts = 0;
  std::int64_t dts = 0;
  // Nothing shown from here on depends on anything before it. Otherwise (open groups of pictures,
  // gradual refresh) that holds for sure only from the next restart point on.
  bool independent = true;
};

class ClipDecoder {
 public:
  // At the clip's start. The errors are those of OpenClip (worker/media/frame_source.h).
  static Result<ClipDecoder> Open(const std::string& path);

  // Decodes the next frame in presentation order; false at the end. Packets that do not decode and
  // frames that the decoder or the container marks as damaged are passed over.
  // kResourceExhausted: no memory.  kUnavailable: the file cannot be read now.
  Result<bool> Next();

  // The frame that Next() found. REQUIRES: it returned true.
  [[nodiscard]] const AVFrame& frame() const { return *frame_; }

  // Whether all of it decoded: of a damaged frame the decoder may guess parts. REQUIRES: likewise.
  [[nodiscard]] bool IsWhole() const {
    constexpr int kGuessed = FF_DECODE_ERROR_INVALID_BITSTREAM | FF_DECODE_ERROR_DECODE_SLICES |
                             FF_DECODE_ERROR_CONCEALMENT_ACTIVE;
    return (frame_->decode_error_flags & kGuessed) == 0;
  }

  // Packets and frames that Next() has passed over since the start or the last Restart().
  [[nodiscard]] std::uint32_t PassedOver() const { return passed_over_; }

  // Goes back to the clip's start, as if just opened.
  Status Rewind();

  // Next() goes on with the frames decoded from this packet on; earlier ones may come first.
  // kDataLoss: the file does not hold this packet any more.  kUnavailable: as of Next().
  Status Restart(const RestartPoint& point);

  [[nodiscard]] const ClipFile& file() const { return file_; }

 private:
  ClipDecoder(ClipFile file, CodecContextPtr codec)
      : file_(std::move(file)),
        codec_(std::move(codec)),
        frame_(NewFrame()),
        packet_(NewPacket()) {}

  Status Feed();
  Result<bool> SkipTo(const RestartPoint& point);

  ClipFile file_;
  CodecContextPtr codec_;
  FramePtr frame_;
  PacketPtr packet_;
  bool packet_waits_ = false;  // packet_ is read but not yet decoded.
  bool draining_ = false;      // No packets are left.
  std::uint32_t passed_over_ = 0;
};

}  // namespace weft::media
