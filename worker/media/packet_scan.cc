#include "worker/media/packet_scan.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "worker/media/clip_file.h"

namespace weft::media {
namespace {

// Containers with an exact time stamp and a key-frame flag for every packet.
constexpr std::array kExactContainers = {"mov", "matroska"};

// Codecs whose packets in those containers are shown frames, one each.
constexpr std::array kFrameCodecs = {AV_CODEC_ID_H264,   AV_CODEC_ID_HEVC,    AV_CODEC_ID_AV1,
                                     AV_CODEC_ID_VP9,    AV_CODEC_ID_MPEG4,   AV_CODEC_ID_FFV1,
                                     AV_CODEC_ID_PRORES, AV_CODEC_ID_DNXHD,   AV_CODEC_ID_MJPEG,
                                     AV_CODEC_ID_PNG,    AV_CODEC_ID_HUFFYUV, AV_CODEC_ID_FFVHUFF,
                                     AV_CODEC_ID_UTVIDEO};

bool CanTellFrames(const ClipFile& file) {
  const AVCodecID codec = file.video().codecpar->codec_id;
  return IsExactContainer(file) &&
         std::find(kFrameCodecs.begin(), kFrameCodecs.end(), codec) != kFrameCodecs.end();
}

// How many bytes give a NAL unit's length in this stream's packets; 0 when it is not so stored.
std::size_t NalLengthBytes(const AVCodecParameters& parameters) {
  constexpr int kAvccLengthAt = 4;   // ISO/IEC 14496-15, 5.3.3.1
  constexpr int kHvccLengthAt = 21;  // ISO/IEC 14496-15, 8.3.3.1
  const int at = parameters.codec_id == AV_CODEC_ID_HEVC ? kHvccLengthAt : kAvccLengthAt;
  const bool configured = parameters.extradata_size > at && parameters.extradata[0] == 1;
  return configured ? (parameters.extradata[at] & 3U) + 1U : 0;
}

bool IsIdr(AVCodecID codec, std::uint8_t nal_header) {
  if (codec == AV_CODEC_ID_H264) {
    return (nal_header & 0x1FU) == 5;
  }
  const unsigned type = (nal_header >> 1U) & 0x3FU;
  return type == 19 || type == 20;  // IDR_W_RADL, IDR_N_LP
}

// H.264 and HEVC also flag frames as keys from which decoding only recovers.
bool IsIndependent(const AVPacket& packet, const AVCodecParameters& parameters) {
  if (parameters.codec_id != AV_CODEC_ID_H264 && parameters.codec_id != AV_CODEC_ID_HEVC) {
    return true;
  }
  const std::size_t length_bytes = NalLengthBytes(parameters);
  const auto size = static_cast<std::size_t>(packet.size);
  std::size_t at = 0;
  while (length_bytes > 0 && at + length_bytes < size) {
    std::size_t length = 0;
    for (std::size_t i = 0; i < length_bytes; ++i) {
      length = length << 8U | packet.data[at + i];
    }
    at += length_bytes;
    if (IsIdr(parameters.codec_id, packet.data[at])) {
      return true;
    }
    if (length > size - at) {
      return false;
    }
    at += length;
  }
  return false;
}

// Gathers packets; any doubt is final.
class Scan {
 public:
  explicit Scan(const AVCodecParameters& parameters) : parameters_(parameters) {}

  // False when this packet leaves a doubt.
  bool Add(const AVPacket& packet) {
    const bool key = (packet.flags & AV_PKT_FLAG_KEY) != 0;
    const bool ordered = packet.dts == AV_NOPTS_VALUE || packet.dts > last_dts_;
    if (packet.pts == AV_NOPTS_VALUE || (packet.flags & AV_PKT_FLAG_CORRUPT) != 0 || !ordered ||
        (first_ && !key)) {
      return false;
    }
    first_ = false;
    if (packet.dts != AV_NOPTS_VALUE) {
      last_dts_ = packet.dts;
    }
    if (key) {
      const std::int64_t dts = packet.dts == AV_NOPTS_VALUE ? packet.pts : packet.dts;
      found_.restarts.push_back({packet.pts, dts, IsIndependent(packet, parameters_)});
    }
    // Edit lists keep packets that are decoded but not shown.
    if ((packet.flags & AV_PKT_FLAG_DISCARD) == 0) {
      found_.pts.push_back(packet.pts);
      if (packet.pts >= last_pts_) {
        last_pts_ = packet.pts;
        found_.last_duration = packet.duration;
      }
    }
    return true;
  }

  std::optional<PacketScan> Result() && {
    const auto by_pts = [](const RestartPoint& a, const RestartPoint& b) { return a.pts < b.pts; };
    std::sort(found_.pts.begin(), found_.pts.end());
    const bool doubled =
        std::adjacent_find(found_.pts.begin(), found_.pts.end()) != found_.pts.end();
    const bool ascending = std::is_sorted(found_.restarts.begin(), found_.restarts.end(), by_pts);
    if (found_.pts.empty() || doubled || !ascending) {
      return std::nullopt;
    }
    return std::move(found_);
  }

 private:
  const AVCodecParameters& parameters_;
  PacketScan found_;
  bool first_ = true;
  std::int64_t last_dts_ = INT64_MIN;
  std::int64_t last_pts_ = INT64_MIN;
};

}  // namespace

bool IsExactContainer(const ClipFile& file) {
  // FFmpeg's name of a format lists all its variants, such as "matroska,webm".
  const char* names = file.container().iformat->name;
  return std::any_of(kExactContainers.begin(), kExactContainers.end(),
                     [&](const char* container) { return av_match_name(container, names) != 0; });
}

Result<std::optional<PacketScan>> ScanPackets(const std::string& path) {
  WEFT_ASSIGN_OR_RETURN(ClipFile file, ClipFile::Open(path));
  if (!CanTellFrames(file)) {
    return std::nullopt;
  }
  Scan scan(*file.video().codecpar);
  const PacketPtr packet = NewPacket();
  WEFT_ASSIGN_OR_RETURN(bool left, file.ReadPacket(packet.get()));
  while (left) {
    if (!scan.Add(*packet)) {
      return std::nullopt;
    }
    WEFT_ASSIGN_OR_RETURN(left, file.ReadPacket(packet.get()));
  }
  std::optional<PacketScan> found = std::move(scan).Result();
  if (found) {
    found->packets_promised = file.PacketsPromised();
  }
  return found;
}

}  // namespace weft::media
