// Textual inversions: files with a few vectors that stand for a word of the prompt.

#pragma once

#include <string>

#include "common/result.h"
#include "worker/models/aten.h"

namespace weft::models {

struct TextEmbedding {
  std::string name;    // The file's name without its ending: what the prompt calls it.
  at::Tensor vectors;  // float32 [count, width] on the CPU; 1 to 75 of them.
};

// path: a .safetensors file with one tensor, [count, width] or [width], of floating-point numbers.
// Its name does not matter: the web UI and kohya write "emb_params", diffusers the word itself,
// others "clip_l".
// width: the text encoder's.
// kInvalidArgument: a pickle file, with the way to convert it; several tensors, all named (with
// "clip_g" among them the file is for SDXL); a misshapen one, named with both widths.
// Else as SafetensorsFile::Open().  Throws what ATen throws.
Result<TextEmbedding> ReadTextEmbedding(const std::string& path, int width);

}  // namespace weft::models
