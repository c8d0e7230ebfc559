// FFmpeg's C objects with owners, and its error numbers as errors of ours. Only worker/media
// includes this.

#pragma once

#include <memory>
#include <string>

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavcodec/bsf.h>
#include <libavformat/avformat.h>
#include <libavutil/avstring.h>
#include <libavutil/cpu.h>
#include <libavutil/display.h>
#include <libavutil/opt.h>
#include <libavutil/parseutils.h>
#include <libavutil/pixdesc.h>
#include <libswscale/swscale.h>
}

#include "common/error.h"

namespace weft::media {

struct Release {
  void operator()(AVCodecContext* context) const { avcodec_free_context(&context); }
  void operator()(AVCodecParameters* parameters) const { avcodec_parameters_free(&parameters); }
  void operator()(AVFrame* frame) const { av_frame_free(&frame); }
  void operator()(AVPacket* packet) const { av_packet_free(&packet); }
  void operator()(AVBSFContext* filter) const { av_bsf_free(&filter); }
  void operator()(SwsContext* scaler) const { sws_freeContext(scaler); }
};

struct CloseInput {
  void operator()(AVFormatContext* input) const { avformat_close_input(&input); }
};

struct CloseFile {
  void operator()(AVIOContext* file) const { avio_close(file); }
};

// Frees the muxer only; its AVIOContext has an owner of its own.
struct FreeOutput {
  void operator()(AVFormatContext* output) const { avformat_free_context(output); }
};

using CodecContextPtr = std::unique_ptr<AVCodecContext, Release>;
using CodecParametersPtr = std::unique_ptr<AVCodecParameters, Release>;
using FramePtr = std::unique_ptr<AVFrame, Release>;
using PacketPtr = std::unique_ptr<AVPacket, Release>;
using FilterPtr = std::unique_ptr<AVBSFContext, Release>;
using ScalerPtr = std::unique_ptr<SwsContext, Release>;
using FilePtr = std::unique_ptr<AVIOContext, CloseFile>;
using InputPtr = std::unique_ptr<AVFormatContext, CloseInput>;
using OutputPtr = std::unique_ptr<AVFormatContext, FreeOutput>;

// Like containers of the standard library, these throw std::bad_alloc when memory is out.
FramePtr NewFrame();
PacketPtr NewPacket();
CodecParametersPtr NewCodecParameters();

// FFmpeg prints to stderr by default; errors say what matters instead. Cheap; call before using it.
void SilenceFfmpeg();

// FFmpeg's words for one of its (negative) error numbers.
std::string FfmpegWords(int number);

// "what: FFmpeg's words", with the code that the number stands for; kInternal for unforeseen ones.
Error FfmpegError(int number, const std::string& what);

// The same of a file that is read: kUnavailable where its disk or its server fails or is away, as
// the file may be read later, or by another machine.
Error ReadError(int number, const std::string& what);

// The path as a URL that can only mean a local file.
std::string FileUrl(const std::string& path);

}  // namespace weft::media
