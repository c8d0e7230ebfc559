#include "worker/media/audio_track.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "worker/media/clip_file.h"

namespace weft::media {
namespace {

// A Matroska reader takes an Opus track's lead-in off its time stamps; FFmpeg's writer does not put
// it on.
double MatroskaLeadIn(const AVCodecParameters& audio) {
  const bool opus = audio.codec_id == AV_CODEC_ID_OPUS && audio.sample_rate > 0;
  return opus ? static_cast<double>(audio.initial_padding) / audio.sample_rate : 0;
}

// How many seconds before a sound its decoder must begin. Most need the packet before, with which
// they blend the next one; Opus needs 80 ms (RFC 7845, section 4.6), which is the seek_preroll.
double PrerollOf(const AVPacket& packet, const AVStream& source) {
  const AVCodecParameters& audio = *source.codecpar;
  const double asked =
      audio.sample_rate > 0 ? static_cast<double>(audio.seek_preroll) / audio.sample_rate : 0;
  return std::max(asked, static_cast<double>(packet.duration) * av_q2d(source.time_base));
}

}  // namespace

Result<AudioTracks> AudioTracks::Open(const std::string& path, Span span, bool matroska) {
  WEFT_ASSIGN_OR_RETURN(InputPtr input, OpenContainer(path));
  AudioTracks tracks(path, std::move(input), span, matroska);
  for (unsigned i = 0; i < tracks.input_->nb_streams; ++i) {
    AVStream& stream = *tracks.input_->streams[i];
    const bool audio = stream.codecpar->codec_type == AVMEDIA_TYPE_AUDIO;
    stream.discard = audio ? AVDISCARD_DEFAULT : AVDISCARD_ALL;
    if (audio) {
      tracks.streams_.push_back(i);
    }
  }
  tracks.last_dts_.assign(tracks.size(), INT64_MIN);
  tracks.ended_.assign(tracks.size(), false);
  return tracks;
}

Result<bool> AudioTracks::Next(AVPacket* packet) {
  const auto all_ended = [this] {
    return std::find(ended_.begin(), ended_.end(), false) == ended_.end();
  };
  while (!all_ended()) {
    WEFT_ASSIGN_OR_RETURN(const bool found, ReadNext(*input_, path_, packet));
    if (!found) {
      return false;
    }
    const auto index = static_cast<unsigned>(packet->stream_index);
    const auto track = std::find(streams_.begin(), streams_.end(), index);
    if (track != streams_.end() &&
        Place(packet, static_cast<std::size_t>(track - streams_.begin()))) {
      return true;
    }
  }
  return false;
}

// False when the packet lies outside the span.
bool AudioTracks::Place(AVPacket* packet, std::size_t track) {
  const AVStream& source = stream(track);
  const double tick = av_q2d(source.time_base);
  if (packet->pts == AV_NOPTS_VALUE) {
    packet->pts = packet->dts;
  }
  if (packet->pts == AV_NOPTS_VALUE) {
    return false;
  }
  const double begin = static_cast<double>(packet->pts) * tick - span_.begin_seconds;
  if (begin >= span_.end_seconds - span_.begin_seconds) {
    ended_[track] = true;
    return false;
  }
  if (ComesTooEarly(begin, *packet, source)) {
    return false;
  }
  const double offset = matroska_ ? MatroskaLeadIn(*source.codecpar) : 0;
  packet->pts += std::llround((offset - span_.begin_seconds) / tick);
  if (matroska_) {
    packet->pts = std::max<std::int64_t>(packet->pts, 0);  // One tick of rounding.
  }
  // Audio is decoded in the order in which it is heard.
  packet->dts = std::max(packet->pts, last_dts_[track] + 1);
  packet->pts = packet->dts;
  last_dts_[track] = packet->dts;
  packet->stream_index = static_cast<int>(track);
  packet->pos = -1;
  return true;
}

// Matroska has no times before 0; players of MP4 decode what is there and skip it.
bool AudioTracks::ComesTooEarly(double begin,
                                const AVPacket& packet,
                                const AVStream& source) const {
  const double tick = av_q2d(source.time_base);
  if (matroska_) {
    return begin + MatroskaLeadIn(*source.codecpar) < -tick;
  }
  const double end = begin + static_cast<double>(packet.duration) * tick;
  const bool from_time_0 = span_.begin_seconds <= 0;
  return !from_time_0 && end + PrerollOf(packet, source) <= 0;
}

}  // namespace weft::media
