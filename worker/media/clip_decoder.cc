#include "worker/media/clip_decoder.h"

#include <cerrno>
#include <string>
#include <utility>

namespace weft::media {

Result<ClipDecoder> ClipDecoder::Open(const std::string& path) {
  WEFT_ASSIGN_OR_RETURN(ClipFile file, ClipFile::Open(path));
  WEFT_ASSIGN_OR_RETURN(CodecContextPtr codec, file.NewDecoder());
  return ClipDecoder(std::move(file), std::move(codec));
}

Result<bool> ClipDecoder::Next() {
  // A decoder may answer a drain with errors before it says that nothing is left.
  constexpr int kDrainErrorsMax = 256;
  int drain_errors = 0;
  while (drain_errors < kDrainErrorsMax) {
    const int status = avcodec_receive_frame(codec_.get(), frame_.get());
    if (status == 0) {
      if ((frame_->flags & AV_FRAME_FLAG_CORRUPT) == 0) {
        return true;
      }
      ++passed_over_;
    } else if (status == AVERROR_EOF) {
      return false;
    } else if (status == AVERROR(ENOMEM)) {
      return Failure(FfmpegError(status, "cannot decode " + file_.path()));
    } else if (draining_) {
      ++drain_errors;
    } else if (status == AVERROR(EAGAIN)) {
      WEFT_RETURN_IF_ERROR(Feed());
    }
  }
  return false;
}

Status ClipDecoder::Feed() {
  if (!packet_waits_) {
    WEFT_ASSIGN_OR_RETURN(const bool found, file_.ReadPacket(packet_.get()));
    if (!found) {
      draining_ = true;
      avcodec_send_packet(codec_.get(), nullptr);
      return {};
    }
  }
  packet_waits_ = false;
  const int status = avcodec_send_packet(codec_.get(), packet_.get());
  if (status == AVERROR(ENOMEM)) {
    return Failure(FfmpegError(status, "cannot decode " + file_.path()));
  }
  // Any other failure is a damaged packet: the frames that do decode count.
  passed_over_ += status < 0 ? 1 : 0;
  return {};
}

Status ClipDecoder::Rewind() {
  // Opened anew, not sought: seeking to the start is not exact in every container, and a decoder's
  // state is not wholly reset by a flush.
  WEFT_ASSIGN_OR_RETURN(*this, Open(file_.path()));
  return {};
}

Status ClipDecoder::Restart(const RestartPoint& point) {
  avcodec_flush_buffers(codec_.get());
  draining_ = false;
  packet_waits_ = false;
  passed_over_ = 0;
  const int sought =
      av_seek_frame(&file_.container(), file_.video().index, point.dts, AVSEEK_FLAG_BACKWARD);
  bool found = false;
  if (sought >= 0) {
    WEFT_ASSIGN_OR_RETURN(found, SkipTo(point));
  }
  if (!found) {
    // The container's own index is missing or wrong: walk there from the start.
    WEFT_RETURN_IF_ERROR(Rewind());
    WEFT_ASSIGN_OR_RETURN(found, SkipTo(point));
  }
  if (found) {
    return {};
  }
  return Failure(ErrorCode::kDataLoss, file_.path() + " has changed while it was being read");
}

Result<bool> ClipDecoder::SkipTo(const RestartPoint& point) {
  while (true) {
    WEFT_ASSIGN_OR_RETURN(const bool found, file_.ReadPacket(packet_.get()));
    if (!found) {
      return false;
    }
    if (packet_->pts == point.pts && (packet_->flags & AV_PKT_FLAG_KEY) != 0) {
      packet_waits_ = true;
      return true;
    }
  }
}

}  // namespace weft::media
