// Runs recorded renders of a model folder: files with a whole pipeline's tensors, their settings in
// the metadata, and no cases.json.

#pragma once

#include <string>

#include "tests/golden/report.h"

namespace weft::golden {

// file: a safetensors file. model: the diffusers folder it was recorded with. device: where it
// computes.
void RunDemoCase(const std::string& file,
                 const std::string& model,
                 at::Device device,
                 Report& report);

}  // namespace weft::golden
