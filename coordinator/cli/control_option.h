// A control as people write it: what a ControlNet follows, how strongly, and what else there is to
// say, "depth=0.6,net=nets/depth.safetensors,maps=depth.mp4,start=0,end=0.5".
//
//   KIND=SCALE  softedge and tile are made from the source; depth, openpose, canny and lineart need
//               maps=. SCALE: 0 to 2.
//   net=PATH    its ControlNet, a folder or a .safetensors file; left out: the model's own.
//   maps=CLIP   the control maps, frame by frame as in the source; left out: made from the source.
//   start=A     the net acts from this part of the steps on, 0 to below END; left out: 0.
//   end=B       … and up to this one, at most 1; left out: 1.
//
// A path with a comma in it cannot be written.

#pragma once

#include <string>
#include <utility>
#include <vector>

#include "common/result.h"
#include "weft/v1/job.pb.h"

namespace weft::cli {

// kInvalidArgument: reads after the option's name, see option_values.h.
Result<v1::Control> ParseControl(const std::string& text);

// The same text with net= and maps= as seen from `folder`, see AbsolutePath().
std::string WithAbsolutePaths(const std::string& control, const std::string& folder);

// The text of a control that a job file gives as a map: keys kind, scale (1 where left out), net,
// maps, start, end. kInvalidArgument: another key, or no kind.
Result<std::string> ControlText(const std::vector<std::pair<std::string, std::string>>& entries);

}  // namespace weft::cli
