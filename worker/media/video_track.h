// The pictures of a joined file: the packets of its segments, one after the other, with new times.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/result.h"
#include "worker/media/colour_tags.h"
#include "worker/media/ffmpeg.h"
#include "worker/media/frame_sink.h"
#include "worker/media/memory_file.h"

namespace weft::media {

// Times of the joined frames: ascending; one more than there are frames, the end of the last one.
struct FrameTicks {
  AVRational time_base{1, 1};  // Seconds per tick.
  std::vector<std::int64_t> ticks;
};

class VideoTrack {
 public:
  // segments: must outlive this.  Errors of reading them.
  // colours: that the joined file is to say it has; what they leave open, the segments say.
  // kUnsupported: see Retag().
  // kDataLoss: a segment is damaged, does not begin with a key frame or is encoded differently from
  // the first, or together they do not hold ticks.size() - 1 frames.
  static Result<VideoTrack> Open(const Segments& segments,
                                 FrameTicks ticks,
                                 const ColourTags& colours);

  [[nodiscard]] const AVCodecParameters& parameters() const { return *parameters_; }
  [[nodiscard]] AVRational time_base() const { return ticks_.time_base; }

  // The next packet in decoding order, with presentation and decoding time and duration in
  // time_base(). False at the end.
  Result<bool> Next(AVPacket* packet);

 private:
  // The shown position of each packet within its segment, in decoding order.
  using Order = std::vector<std::uint32_t>;
  struct Reading {
    explicit Reading(std::string segment) : bytes(std::move(segment)), file(bytes) {}
    std::string bytes;
    MemoryFile file;
    InputPtr input;
  };

  VideoTrack(const Segments& segments, FrameTicks ticks)
      : segments_(segments), ticks_(std::move(ticks)) {}

  static Result<std::unique_ptr<Reading>> StartReading(std::string segment);
  Status Survey(std::string segment);
  [[nodiscard]] std::int64_t DecodingTick(std::size_t packet_number) const;

  const Segments& segments_;
  FrameTicks ticks_;
  CodecParametersPtr parameters_;
  FilterPtr retagging_;           // Of all packets.
  std::vector<Order> orders_;     // Of every segment.
  std::uint32_t reordering_ = 0;  // The most packets that are decoded after a frame shown later.
  std::unique_ptr<Reading> reading_;
  std::uint32_t segment_ = 0;       // That reading_ reads.
  std::size_t in_segment_ = 0;      // Packets taken from it.
  std::size_t before_segment_ = 0;  // Frames of the segments before it.
};

}  // namespace weft::media
