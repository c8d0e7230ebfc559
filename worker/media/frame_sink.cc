#include "worker/media/frame_sink.h"

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "worker/media/deep_picture.h"
#include "worker/media/ffmpeg.h"
#include "worker/media/memory_file.h"
#include "worker/media/rgb_conversion.h"

namespace weft::media {
namespace {

// Time stamps in a segment only number its frames; Assemble gives them their times.
constexpr AVRational kFrameStep{1, 25};

constexpr int kKeyFrameDistance = 250;

// x264's AVX-512 code for the macroblock tree (seen in Debian 12's build 164) reads memory that
// nobody wrote, so that equal frames gave unequal bytes. Its AVX2 code does not.
const char* X264Parameters() {
  return (av_get_cpu_flags() & AV_CPU_FLAG_AVX512) != 0 ? "asm=avx2,fma3,bmi2" : "";
}

Result<CodecContextPtr> NewEncoder(const SegmentFormat& format) {
  const bool h264 = format.codec == Codec::kH264;
  const char* name = h264 ? "libx264" : "ffv1";
  const AVCodec* codec = avcodec_find_encoder_by_name(name);
  if (codec == nullptr) {
    return Failure(ErrorCode::kUnsupported,
                   std::string("this FFmpeg has no encoder ") + name + "; install one that has it");
  }
  CodecContextPtr encoder(avcodec_alloc_context3(codec));
  if (!encoder) {
    return Failure(ErrorCode::kResourceExhausted, "no memory for a video encoder");
  }
  encoder->width = format.width;
  encoder->height = format.height;
  av_reduce(&encoder->framerate.num, &encoder->framerate.den, format.rate_numerator,
            format.rate_denominator, INT32_MAX);
  encoder->time_base = av_inv_q(encoder->framerate);
  encoder->sample_aspect_ratio = {1, 1};
  encoder->thread_count = 1;
  encoder->flags |= AV_CODEC_FLAG_GLOBAL_HEADER | AV_CODEC_FLAG_BITEXACT;
  if (h264) {
    encoder->pix_fmt = format.deep ? AV_PIX_FMT_YUV420P10 : AV_PIX_FMT_YUV420P;
    encoder->color_range = AVCOL_RANGE_MPEG;
    encoder->colorspace = AVCOL_SPC_BT709;
    encoder->color_primaries = AVCOL_PRI_BT709;
    encoder->color_trc = AVCOL_TRC_BT709;
    encoder->chroma_sample_location = AVCHROMA_LOC_LEFT;
    encoder->gop_size = kKeyFrameDistance;
    encoder->flags |= AV_CODEC_FLAG_CLOSED_GOP;
    av_opt_set(encoder->priv_data, "preset", "medium", 0);
    av_opt_set(encoder->priv_data, "crf", "16", 0);
    av_opt_set(encoder->priv_data, "sc_threshold", "0", 0);
    av_opt_set(encoder->priv_data, "forced-idr", "1", 0);
    av_opt_set(encoder->priv_data, "x264-params", X264Parameters(), 0);
  } else {
    encoder->pix_fmt = format.deep ? kDeepFormat : AV_PIX_FMT_BGR0;
    encoder->level = 3;
    encoder->gop_size = 1;
    // Four slices are the default; a slice one pixel wide comes out wrong.
    constexpr int kSlicedSide = 16;
    encoder->slices = std::min(format.width, format.height) < kSlicedSide ? 1 : 4;
    av_opt_set_int(encoder->priv_data, "slicecrc", 1, 0);
  }
  if (const int status = avcodec_open2(encoder.get(), codec, nullptr); status < 0) {
    return Failure(ErrorCode::kInvalidArgument,
                   std::string(name) + " cannot encode " + std::to_string(format.width) + "x" +
                       std::to_string(format.height) + " (" + FfmpegWords(status) + ")");
  }
  return encoder;
}

// x264 writes its version and options into every first frame; segments are better without.
Result<FilterPtr> NewFilter(const AVCodecContext& encoder) {
  const bool h264 = encoder.codec_id == AV_CODEC_ID_H264;
  AVBSFContext* created = nullptr;
  int status = av_bsf_list_parse_str(h264 ? "filter_units=remove_types=6" : "null", &created);
  FilterPtr filter(created);
  if (status >= 0) {
    status = avcodec_parameters_from_context(filter->par_in, &encoder);
  }
  if (status >= 0) {
    filter->time_base_in = encoder.time_base;
    status = av_bsf_init(filter.get());
  }
  if (status < 0) {
    return Failure(FfmpegError(status, "cannot set up the encoder's output"));
  }
  return filter;
}

Result<ScalerPtr> NewScaler(AVPixelFormat from, const AVCodecContext& encoder) {
  ScalerPtr scaler(sws_alloc_context());
  if (!scaler) {
    return Failure(ErrorCode::kResourceExhausted, "no memory for a colour conversion");
  }
  av_opt_set_int(scaler.get(), "srcw", encoder.width, 0);
  av_opt_set_int(scaler.get(), "srch", encoder.height, 0);
  av_opt_set_int(scaler.get(), "src_format", from, 0);
  av_opt_set_int(scaler.get(), "dstw", encoder.width, 0);
  av_opt_set_int(scaler.get(), "dsth", encoder.height, 0);
  av_opt_set_int(scaler.get(), "dst_format", encoder.pix_fmt, 0);
  av_opt_set_int(scaler.get(), "sws_flags", kScalerFlags, 0);
  if (encoder.codec_id == AV_CODEC_ID_H264) {
    av_opt_set_int(scaler.get(), "dst_h_chr_pos", 0, 0);  // Left, as tagged.
    av_opt_set_int(scaler.get(), "dst_v_chr_pos", 128, 0);
  }
  if (const int status = sws_init_context(scaler.get(), nullptr, nullptr); status < 0) {
    return Failure(FfmpegError(status, "cannot set up the conversion from RGB"));
  }
  // Refused from RGB to RGB, where there is no matrix.
  constexpr int kNeutral = 1 << 16;
  const int* bt709 = sws_getCoefficients(SWS_CS_ITU709);
  sws_setColorspaceDetails(scaler.get(), bt709, 1, bt709, 0, 0, kNeutral, kNeutral);
  return scaler;
}

class Segment : public FrameSink {
 public:
  static Result<std::unique_ptr<FrameSink>> Open(const SegmentFormat& format) {
    WEFT_ASSIGN_OR_RETURN(CodecContextPtr encoder, NewEncoder(format));
    WEFT_ASSIGN_OR_RETURN(FilterPtr filter, NewFilter(*encoder));
    const AVPixelFormat from = format.deep ? kDeepFormat : AV_PIX_FMT_RGB24;
    WEFT_ASSIGN_OR_RETURN(ScalerPtr scaler, NewScaler(from, *encoder));
    std::unique_ptr<Segment> segment(
        new Segment(std::move(encoder), std::move(filter), std::move(scaler)));
    WEFT_ASSIGN_OR_RETURN(segment->rgb_, NewPicture(from, format.width, format.height));
    WEFT_RETURN_IF_ERROR(segment->StartFile());
    return segment;
  }

