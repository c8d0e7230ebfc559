#include "worker/media/video_track.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace weft::media {
namespace {

Error Damaged(std::size_t segment, const std::string& how) {
  return {ErrorCode::kDataLoss, "segment " + std::to_string(segment) + " " + how};
}

// H.264 parameter sets and FFV1's header are in the extradata: with the same ones, a decoder goes
// from one segment into the next without noticing.
bool SameStream(const AVCodecParameters& a, const AVCodecParameters& b) {
  return a.codec_id == b.codec_id && a.width == b.width && a.height == b.height &&
         a.extradata_size == b.extradata_size &&
         (a.extradata_size == 0 ||
          std::memcmp(a.extradata, b.extradata, static_cast<std::size_t>(a.extradata_size)) == 0);
}

// positions[i] is the rank of stamps[i] among them; nothing when two are the same.
std::vector<std::uint32_t> RanksOf(const std::vector<std::int64_t>& stamps) {
  std::vector<std::int64_t> sorted = stamps;
  std::sort(sorted.begin(), sorted.end());
  if (std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end()) {
    return {};
  }
  std::vector<std::uint32_t> ranks;
  ranks.reserve(stamps.size());
  for (const std::int64_t stamp : stamps) {
    const auto at = std::lower_bound(sorted.begin(), sorted.end(), stamp);
    ranks.push_back(static_cast<std::uint32_t>(at - sorted.begin()));
  }
  return ranks;
}

Result<std::string> ReadFrom(const Segments& segments, std::uint32_t number) {
  Result<std::string> segment = segments.read(number);
  return segment ? std::move(segment)
                 : Failure(segment.error().Within("reading segment " + std::to_string(number)));
}

}  // namespace

Result<VideoTrack> VideoTrack::Open(const Segments& segments,
                                    FrameTicks ticks,
                                    const ColourTags& colours) {
  VideoTrack track(segments, std::move(ticks));
  std::size_t frame_count = 0;
  for (std::uint32_t number = 0; number < segments.count; ++number) {
    WEFT_ASSIGN_OR_RETURN(std::string segment, ReadFrom(segments, number));
    WEFT_RETURN_IF_ERROR(track.Survey(std::move(segment)));
    frame_count += track.orders_.back().size();
  }
  if (frame_count == 0 || frame_count + 1 != track.ticks_.ticks.size()) {
    return Failure(ErrorCode::kDataLoss,
                   "the segments hold " + std::to_string(frame_count) + " frames, not the " +
                       std::to_string(track.ticks_.ticks.size() - 1) + " they should");
  }
  WEFT_ASSIGN_OR_RETURN(track.retagging_, Retag(colours, track.parameters_.get()));
  return track;
}

Result<std::unique_ptr<VideoTrack::Reading>> VideoTrack::StartReading(std::string segment) {
  auto reading = std::make_unique<Reading>(std::move(segment));
  WEFT_ASSIGN_OR_RETURN(reading->input, OpenMatroska(reading->file));
  if (reading->input->nb_streams != 1) {
    return Failure(ErrorCode::kDataLoss, "not one stream of pictures");
  }
  return reading;
}

Status VideoTrack::Survey(std::string segment) {
  const std::size_t number = orders_.size();
  auto reading = StartReading(std::move(segment));
  if (!reading) {
    return Failure(Damaged(number, "is damaged: " + reading.error().message()));
  }
  AVFormatContext& input = *(*reading)->input;
  const AVCodecParameters& parameters = *input.streams[0]->codecpar;
  if (!parameters_) {
    parameters_ = NewCodecParameters();
    avcodec_parameters_copy(parameters_.get(), &parameters);
  } else if (!SameStream(*parameters_, parameters)) {
    return Failure(Damaged(number, "is encoded differently from segment 0"));
  }
  std::vector<std::int64_t> stamps;
  const PacketPtr packet = NewPacket();
  int status = 0;
  while ((status = av_read_frame(&input, packet.get())) >= 0) {
    if (stamps.empty() && (packet->flags & AV_PKT_FLAG_KEY) == 0) {
      return Failure(Damaged(number, "does not begin with a key frame"));
    }
    stamps.push_back(packet->pts);
    av_packet_unref(packet.get());
  }
  Order order = RanksOf(stamps);
  if (status != AVERROR_EOF || order.empty()) {
    return Failure(Damaged(number, "is damaged or cut off"));
  }
  for (std::uint32_t i = 0; i < order.size(); ++i) {
    reordering_ = std::max(reordering_, i > order[i] ? i - order[i] : 0);
  }
  orders_.push_back(std::move(order));
  return {};
}

// A packet may be decoded no later than it is shown, and each later than the one before: the n-th
// packet is decoded when the frame shown `reordering_` places before the n-th is shown.
std::int64_t VideoTrack::DecodingTick(std::size_t packet_number) const {
  const std::vector<std::int64_t>& ticks = ticks_.ticks;
  if (packet_number >= reordering_) {
    return ticks[packet_number - reordering_];
  }
  const std::int64_t step = ticks[1] - ticks[0];
  return ticks[0] - step * static_cast<std::int64_t>(reordering_ - packet_number);
}

Result<bool> VideoTrack::Next(AVPacket* packet) {
  if (segment_ == segments_.count) {
    return false;
  }
  if (!reading_) {
    WEFT_ASSIGN_OR_RETURN(std::string segment, ReadFrom(segments_, segment_));
    WEFT_ASSIGN_OR_RETURN(reading_, StartReading(std::move(segment)));
    in_segment_ = 0;
  }
  const Order& order = orders_[segment_];
  av_packet_unref(packet);
  int status = av_read_frame(reading_->input.get(), packet);
  if (status >= 0) {
    status = av_bsf_send_packet(retagging_.get(), packet);
  }
  if (status >= 0) {
    status = av_bsf_receive_packet(retagging_.get(), packet);
  }
  if (status < 0) {
    return Failure(Damaged(segment_, "cannot be read again: " + FfmpegWords(status)));
  }
  const std::size_t shown = before_segment_ + order[in_segment_];
  packet->pts = ticks_.ticks[shown];
  packet->duration = ticks_.ticks[shown + 1] - ticks_.ticks[shown];
  packet->dts = DecodingTick(before_segment_ + in_segment_);
  packet->pos = -1;
  ++in_segment_;
  if (in_segment_ == order.size()) {
    before_segment_ += order.size();
    ++segment_;
    reading_.reset();
  }
  return true;
}

}  // namespace weft::media
