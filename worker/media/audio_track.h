// The sound of a span of a clip: its packets as they are, with times from the span's start.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "common/result.h"
#include "worker/media/ffmpeg.h"

namespace weft::media {

// On the container's clock.
struct Span {
  double begin_seconds = 0;
  double end_seconds = 0;
};

class AudioTracks {
 public:
  // All audio streams of the source, for a Matroska or an MP4 file. Packets that begin before the
  // span are kept for MP4 only, with negative times: those that its first sound is decoded from. Of
  // a span that begins with the source's time 0, these are all that the source has before it.
  // Errors as OpenContainer()'s.
  static Result<AudioTracks> Open(const std::string& path, Span span, bool matroska);

  // The container the streams are in, for its metadata.
  [[nodiscard]] const AVFormatContext& container() const { return *input_; }

  [[nodiscard]] std::size_t size() const { return streams_.size(); }
  [[nodiscard]] const AVStream& stream(std::size_t track) const {
    return *input_->streams[streams_[track]];
  }

  // The next packet within the span; stream_index is the track's number, times are in its stream's
  // time base, 0 at the span's start. False at the end, also where the file breaks off.
  // Errors as ReadNext()'s.
  Result<bool> Next(AVPacket* packet);

 private:
  AudioTracks(std::string path, InputPtr input, Span span, bool matroska)
      : path_(std::move(path)), input_(std::move(input)), span_(span), matroska_(matroska) {}

  bool Place(AVPacket* packet, std::size_t track);
  // begin: of the packet, in seconds from the span's start.
  [[nodiscard]] bool ComesTooEarly(double begin,
                                   const AVPacket& packet,
                                   const AVStream& source) const;

  std::string path_;
  InputPtr input_;
  Span span_;
  bool matroska_;
  std::vector<unsigned> streams_;
  std::vector<std::int64_t> last_dts_;  // Of every track, as handed out.
  std::vector<bool> ended_;             // Tracks that are past the span.
};

}  // namespace weft::media
