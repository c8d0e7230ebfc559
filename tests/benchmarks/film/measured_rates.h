// What a film's stages take, from lines of JSON that weft-bench printed on one kind of machine.

#pragma once

#include <cstdint>
#include <string>

#include "common/result.h"
#include "tests/benchmarks/film/simulate_film.h"

namespace weft::bench {

// lines: a "step" (both sides of the guidance, without ControlNets), a "vae", a "deflicker" of the
// film's window, and a line {"part": "stages"} with the seconds of what weft-bench does not
// measure: open_frame, probe_frame, encode_frame, assemble_frame and task. Of lines about one part
// the last counts; other parts are for people. The deflicker's time is taken to grow with the
// pixels. Encoding a frame's latents counts as 0.45 of decoding them, as the multiply-adds of
// Stable Diffusion's VAE do. kInvalidArgument: not JSON, a part is missing or lacks a figure, or
// the window is another.
Result<StageRates> RatesFrom(const std::string& lines, std::uint32_t window);

}  // namespace weft::bench