  Status Write(const Frame& frame) override {
    WEFT_RETURN_IF_ERROR(CheckFrame(frame));
    if (IsDeep()) {
      ToDeepPlanes(frame, *rgb_);
    } else {
      CopyRows(frame);
    }
    WEFT_ASSIGN_OR_RETURN(FramePtr picture,
                          NewPicture(encoder_->pix_fmt, encoder_->width, encoder_->height));
    sws_scale(scaler_.get(), rgb_->data, rgb_->linesize, 0, encoder_->height, picture->data,
              picture->linesize);
    picture->pts = frame_count_++;
    return Encode(picture.get());
  }

  Result<std::string> Finish() override {
    if (frame_count_ == 0) {
      return Failure(ErrorCode::kInvalidArgument, "a segment without a frame");
    }
    WEFT_RETURN_IF_ERROR(Encode(nullptr));
    WEFT_RETURN_IF_ERROR(Filter(nullptr));
    if (const int status = av_write_trailer(muxer_.get()); status < 0) {
      return Failure(FfmpegError(status, "cannot end a segment"));
    }
    return file_.TakeWritten();
  }

 private:
  Segment(CodecContextPtr encoder, FilterPtr filter, ScalerPtr scaler)
      : encoder_(std::move(encoder)),
        filter_(std::move(filter)),
        scaler_(std::move(scaler)),
        packet_(NewPacket()) {}

  [[nodiscard]] bool IsDeep() const { return rgb_->format == kDeepFormat; }

