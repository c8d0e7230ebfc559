#include "coordinator/cli/deflicker_fields.h"

#include <string>

#include "coordinator/core/job_kind.h"

namespace weft::cli {
namespace {

// What says how to use a guide needs one.
Status CheckGuide(const JobOptions& options) {
  if (!options.guide.empty()) {
    return {};
  }
  if (options.align || options.guide_weight) {
    return Failure(ErrorCode::kInvalidArgument,
                   std::string(options.align ? "align" : "guide-weight") +
                       ": there is no guide; name the clean source with --guide CLIP");
  }
  return {};
}

// A field that the mode would not read is no field to accept.
Status CheckModeFields(const JobOptions& options) {
  if (options.key_frames && !coordinator::TakesKeyFrames(options.mode)) {
    return Failure(ErrorCode::kInvalidArgument,
                   "key-frames: only --mode interpolate and propagate take key frames");
  }
  if (options.guide_weight && !coordinator::ReadsGuideWeight(options.mode)) {
    return Failure(
        ErrorCode::kInvalidArgument,
        "guide-weight: --mode fast and robust do not weigh guide and style, the others do");
  }
  if (options.patch && !coordinator::ReadsPatchSize(options.mode)) {
    return Failure(ErrorCode::kInvalidArgument,
                   "patch: --mode robust has patches of its own; the others take some");
  }
  if (options.high_bit_depth && options.steady_colours) {
    return Failure(ErrorCode::kInvalidArgument,
                   "high-bit-depth: --steady-colours corrects 8 bits a channel; leave one out");
  }
  return {};
}

}  // namespace

Status CheckDeflickerFields(const JobOptions& options) {
  WEFT_RETURN_IF_ERROR(CheckGuide(options));
  return CheckModeFields(options);
}

}  // namespace weft::cli
