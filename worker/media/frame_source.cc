#include "worker/media/frame_source.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "worker/media/clip_decoder.h"
#include "worker/media/clip_index.h"
#include "worker/media/rgb_conversion.h"

namespace weft::media {
namespace {

ClipFacts FactsOf(const ClipIndex& index) {
  ClipFacts facts;
  facts.frame_count = static_cast<std::uint32_t>(index.times.seconds.size());
  facts.claimed_frames = facts.frame_count + index.frames_missing;
  facts.width = index.presentation.shown_width();
  facts.height = index.presentation.shown_height();
  facts.bits = index.bits;
  facts.rate_numerator = index.times.rate.num;
  facts.rate_denominator = index.times.rate.den;
  facts.variable_rate = index.times.variable_rate;
  facts.seconds = index.times.seconds;
  facts.duration_seconds = index.times.duration_seconds;
  facts.has_audio = index.has_audio;
  for (const RestartPoint& point : index.restarts) {
    if (const auto frame = index.NumberOf(point.pts); index.seekable && frame) {
      facts.key_frames.push_back(*frame);
    }
  }
  return facts;
}

class Clip : public FrameSource {
 public:
  Clip(ClipIndex index, ClipDecoder decoder)
      : facts_(FactsOf(index)),
        index_(std::move(index)),
        decoder_(std::move(decoder)),
        conversion_(index_.presentation, RgbConversion::Depth::k8Bits),
        deep_conversion_(index_.presentation, RgbConversion::Depth::k16Bits) {}

  [[nodiscard]] const ClipFacts& facts() const override { return facts_; }

  Result<Frame> Read(std::uint32_t index) override { return ReadWith(index, conversion_); }

  Result<Frame> ReadDeep(std::uint32_t index) override { return ReadWith(index, deep_conversion_); }

 private:
  // Decoding on beats seeking as long as no more than this many frames are passed over.
  static constexpr std::uint32_t kSkipMax = 16;

  [[nodiscard]] const std::string& path() const { return decoder_.file().path(); }

  Result<Frame> ReadWith(std::uint32_t index, RgbConversion& conversion) {
    Result<Frame> frame = TryRead(index, conversion);
    if (!frame) {
      return Failure(frame.error().Within("frame " + std::to_string(index)).Within(path()));
    }
    return frame;
  }

  Result<Frame> TryRead(std::uint32_t index, RgbConversion& conversion) {
    if (index >= facts_.frame_count) {
      return Failure(
          ErrorCode::kInvalidArgument,
          "there is none; the clip has " + std::to_string(facts_.frame_count) + " frames");
    }
    WEFT_RETURN_IF_ERROR(MoveNear(index));
    while (!at_ || *at_ < index) {
      WEFT_ASSIGN_OR_RETURN(const bool found, Advance());
      if (!found) {
        break;
      }
    }
    if (at_ != index) {
      return Failure(ErrorCode::kDataLoss,
                     "damaged, it does not decode; repair the clip or leave this frame out");
    }
    if (!decoder_.IsWhole()) {
      return Failure(ErrorCode::kDataLoss,
                     "damaged, parts of it do not decode; repair the clip or leave this frame out");
    }
    return conversion.Convert(decoder_.frame());
  }

  // Sees to it that `index` is the frame at hand or lies ahead.
  Status MoveNear(std::uint32_t index) {
    if (decoder_.file().HasFailed()) {
      WEFT_RETURN_IF_ERROR(Rewind());
    }
    if (at_ == index) {
      return {};
    }
    const bool ahead = next_ <= index;
    if (!index_.seekable) {
      return ahead ? Status() : Rewind();
    }
    const RestartPoint& point = index_.RestartFor(index);
    const bool far = point.pts > index_.pts[std::min(next_ + kSkipMax, facts_.frame_count - 1)];
    if (ahead && !far) {
      return {};
    }
    at_.reset();
    next_ = 0;
    return decoder_.Restart(point);
  }

  Status Rewind() {
    at_.reset();
    next_ = 0;
    return decoder_.Rewind();
  }

  // Moves to the next frame that the index knows. False at the end.
  Result<bool> Advance() {
    at_.reset();
    while (true) {
      WEFT_ASSIGN_OR_RETURN(const bool found, decoder_.Next());
      if (!found) {
        next_ = facts_.frame_count;
        return false;
      }
      at_ = index_.seekable ? index_.NumberOf(decoder_.frame().pts) : next_;
      if (at_) {
        next_ = *at_ + 1;
        return true;
      }
    }
  }

  ClipFacts facts_;
  ClipIndex index_;
  ClipDecoder decoder_;
  RgbConversion conversion_;
  RgbConversion deep_conversion_;
  std::optional<std::uint32_t> at_;  // The frame that the decoder holds.
  std::uint32_t next_ = 0;           // No frame before this one is still to come.
};

}  // namespace

Result<std::unique_ptr<FrameSource>> OpenClip(const std::string& path) {
  WEFT_ASSIGN_OR_RETURN(ClipIndex index, IndexClip(path));
  WEFT_ASSIGN_OR_RETURN(ClipDecoder decoder, ClipDecoder::Open(path));
  return std::make_unique<Clip>(std::move(index), std::move(decoder));
}

}  // namespace weft::media
