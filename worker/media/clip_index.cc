#include "worker/media/clip_index.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "worker/media/packet_scan.h"

namespace weft::media {
namespace {

Error NoFrame(const std::string& path) {
  return {ErrorCode::kInvalidArgument,
          path +
              " has no frame that decodes: the video is empty, damaged or cut off; copy or "
              "export it again"};
}

// Frames that a file says it has, beyond those found. promised: as ClipFile::PacketsPromised().
std::uint32_t MissingFrames(const ClipFile& file, const ClipTimes& times, std::uint32_t promised) {
  const auto found = static_cast<std::uint32_t>(times.seconds.size());
  if (promised > found) {
    return promised - found;
  }
  constexpr double kFramesUnsure = 2.5;  // Times are rounded, and a last frame may be held.
  const double seconds = file.ClaimedEnd() - times.start_seconds - times.duration_seconds;
  const double frames = seconds * av_q2d(times.rate);
  return frames > kFramesUnsure ? static_cast<std::uint32_t>(std::lround(frames)) : 0;
}

std::vector<AVRational> ClaimedRates(const ClipFile& file) {
  return {file.video().avg_frame_rate, file.video().r_frame_rate};
}

bool HasAudio(const AVFormatContext& container) {
  return std::any_of(container.streams, container.streams + container.nb_streams,
                     [](AVStream* s) { return s->codecpar->codec_type == AVMEDIA_TYPE_AUDIO; });
}

Result<ClipIndex> Described(ClipIndex index, const ClipFile& file, const AVFrame& first_frame) {
  index.has_audio = HasAudio(file.container());
  const AVRational aspect =
      av_guess_sample_aspect_ratio(&file.container(), &file.video(),
                                   const_cast<AVFrame*>(&first_frame));  // NOLINT: C, read only.
  auto presentation = PresentationOf(first_frame, aspect, file.video());
  if (!presentation) {
    return Failure(presentation.error().Within(file.path()));
  }
  index.presentation = *presentation;
  index.bits = av_pix_fmt_desc_get(static_cast<AVPixelFormat>(first_frame.format))->comp[0].depth;
  index.colours = TagsOf(first_frame);
  return index;
}

// The decoder's next frames, less any before `first`, are exactly those of `index` from `first` on,
// for up to `count_max` of them and to the end if there are fewer.
Result<bool> DecodesAsIndexed(ClipDecoder& decoder,
                              const ClipIndex& index,
                              std::size_t first,
                              std::size_t count_max) {
  const std::size_t end = std::min(index.pts.size(), first + count_max);
  std::size_t expected = first;
  while (expected < end) {
    WEFT_ASSIGN_OR_RETURN(const bool found, decoder.Next());
    if (!found) {
      return false;
    }
    const std::int64_t pts = decoder.frame().pts;
    if (expected == first && pts != AV_NOPTS_VALUE && pts < index.pts[first]) {
      continue;
    }
    if (pts != index.pts[expected]) {
      return false;
    }
    ++expected;
  }
  if (end < index.pts.size()) {
    return true;
  }
  WEFT_ASSIGN_OR_RETURN(const bool surplus, decoder.Next());
  return !surplus;
}

// Nothing when the packets do not tell the frames beyond doubt.
Result<std::optional<ClipIndex>> IndexByPackets(ClipDecoder& decoder) {
  constexpr std::size_t kHeadFrames = 32;
  const ClipFile& file = decoder.file();
  WEFT_ASSIGN_OR_RETURN(std::optional<PacketScan> scan, ScanPackets(file.path()));
  if (!scan) {
    return std::nullopt;
  }
  ClipIndex index;
  index.seekable = true;
  index.pts = std::move(scan->pts);
  index.restarts = std::move(scan->restarts);
  index.times =
      TimesOf({index.pts, scan->last_duration, file.video().time_base, ClaimedRates(file)});
  index.frames_missing = MissingFrames(file, index.times, scan->packets_promised);

  WEFT_ASSIGN_OR_RETURN(const bool starts, decoder.Next());
  if (!starts || decoder.frame().pts != index.pts[0]) {
    return std::nullopt;
  }
  WEFT_ASSIGN_OR_RETURN(index, Described(std::move(index), file, decoder.frame()));
  WEFT_ASSIGN_OR_RETURN(bool as_indexed, DecodesAsIndexed(decoder, index, 1, kHeadFrames));
  if (!as_indexed) {
    return std::nullopt;
  }
  const std::optional<std::uint32_t> last_restart = index.NumberOf(index.restarts.back().pts);
  if (!last_restart) {
    return std::nullopt;
  }
  WEFT_RETURN_IF_ERROR(decoder.Restart(index.RestartFor(*last_restart)));
  WEFT_ASSIGN_OR_RETURN(as_indexed,
                        DecodesAsIndexed(decoder, index, *last_restart, index.pts.size()));
  if (!as_indexed) {
    return std::nullopt;
  }
  return index;
}

Result<ClipIndex> IndexByDecoding(ClipDecoder& decoder) {
  const ClipFile& file = decoder.file();
  ClipIndex index;
  StampedFrames frames;
  std::uint32_t passed_over_before = 0;
  std::size_t whole = 0;  // Frames up to the last one of which nothing is guessed.
  while (true) {
    WEFT_ASSIGN_OR_RETURN(const bool found, decoder.Next());
    if (!found) {
      break;
    }
    if (frames.pts.empty()) {
      passed_over_before = decoder.PassedOver();  // Streams may begin with damaged frames.
      WEFT_ASSIGN_OR_RETURN(index, Described(std::move(index), file, decoder.frame()));
    }
    frames.pts.push_back(decoder.frame().best_effort_timestamp);
    frames.last_duration = decoder.frame().pkt_duration;
    whole = decoder.IsWhole() ? frames.pts.size() : whole;
  }
  frames.pts.resize(whole);  // Where a file is cut off, in the midst of a frame.
  if (frames.pts.empty()) {
    return Failure(NoFrame(file.path()));
  }
  frames.time_base = file.video().time_base;
  frames.rates = ClaimedRates(file);
  index.times = TimesOf(frames);
  index.frames_missing = MissingFrames(file, index.times, file.PacketsPromised());
  if (index.frames_missing == 0 && IsExactContainer(file)) {
    // Packets hold frames there, one each; others may have such that hold none.
    index.frames_missing = decoder.PassedOver() - passed_over_before;
  }
  return index;
}

}  // namespace

std::optional<std::uint32_t> ClipIndex::NumberOf(std::int64_t frame_pts) const {
  const auto found = std::lower_bound(pts.begin(), pts.end(), frame_pts);
  if (found == pts.end() || *found != frame_pts) {
    return std::nullopt;
  }
  return static_cast<std::uint32_t>(found - pts.begin());
}

const RestartPoint& ClipIndex::RestartFor(std::uint32_t frame) const {
  auto next = std::upper_bound(
      restarts.begin(), restarts.end(), pts[frame],
      [](std::int64_t value, const RestartPoint& point) { return value < point.pts; });
  if (next == restarts.begin()) {
    return *next;
  }
  auto point = std::prev(next);
  const bool needs_more = !point->independent && point != restarts.begin();
  return needs_more ? *std::prev(point) : *point;
}

Result<ClipIndex> IndexClip(const std::string& path) {
  WEFT_ASSIGN_OR_RETURN(ClipDecoder decoder, ClipDecoder::Open(path));
  WEFT_ASSIGN_OR_RETURN(std::optional<ClipIndex> index, IndexByPackets(decoder));
  if (index) {
    return std::move(*index);
  }
  WEFT_RETURN_IF_ERROR(decoder.Rewind());
  return IndexByDecoding(decoder);
}

}  // namespace weft::media
