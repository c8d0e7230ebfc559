#include "tests/golden/crossframe_cases.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "tests/golden/control_uses.h"
#include "worker/models/unet.h"

namespace weft::golden {
Result<std::vector<models::SampleLinks>> LinkFrames(const std::string& mode,
                                                    int frames,
                                                    int sides) {
  if (mode != "first" && mode != "first_prev") {
    return Failure(ErrorCode::kUnsupported, "cross-frame mode " + mode);
  }
  if (sides > models::FrameMemory::kSides) {
    return Failure(ErrorCode::kInvalidArgument, "a case has at most two chunks");
  }
  std::vector<models::SampleLinks> links;
  for (int side = 0; side < sides; ++side) {
    for (int frame = 0; frame < frames; ++frame) {
      std::vector<int> reads = {0};
      if (mode == "first_prev") {
        reads.push_back(std::max(frame - 1, 0));
      }
      links.push_back({side, {0, 0}, std::move(reads), frame});
    }
  }
  return links;
}

Result<Outputs> RunCrossframeCase(const GoldenCase& golden, ModelFolder& model) {
  WEFT_ASSIGN_OR_RETURN(const models::Unet* unet, model.UnetModel());
  WEFT_ASSIGN_OR_RETURN(const auto links, LinkFrames(golden.Parameter("mode").get<std::string>(),
                                                     golden.Parameter("frames").get<int>(),
                                                     golden.Parameter("chunks").get<int>()));
  models::FrameMemory memory;
  models::JointAttention joint{memory, links};
  models::UnetInput input{golden.Floats("in.sample"), golden.Numbers("in.timestep"),
                          golden.Floats("in.encoder_hidden_states"), &joint};
  WEFT_ASSIGN_OR_RETURN(const std::vector<ControlUse> controls, ControlsOf(golden, model));
  std::optional<models::Skips> residuals;
  for (const ControlUse& use : controls) {
    memory.Clear();
    models::Skips own = (*use.net)(input, use.net->Condition(use.condition));
    own.Scale(use.scale);
    if (residuals) {
      residuals->Add(own);
    } else {
      residuals = std::move(own);
    }
  }
  memory.Clear();
  Outputs outputs;
  outputs["out.sample"] = (*unet)(input, residuals ? &*residuals : nullptr);
  if (golden.Has("in.attn1_in")) {
    memory.Clear();
    const models::SpatialTransformer& first = unet->trunk.down.front().transformers.front();
    outputs["out.attn1_out"] =
        first.blocks.front().attn1.Self(golden.Floats("in.attn1_in"), &joint);
  }
  return outputs;
}

}  // namespace weft::golden
