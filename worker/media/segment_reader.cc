#include "worker/media/segment_reader.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "worker/media/deep_picture.h"
#include "worker/media/ffmpeg.h"
#include "worker/media/memory_file.h"

namespace weft::media {
namespace {

Error Damaged(const std::string& how) {
  return {ErrorCode::kDataLoss, "a lossless segment " + how};
}

// Of blue, green, red and nothing.
Frame ToRgb(const AVFrame& picture) {
  constexpr int kStored = 4;
  constexpr int kChannels = 3;
  Frame frame{picture.width, picture.height, {}};
  frame.rgb.resize(static_cast<std::size_t>(picture.width) * picture.height * kChannels);
  auto out = frame.rgb.begin();
  for (int y = 0; y < picture.height; ++y) {
    const std::uint8_t* in = picture.data[0] + std::ptrdiff_t{y} * picture.linesize[0];
    for (int x = 0; x < picture.width; ++x, in += kStored) {
      for (int channel = kChannels - 1; channel >= 0; --channel) {
        *out++ = in[channel];
      }
    }
  }
  return frame;
}

class SegmentReader {
 public:
  explicit SegmentReader(std::string_view bytes) : file_(bytes) {}

  Status Open() {
    WEFT_ASSIGN_OR_RETURN(input_, OpenMatroska(file_));
    if (input_->nb_streams != 1 || input_->streams[0]->codecpar->codec_id != AV_CODEC_ID_FFV1) {
      return Failure(Damaged("is not FFV1"));
    }
    decoder_.reset(avcodec_alloc_context3(avcodec_find_decoder(AV_CODEC_ID_FFV1)));
    if (!decoder_) {
      return Failure(ErrorCode::kResourceExhausted, "no memory for a video decoder");
    }
    decoder_->thread_count = 1;
    decoder_->err_recognition = AV_EF_EXPLODE;
    int status = avcodec_parameters_to_context(decoder_.get(), input_->streams[0]->codecpar);
    if (status >= 0) {
      status = avcodec_open2(decoder_.get(), decoder_->codec, nullptr);
    }
    return status < 0 ? Status(Failure(Damaged("cannot be decoded: " + FfmpegWords(status))))
                      : Status();
  }

  // The next frame; nothing behind the last one.
  Result<std::optional<Frame>> Next() {
    av_packet_unref(packet_.get());
    int status = av_read_frame(input_.get(), packet_.get());
    if (status == AVERROR_EOF) {
      return std::optional<Frame>();
    }
    if (status >= 0) {
      status = avcodec_send_packet(decoder_.get(), packet_.get());
    }
    if (status >= 0) {
      status = avcodec_receive_frame(decoder_.get(), frame_.get());
    }
    if (status < 0) {
      return Failure(Damaged("does not decode: " + FfmpegWords(status)));
    }
    if (frame_->format == kDeepFormat) {
      return std::optional<Frame>(FromDeepPlanes(*frame_));
    }
    if (frame_->format != AV_PIX_FMT_BGR0) {
      return Failure(Damaged("is not of RGB"));
    }
    return std::optional<Frame>(ToRgb(*frame_));
  }

 private:
  MemoryFile file_;
  InputPtr input_;
  CodecContextPtr decoder_;
  PacketPtr packet_ = NewPacket();
  FramePtr frame_ = NewFrame();
};

}  // namespace

Status ReadSegment(std::string_view bytes,
                   std::uint32_t frame_count,
                   const std::function<Status(Frame)>& take) {
  SilenceFfmpeg();
  SegmentReader reader(bytes);
  WEFT_RETURN_IF_ERROR(reader.Open());
  std::uint32_t read = 0;
  WEFT_ASSIGN_OR_RETURN(std::optional<Frame> frame, reader.Next());
  while (frame && read < frame_count) {
    ++read;
    WEFT_RETURN_IF_ERROR(take(*std::move(frame)));
    WEFT_ASSIGN_OR_RETURN(frame, reader.Next());
  }
  if (frame || read < frame_count) {
    return Failure(Damaged("does not hold " + std::to_string(frame_count) + " frames"));
  }
  return {};
}

}  // namespace weft::media
