#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "worker/media/audio_track.h"
#include "worker/media/clip_index.h"
#include "worker/media/colour_tags.h"
#include "worker/media/container.h"
#include "worker/media/ffmpeg.h"
#include "worker/media/frame_sink.h"
#include "worker/media/joined_file.h"
#include "worker/media/partial_file.h"
#include "worker/media/video_track.h"

namespace weft::media {
namespace {

// When each output frame is shown. A constant rate gets its exact grid, without the rounding that
// the source's container did.
FrameTicks TicksOf(const ClipTimes& source, FrameRange range, const Container& container) {
  constexpr int kTimescaleMax = 1'000'000;
  FrameTicks ticks;
  ticks.ticks.reserve(range.size() + std::size_t{1});
  if (!source.variable_rate && source.rate.num <= kTimescaleMax) {
    ticks.time_base = {1, source.rate.num};
    for (std::uint32_t i = 0; i <= range.size(); ++i) {
      ticks.ticks.push_back(std::int64_t{i} * source.rate.den);
    }
    return ticks;
  }
  ticks.time_base = container.finest;
  const double tick = av_q2d(container.finest);
  const auto add = [&](double second) {
    const std::int64_t at = std::llround((second - source.seconds[range.begin]) / tick);
    const bool repeated = !ticks.ticks.empty() && at <= ticks.ticks.back();
    ticks.ticks.push_back(repeated ? ticks.ticks.back() + 1 : at);
  };
  for (std::uint32_t i = range.begin; i < range.end; ++i) {
    add(source.seconds[i]);
  }
  add(range.end < source.seconds.size() ? source.seconds[range.end] : source.duration_seconds);
  return ticks;
}

Status CheckRange(const Assembly& assembly, std::size_t source_frame_count) {
  const FrameRange range = assembly.source_frames;
  if (range.begin >= range.end || range.end > source_frame_count ||
      range.size() != assembly.frame_count) {
    return Failure(ErrorCode::kInvalidArgument,
                   "frames " + std::to_string(range.begin) + ".." + std::to_string(range.end) +
                       " of a clip of " + std::to_string(source_frame_count) +
                       " cannot give times to " + std::to_string(assembly.frame_count));
  }
  return {};
}

// Reads back what was written, with the reader that any clip of a user goes through.
Status Verify(const std::string& path, const FrameTicks& expected, const Container& container) {
  auto written = IndexClip(path);
  if (!written) {
    return Failure(ErrorCode::kDataLoss,
                   "the finished file cannot be read back: " + written.error().message());
  }
  const std::vector<double>& seconds = written->times.seconds;
  const std::size_t frame_count = expected.ticks.size() - 1;
  if (seconds.size() != frame_count) {
    return Failure(ErrorCode::kDataLoss, "the finished file holds " +
                                             std::to_string(seconds.size()) + " frames, not the " +
                                             std::to_string(frame_count) + " it should");
  }
  // Both the first frame's time and this one's are rounded.
  const double tolerance = 2 * av_q2d(container.finest);
  for (std::size_t i = 0; i < frame_count; ++i) {
    const double wanted = static_cast<double>(expected.ticks[i]) * av_q2d(expected.time_base);
    if (std::abs(seconds[i] - wanted) > tolerance) {
      return Failure(ErrorCode::kDataLoss, "the finished file shows frame " + std::to_string(i) +
                                               " at " + std::to_string(seconds[i]) + " s, not at " +
                                               std::to_string(wanted) + " s");
    }
  }
  return {};
}

Result<Codec> CodecOf(const AVCodecParameters& parameters) {
  switch (parameters.codec_id) {
    case AV_CODEC_ID_H264:
      return Codec::kH264;
    case AV_CODEC_ID_FFV1:
      return Codec::kFfv1;
    default:
      return Failure(ErrorCode::kDataLoss, "the segments are of an unknown codec");
  }
}

Status CheckAudio(const AudioTracks& audio, const Container& container, const std::string& path) {
  for (std::size_t i = 0; i < audio.size(); ++i) {
    WEFT_RETURN_IF_ERROR(CheckHoldsAudio(container, *audio.stream(i).codecpar, path));
  }
  return {};
}

Status CheckNotSource(const std::string& output_path, const std::string& source_path) {
  std::error_code ignored;  // Files that do not exist are not the same.
  if (std::filesystem::equivalent(output_path, source_path, ignored)) {
    return Failure(ErrorCode::kInvalidArgument,
                   "the output " + output_path + " is the source itself; give it another name");
  }
  return {};
}

}  // namespace

Segments SegmentsAtHand(std::vector<std::string> segments) {
  const auto count = static_cast<std::uint32_t>(segments.size());
  return {count, [segments = std::move(segments)](std::uint32_t number) -> Result<std::string> {
            return segments.at(number);
          }};
}

Status Assemble(const Assembly& assembly) {
  SilenceFfmpeg();
  WEFT_ASSIGN_OR_RETURN(const Container container, ContainerOf(assembly.output_path));
  WEFT_RETURN_IF_ERROR(CheckNotSource(assembly.output_path, assembly.source_path));
  WEFT_ASSIGN_OR_RETURN(const ClipIndex source, IndexClip(assembly.source_path));
  WEFT_RETURN_IF_ERROR(CheckRange(assembly, source.times.seconds.size()));

  const FrameTicks ticks = TicksOf(source.times, assembly.source_frames, container);
  const ColourTags colours = assembly.source_colours ? source.colours : ColourTags();
  WEFT_ASSIGN_OR_RETURN(VideoTrack video, VideoTrack::Open(assembly.segments, ticks, colours));
  WEFT_ASSIGN_OR_RETURN(const Codec codec, CodecOf(video.parameters()));
  WEFT_RETURN_IF_ERROR(CheckHolds(container, codec, assembly.output_path));

  const double begin =
      source.times.start_seconds + source.times.seconds[assembly.source_frames.begin];
  const double length = static_cast<double>(ticks.ticks.back()) * av_q2d(ticks.time_base);
  WEFT_ASSIGN_OR_RETURN(
      AudioTracks audio,
      AudioTracks::Open(assembly.source_path, {begin, begin + length}, container.matroska));
  WEFT_RETURN_IF_ERROR(CheckAudio(audio, container, assembly.output_path));

  WEFT_ASSIGN_OR_RETURN(PartialFile file, PartialFile::Create(assembly.output_path));
  const AVRational rate = source.times.variable_rate ? AVRational{0, 1} : source.times.rate;
  auto joined = JoinedFile::Open(file.path(), container, video, rate, audio);
  const Status written = joined ? joined->WriteAll() : Status(Failure(joined.error()));
  if (!written) {
    return Failure(written.error().Within("cannot write " + assembly.output_path));
  }
  if (const Status verified = Verify(file.path(), ticks, container); !verified) {
    return Failure(verified.error().Within(assembly.output_path));
  }
  return file.Publish();
}

Status CheckOutput(const std::string& output_path, Codec codec) {
  WEFT_ASSIGN_OR_RETURN(const Container container, ContainerOf(output_path));
  WEFT_RETURN_IF_ERROR(CheckHolds(container, codec, output_path));
  WEFT_ASSIGN_OR_RETURN(const PartialFile file, PartialFile::Create(output_path));
  return {};
}

Status CheckOutputFitsSource(const std::string& output_path, const std::string& source_path) {
  WEFT_ASSIGN_OR_RETURN(const Container container, ContainerOf(output_path));
  WEFT_RETURN_IF_ERROR(CheckNotSource(output_path, source_path));
  WEFT_ASSIGN_OR_RETURN(const AudioTracks audio,
                        AudioTracks::Open(source_path, {}, container.matroska));
  return CheckAudio(audio, container, output_path);
}

}  // namespace weft::media
