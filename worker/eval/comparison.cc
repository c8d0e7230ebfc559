#include "worker/eval/comparison.h"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <utility>

#include "worker/eval/flicker.h"
#include "worker/media/frame_sink.h"
#include "worker/media/frame_source.h"
#include "worker/media/scale.h"
#include "worker/media/scene_cuts.h"

namespace weft::eval {
namespace {

struct OpenClips {
  std::unique_ptr<media::FrameSource> guide;
  FrameRange guide_frames;
  std::vector<std::unique_ptr<media::FrameSource>> clips;

  [[nodiscard]] const media::ClipFacts& Facts() const { return clips.front()->facts(); }
};

// A source of frames that may not be read is wrong input, not an output that cannot be written.
Result<std::unique_ptr<media::FrameSource>> OpenInput(const std::string& path) {
  auto clip = media::OpenClip(path);
  if (!clip) {
    return Failure(ErrorCode::kInvalidArgument, clip.error().message());
  }
  return clip;
}

Result<FrameRange> RangeWithin(FrameRange range, std::uint32_t frame_count) {
  const std::uint32_t end = range.end == 0 ? frame_count : range.end;
  if (range.begin >= end || end > frame_count) {
    return Failure(ErrorCode::kInvalidArgument, "frames " + std::to_string(range.begin) + " to " +
                                                    std::to_string(end) + " of a clip that has " +
                                                    std::to_string(frame_count));
  }
  return FrameRange{range.begin, end};
}

Status CheckClip(const media::ClipFacts& facts,
                 const media::ClipFacts& first,
                 std::uint32_t frame_count) {
  if (facts.width != first.width || facts.height != first.height) {
    return Failure(ErrorCode::kInvalidArgument,
                   "is " + std::to_string(facts.width) + "x" + std::to_string(facts.height) +
                       ", the first clip " + std::to_string(first.width) + "x" +
                       std::to_string(first.height));
  }
  if (facts.frame_count != frame_count) {
    return Failure(ErrorCode::kInvalidArgument,
                   "has " + std::to_string(facts.frame_count) + " frames, the source " +
                       std::to_string(frame_count) + "; say which with --frames");
  }
  return {};
}

Result<OpenClips> OpenAll(const ComparisonOrder& order) {
  OpenClips open;
  WEFT_ASSIGN_OR_RETURN(open.guide, OpenInput(order.guide_path));
  const auto range = RangeWithin(order.guide_frames, open.guide->facts().frame_count);
  if (!range) {
    return Failure(range.error().Within(order.guide_path));
  }
  open.guide_frames = *range;
  for (const ComparedClip& clip : order.clips) {
    WEFT_ASSIGN_OR_RETURN(auto source, OpenInput(clip.path));
    open.clips.push_back(std::move(source));
    const Status fits =
        CheckClip(open.clips.back()->facts(), open.Facts(), open.guide_frames.size());
    if (!fits) {
      return Failure(fits.error().Within(clip.path));
    }
  }
  return open;
}

// Frame i of the guide, in the clips' size, and of every clip.
Result<std::vector<Frame>> ReadAll(const OpenClips& open, std::uint32_t index) {
  WEFT_ASSIGN_OR_RETURN(const Frame guide, open.guide->Read(open.guide_frames.begin + index));
  WEFT_ASSIGN_OR_RETURN(Frame fitted,
                        media::FitFrame(guide, open.Facts().width, open.Facts().height));
  std::vector<Frame> frames;
  frames.push_back(std::move(fitted));
  for (const auto& clip : open.clips) {
    WEFT_ASSIGN_OR_RETURN(Frame frame, clip->Read(index));
    frames.push_back(std::move(frame));
  }
  return frames;
}

Result<std::unique_ptr<media::FrameSink>> OpenSideBySide(const OpenClips& open) {
  const media::ClipFacts& guide = open.guide->facts();
  return media::OpenSegment({.codec = media::Codec::kH264,
                             .width = 2 * open.Facts().width,
                             .height = open.Facts().height + open.Facts().height % 2,
                             .rate_numerator = guide.rate_numerator,
                             .rate_denominator = guide.rate_denominator});
}

std::vector<SheetRow> EmptySheet(const ComparisonOrder& order) {
  std::vector<SheetRow> sheet;
  if (order.sheet_columns > 0) {
    sheet.push_back({"source", {}});
    for (const ComparedClip& clip : order.clips) {
      sheet.push_back({clip.label, {}});
    }
  }
  return sheet;
}

std::vector<LabelledFigures> Labelled(const ComparisonOrder& order,
                                      const std::vector<FlickerFigures>& figures) {
  std::vector<LabelledFigures> labelled{{"source", figures.front()}};
  for (std::size_t i = 0; i < order.clips.size(); ++i) {
    labelled.push_back({order.clips[i].label, figures[i + 1]});
  }
  return labelled;
}

}  // namespace

Result<Comparison> Compare(const ComparisonOrder& order) {
  WEFT_ASSIGN_OR_RETURN(const OpenClips open, OpenAll(order));
  WEFT_ASSIGN_OR_RETURN(const std::vector<std::uint32_t> scene_starts,
                        media::FindSceneStarts(*open.guide, open.guide_frames));
  const std::vector<std::uint32_t> columns =
      EvenlySpaced(open.guide_frames.size(), order.sheet_columns);
  std::unique_ptr<media::FrameSink> sink;
  if (order.side_by_side) {
    WEFT_ASSIGN_OR_RETURN(sink, OpenSideBySide(open));
  }

  Comparison comparison{open.guide_frames, {}, EmptySheet(order), {}};
  FlickerMeter meter(order.clips.size() + 1);
  for (std::uint32_t index = 0; index < open.guide_frames.size(); ++index) {
    WEFT_ASSIGN_OR_RETURN(const std::vector<Frame> frames, ReadAll(open, index));
    const bool starts_scene = std::binary_search(scene_starts.begin(), scene_starts.end(), index);
    WEFT_RETURN_IF_ERROR(meter.Add(frames.front(), frames, starts_scene));
    if (std::binary_search(columns.begin(), columns.end(), index)) {
      for (std::size_t row = 0; row < comparison.sheet.size(); ++row) {
        comparison.sheet[row].frames.push_back(frames[row]);
      }
    }
    if (sink != nullptr) {
      WEFT_ASSIGN_OR_RETURN(const Frame both, SideBySide(frames.front(), frames.back()));
      WEFT_RETURN_IF_ERROR(sink->Write(both));
    }
  }
  comparison.figures = Labelled(order, meter.Figures());
  if (sink != nullptr) {
    WEFT_ASSIGN_OR_RETURN(comparison.side_by_side, sink->Finish());
  }
  return comparison;
}

}  // namespace weft::eval
