// What people write for an option, turned into a value. The text is the same on the command line
// and in a job file. Every error is kInvalidArgument and reads after the option's name: "must be a
// whole number from 1 to 1000, not \"many\"".

#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "common/result.h"
#include "weft/v1/job.pb.h"

namespace weft::cli {

struct CountRange {
  std::uint64_t min = 0;
  std::uint64_t max = std::numeric_limits<std::uint64_t>::max();
};

// Decimal digits only.
Result<std::uint64_t> ParseCount(const std::string& text, CountRange range);

struct NumberRange {
  double min = 0;
  double max = 0;
  bool above_min = false;  // min itself is outside.
};

// A finite decimal number, whatever the locale.
Result<double> ParseNumber(const std::string& text, NumberRange range);

// "true", "yes", "on", "false", "no", "off".
Result<bool> ParseSwitch(const std::string& text);

// "512x320": width, height in pixels.
Result<v1::Size> ParseSize(const std::string& text);

// "10:20" (frames 10 to 19), "10:" (to the last), ":20". end is 0 where it was left out.
Result<v1::FrameRange> ParseFrames(const std::string& text);

// "4,9,14", ascending, or "none".
Result<std::vector<std::uint32_t>> ParseSteps(const std::string& text);

// "0,30,60", ascending.
Result<std::vector<std::uint32_t>> ParseKeyFrames(const std::string& text);

// "/loras/ink.safetensors" (weight 1) or "/loras/ink.safetensors:-0.5"; -10 to 10.
Result<v1::Lora> ParseLora(const std::string& text);

// "/words/ink.safetensors".
Result<std::string> ParseEmbedding(const std::string& text);

// "render" or "deflicker".
Result<v1::JobKind> ParseKind(const std::string& text);

// "robust", "balanced", "accurate", "fast", "interpolate", "propagate".
Result<v1::SmoothingMode> ParseMode(const std::string& text);

// An odd number of pixels, 3 to 15.
Result<std::uint32_t> ParsePatch(const std::string& text);

// "ddim", "euler", "dpmpp2m", "pndm".
Result<v1::Sampler> ParseSampler(const std::string& text);

// "leading", "trailing", "linspace".
Result<v1::TimestepSpacing> ParseSpacing(const std::string& text);

// "float32", "bfloat16", "float16".
Result<v1::DataType> ParseDataType(const std::string& text);

// "cpu", "cuda" (the first GPU) or "cuda:N"; returns "cpu" or "cuda:N".
Result<std::string> ParseDevice(const std::string& text);

// "anchors", "self", "window:D/S" or "pattern:first,-1,0,1".
Result<v1::Attention> ParseAttention(const std::string& text);

// "3", or "from:JOB" of a job's name or id.
struct AnchorsValue {
  std::optional<std::uint32_t> count;
  std::string job;  // Empty: none.
};
Result<AnchorsValue> ParseAnchors(const std::string& text);

// "halo", "none".
Result<v1::Exchange> ParseExchange(const std::string& text);

// "auto", which is 0, or 1 to 64.
Result<std::uint32_t> ParseMicroBatch(const std::string& text);

// "auto", which is 0, or 1 to 32.
Result<std::uint32_t> ParseRoundSteps(const std::string& text);

}  // namespace weft::cli
