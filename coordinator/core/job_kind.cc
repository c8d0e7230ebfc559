#include "coordinator/core/job_kind.h"

#include <algorithm>
#include <string>
#include <vector>

namespace weft::coordinator {
namespace {

using google::protobuf::FieldDescriptor;
using Spec = v1::JobSpec;

// A deflicker job has these and no others, so that a field that comes to the specification does not
// become its own by accident.
bool OfDeflicker(int field) {
  switch (field) {
    case Spec::kInputPathFieldNumber:
    case Spec::kOutputPathFieldNumber:
    case Spec::kSeedFieldNumber:
    case Spec::kFramesFieldNumber:
    case Spec::kWindowFieldNumber:
    case Spec::kChunkFramesFieldNumber:
    case Spec::kLosslessFieldNumber:
    case Spec::kKindFieldNumber:
    case Spec::kGuidePathFieldNumber:
    case Spec::kSmoothingModeFieldNumber:
    case Spec::kAlignGuideFieldNumber:
    case Spec::kGuideWeightFieldNumber:
    case Spec::kPatchSizeFieldNumber:
    case Spec::kKeysPathFieldNumber:
    case Spec::kKeyFramesFieldNumber:
    case Spec::kGroupFramesFieldNumber:
    case Spec::kSeamReportFieldNumber:
    case Spec::kSeamChecksFieldNumber:
    case Spec::kVerifyTasksFieldNumber:
    case Spec::kSteadyColoursFieldNumber:
    case Spec::kHighBitDepthFieldNumber:
      return true;
    default:
      return false;
  }
}

// A render's guide is its own input.
bool OfRender(int field) {
  switch (field) {
    case Spec::kGuidePathFieldNumber:
    case Spec::kAlignGuideFieldNumber:
    case Spec::kKeysPathFieldNumber:
    case Spec::kKeyFramesFieldNumber:
    case Spec::kHighBitDepthFieldNumber:
      return false;
    default:
      return true;
  }
}

}  // namespace

bool IsDeflicker(const v1::JobSpec& spec) {
  return spec.kind() == v1::JOB_KIND_DEFLICKER;
}

Status CheckFieldsOfKind(const v1::JobSpec& spec) {
  if (!v1::JobKind_IsValid(spec.kind())) {
    return Failure(ErrorCode::kInvalidArgument,
                   "kind is " + std::to_string(spec.kind()) + ": not one that is known here");
  }
  const bool deflicker = IsDeflicker(spec);
  std::vector<const FieldDescriptor*> set;
  v1::JobSpec::GetReflection()->ListFields(spec, &set);
  const auto foreign = std::find_if(set.begin(), set.end(), [&](const FieldDescriptor* field) {
    return deflicker ? !OfDeflicker(field->number()) : !OfRender(field->number());
  });
  if (foreign != set.end()) {
    return Failure(ErrorCode::kInvalidArgument, (*foreign)->name() + " is set: a " +
                                                    (deflicker ? "deflicker job" : "render") +
                                                    " has no such field");
  }
  return {};
}

bool TakesKeyFrames(v1::SmoothingMode mode) {
  return mode == v1::SMOOTHING_MODE_INTERPOLATE || mode == v1::SMOOTHING_MODE_PROPAGATE;
}

bool ReadsPatchSize(v1::SmoothingMode mode) {
  return mode != v1::SMOOTHING_MODE_ROBUST;
}

bool ReadsGuideWeight(v1::SmoothingMode mode) {
  return mode != v1::SMOOTHING_MODE_ROBUST && mode != v1::SMOOTHING_MODE_FAST;
}

}  // namespace weft::coordinator