  [[nodiscard]] Status CheckFrame(const Frame& frame) const {
    const auto values =
        static_cast<std::size_t>(encoder_->width) * 3 * static_cast<std::size_t>(encoder_->height);
    if (frame.width != encoder_->width || frame.height != encoder_->height ||
        frame.rgb.size() != values) {
      return Failure(ErrorCode::kInvalidArgument,
                     "a frame of " + std::to_string(frame.width) + "x" +
                         std::to_string(frame.height) + " for a segment of " +
                         std::to_string(encoder_->width) + "x" + std::to_string(encoder_->height));
    }
    if (IsDeep() && frame.deep.size() != values) {
      return Failure(ErrorCode::kInvalidArgument,
                     "a frame of 8 bits for a segment of a higher bit depth");
    }
    return {};
  }

  // Copied: swscale's vector code wants aligned rows with room behind them.
  void CopyRows(const Frame& frame) {
    const auto row_bytes = static_cast<std::size_t>(encoder_->width) * 3;
    for (std::size_t y = 0; y < static_cast<std::size_t>(encoder_->height); ++y) {
      std::copy_n(frame.rgb.data() + y * row_bytes, row_bytes,
                  rgb_->data[0] + static_cast<std::ptrdiff_t>(y) * rgb_->linesize[0]);
    }
  }

  Status StartFile() {
    AVFormatContext* created = nullptr;
    int status = avformat_alloc_output_context2(&created, nullptr, "matroska", nullptr);
    muxer_.reset(created);
    AVStream* stream = status < 0 ? nullptr : avformat_new_stream(created, nullptr);
    if (stream == nullptr) {
      return Failure(FfmpegError(AVERROR(ENOMEM), "cannot start a segment"));
    }
    muxer_->pb = file_.io();
    muxer_->flags |= AVFMT_FLAG_BITEXACT;
    avcodec_parameters_copy(stream->codecpar, filter_->par_out);
    stream->time_base = kFrameStep;
    stream->sample_aspect_ratio = {1, 1};
    status = avformat_write_header(muxer_.get(), nullptr);
    if (status < 0) {
      return Failure(FfmpegError(status, "cannot start a segment"));
    }
    return {};
  }

  // picture: nothing at the end.
  Status Encode(const AVFrame* picture) {
    int status = avcodec_send_frame(encoder_.get(), picture);
    while (status >= 0) {
      status = avcodec_receive_packet(encoder_.get(), packet_.get());
      if (status >= 0) {
        WEFT_RETURN_IF_ERROR(Filter(packet_.get()));
      }
    }
    if (status != AVERROR(EAGAIN) && status != AVERROR_EOF) {
      return Failure(FfmpegError(status, "cannot encode a frame"));
    }
    return {};
  }

  // packet: nothing at the end.
  Status Filter(AVPacket* packet) {
    if (packet != nullptr) {
      packet->duration = 1;  // In time-base units; libx264 leaves it at 0.
    }
    int status = av_bsf_send_packet(filter_.get(), packet);
    while (status >= 0) {
      status = av_bsf_receive_packet(filter_.get(), packet_.get());
      if (status >= 0) {
        packet_->stream_index = 0;
        av_packet_rescale_ts(packet_.get(), kFrameStep, muxer_->streams[0]->time_base);
        status = av_interleaved_write_frame(muxer_.get(), packet_.get());
      }
    }
    if (status != AVERROR(EAGAIN) && status != AVERROR_EOF) {
      return Failure(FfmpegError(status, "cannot store an encoded frame"));
    }
    return {};
  }

  CodecContextPtr encoder_;
  FilterPtr filter_;
  ScalerPtr scaler_;
  PacketPtr packet_;
  FramePtr rgb_;
  MemoryFile file_;
  OutputPtr muxer_;
  std::int64_t frame_count_ = 0;
};

}  // namespace

Result<std::unique_ptr<FrameSink>> OpenSegment(const SegmentFormat& format) {
  SilenceFfmpeg();
  const std::string size = std::to_string(format.width) + "x" + std::to_string(format.height);
  if (format.width < 1 || format.height < 1) {
    return Failure(ErrorCode::kInvalidArgument, "frames of " + size + " pixels cannot be encoded");
  }
  if (format.codec == Codec::kH264 && (format.width % 2 != 0 || format.height % 2 != 0)) {
    return Failure(ErrorCode::kInvalidArgument, "H.264 takes even sizes only, not " + size +
                                                    "; choose an even size, or lossless");
  }
  if (format.rate_numerator < 1 || format.rate_denominator < 1) {
    return Failure(ErrorCode::kInvalidArgument, "a frame rate must be above zero");
  }
  return Segment::Open(format);
}

}  // namespace weft::media
