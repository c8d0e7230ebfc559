#include "coordinator/cli/option_values.h"

#include <charconv>
#include <cmath>
#include <optional>
#include <string_view>
#include <utility>

#include "common/plan/frame_attention.h"

namespace weft::cli {
namespace {

constexpr CountRange kSide{.min = 8, .max = 8192};
constexpr CountRange kPatch{.min = 3, .max = 15};
constexpr std::uint64_t kFrameMax = std::numeric_limits<std::uint32_t>::max() - 1;
constexpr std::uint64_t kStepMax = 999;
constexpr std::uint64_t kAttentionWindowMax = 64;
constexpr std::uint64_t kGpuMax = 1023;
constexpr NumberRange kLoraWeight{.min = -10, .max = 10};
constexpr std::string_view kSafetensors = ".safetensors";

tl::unexpected<Error> MustBe(const std::string& wanted, std::string_view text) {
  return Failure(ErrorCode::kInvalidArgument,
                 "must be " + wanted + ", not \"" + std::string(text) + "\"");
}

// All of `text` as a number, or nothing.
template <typename Number>
std::optional<Number> Whole(std::string_view text) {
  Number value{};
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end) {
    return std::nullopt;
  }
  return value;
}

std::optional<std::uint32_t> CountUpTo(std::string_view text, std::uint64_t max) {
  const std::optional<std::uint64_t> value = Whole<std::uint64_t>(text);
  if (!value || *value > max) {
    return std::nullopt;
  }
  return static_cast<std::uint32_t>(*value);
}

bool IsSafetensors(std::string_view path) {
  return path.size() > kSafetensors.size() &&
         path.substr(path.size() - kSafetensors.size()) == kSafetensors;
}

std::string Text(double value) {
  char digits[32];
  const auto [end, error] = std::to_chars(digits, digits + sizeof(digits), value);
  return error == std::errc() ? std::string(digits, end) : std::to_string(value);
}

// D/S
std::optional<v1::Attention> WindowAttention(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) {
    return std::nullopt;
  }
  const auto window = CountUpTo(text.substr(0, slash), kAttentionWindowMax);
  const auto stride = CountUpTo(text.substr(slash + 1), kAttentionWindowMax);
  if (!window || !stride || *stride == 0 || *stride > *window) {
    return std::nullopt;
  }
  v1::Attention attention;
  attention.set_kind(v1::ATTENTION_KIND_WINDOW);
  attention.set_window(*window);
  attention.set_stride(*stride);
  return attention;
}

// first,-1,0,1
std::optional<v1::Attention> PatternAttention(std::string_view text) {
  v1::Attention attention;
  attention.set_kind(v1::ATTENTION_KIND_PATTERN);
  for (bool more = true; more;) {
    const std::size_t comma = text.find(',');
    more = comma != std::string_view::npos;
    const std::string_view word = text.substr(0, comma);
    const auto offset =
        word == "first" ? std::optional<std::int32_t>(kFirstFrame) : Whole<std::int32_t>(word);
    if (!offset) {
      return std::nullopt;
    }
    attention.add_pattern(*offset);
    text = more ? text.substr(comma + 1) : "";
  }
  return attention;
}

Result<std::uint32_t> ParseCountOrAuto(const std::string& text, CountRange range) {
  if (text == "auto") {
    return 0;
  }
  const Result<std::uint64_t> count = ParseCount(text, range);
  if (!count) {
    return Failure(ErrorCode::kInvalidArgument, count.error().message() + ", or auto");
  }
  return static_cast<std::uint32_t>(*count);
}

}  // namespace

Result<std::uint64_t> ParseCount(const std::string& text, CountRange range) {
  const std::optional<std::uint64_t> value = Whole<std::uint64_t>(text);
  if (!value || *value < range.min || *value > range.max) {
    return MustBe(
        "a whole number from " + std::to_string(range.min) + " to " + std::to_string(range.max),
        text);
  }
  return *value;
}

Result<double> ParseNumber(const std::string& text, NumberRange range) {
  const std::optional<double> value = Whole<double>(text);
  const bool fits = value && std::isfinite(*value) && *value >= range.min && *value <= range.max &&
                    !(range.above_min && *value == range.min);
  if (!fits) {
    return MustBe((range.above_min ? "a number above " : "a number from ") + Text(range.min) +
                      (range.above_min ? ", up to " : " to ") + Text(range.max),
                  text);
  }
  return *value;
}

Result<bool> ParseSwitch(const std::string& text) {
  if (text == "true" || text == "yes" || text == "on") {
    return true;
  }
  if (text == "false" || text == "no" || text == "off") {
    return false;
  }
  return MustBe("true or false", text);
}

Result<v1::Size> ParseSize(const std::string& text) {
  const std::string_view all = text;
  const std::size_t cross = all.find('x');
  if (cross != std::string_view::npos) {
    const std::optional<std::uint32_t> width = CountUpTo(all.substr(0, cross), kSide.max);
    const std::optional<std::uint32_t> height = CountUpTo(all.substr(cross + 1), kSide.max);
    if (width.value_or(0) >= kSide.min && height.value_or(0) >= kSide.min) {
      v1::Size size;
      size.set_width(*width);
      size.set_height(*height);
      return size;
    }
  }
  return MustBe("WIDTHxHEIGHT in pixels, such as 512x320, each from " + std::to_string(kSide.min) +
                    " to " + std::to_string(kSide.max),
                text);
}

Result<v1::FrameRange> ParseFrames(const std::string& text) {
  const std::string_view all = text;
  const std::size_t colon = all.find(':');
  if (colon != std::string_view::npos) {
    const std::string_view from = all.substr(0, colon);
    const std::string_view to = all.substr(colon + 1);
    const std::optional<std::uint32_t> begin = from.empty() ? 0 : CountUpTo(from, kFrameMax);
    const std::optional<std::uint32_t> end = to.empty() ? 0 : CountUpTo(to, kFrameMax);
    if (begin && end && (to.empty() || *begin < *end)) {
      v1::FrameRange frames;
      frames.set_begin(*begin);
      frames.set_end(*end);
      return frames;
    }
  }
  return MustBe("FIRST:END with FIRST below END, such as 10:20 for frames 10 to 19, or 10: or :20",
                text);
}

Result<std::vector<std::uint32_t>> ParseSteps(const std::string& text) {
  std::vector<std::uint32_t> steps;
  if (text == "none") {
    return steps;
  }
  std::string_view rest = text;
  bool more = true;
  while (more) {
    const std::size_t comma = rest.find(',');
    more = comma != std::string_view::npos;
    const std::optional<std::uint32_t> step = CountUpTo(rest.substr(0, comma), kStepMax);
    if (!step || (!steps.empty() && *step <= steps.back())) {
      return MustBe("ascending step numbers from 0, such as 4,9,14,19, or none", text);
    }
    steps.push_back(*step);
    rest = more ? rest.substr(comma + 1) : "";
  }
  return steps;
}

Result<std::vector<std::uint32_t>> ParseKeyFrames(const std::string& text) {
  Result<std::vector<std::uint32_t>> frames = ParseSteps(text);
  if (!frames || frames->empty()) {
    return MustBe("ascending frame numbers from 0, such as 0,30,60", text);
  }
  return frames;
}

Result<v1::Lora> ParseLora(const std::string& text) {
  v1::Lora lora;
  lora.set_weight(1);
  std::string path = text;
  const std::size_t colon = text.rfind(':');
  if (!IsSafetensors(text) && colon != std::string::npos) {
    const Result<double> weight = ParseNumber(text.substr(colon + 1), kLoraWeight);
    if (!weight) {
      return Failure(Error(weight.error().code(), "weight " + weight.error().message()));
    }
    lora.set_weight(*weight);
    path = text.substr(0, colon);
  }
  if (!IsSafetensors(path)) {
    return MustBe("FILE.safetensors or FILE.safetensors:WEIGHT", text);
  }
  lora.set_path(path);
  return lora;
}

Result<std::string> ParseEmbedding(const std::string& text) {
  if (!IsSafetensors(text)) {
    return MustBe("a .safetensors file", text);
  }
  return text;
}

Result<v1::JobKind> ParseKind(const std::string& text) {
  if (text == "render") {
    return v1::JOB_KIND_RENDER;
  }
  if (text == "deflicker") {
    return v1::JOB_KIND_DEFLICKER;
  }
  return MustBe("render or deflicker", text);
}

Result<v1::SmoothingMode> ParseMode(const std::string& text) {
  if (text == "balanced") {
    return v1::SMOOTHING_MODE_BALANCED;
  }
  if (text == "fast") {
    return v1::SMOOTHING_MODE_FAST;
  }
  if (text == "robust") {
    return v1::SMOOTHING_MODE_ROBUST;
  }
  if (text == "accurate") {
    return v1::SMOOTHING_MODE_ACCURATE;
  }
  if (text == "interpolate") {
    return v1::SMOOTHING_MODE_INTERPOLATE;
  }
  if (text == "propagate") {
    return v1::SMOOTHING_MODE_PROPAGATE;
  }
  return MustBe("robust, balanced, accurate, fast, interpolate or propagate", text);
}

Result<std::uint32_t> ParsePatch(const std::string& text) {
  const std::optional<std::uint32_t> side = CountUpTo(text, kPatch.max);
  if (!side || *side < kPatch.min || *side % 2 == 0) {
    return MustBe(
        "an odd number from " + std::to_string(kPatch.min) + " to " + std::to_string(kPatch.max),
        text);
  }
  return *side;
}

Result<v1::Sampler> ParseSampler(const std::string& text) {
  if (text == "ddim") {
    return v1::SAMPLER_DDIM;
  }
  if (text == "euler") {
    return v1::SAMPLER_EULER;
  }
  if (text == "dpmpp2m") {
    return v1::SAMPLER_DPMPP_2M;
  }
  if (text == "pndm") {
    return v1::SAMPLER_PNDM;
  }
  return MustBe("ddim, euler, dpmpp2m or pndm", text);
}

Result<v1::TimestepSpacing> ParseSpacing(const std::string& text) {
  if (text == "leading") {
    return v1::TIMESTEP_SPACING_LEADING;
  }
  if (text == "trailing") {
    return v1::TIMESTEP_SPACING_TRAILING;
  }
  if (text == "linspace") {
    return v1::TIMESTEP_SPACING_LINSPACE;
  }
  return MustBe("leading, trailing or linspace", text);
}

Result<v1::DataType> ParseDataType(const std::string& text) {
  if (text == "float32") {
    return v1::DATA_TYPE_FLOAT32;
  }
  if (text == "bfloat16") {
    return v1::DATA_TYPE_BFLOAT16;
  }
  if (text == "float16") {
    return v1::DATA_TYPE_FLOAT16;
  }
  return MustBe("float32, bfloat16 or float16", text);
}

Result<v1::Exchange> ParseExchange(const std::string& text) {
  if (text == "halo") {
    return v1::EXCHANGE_HALO;
  }
  if (text == "none") {
    return v1::EXCHANGE_NONE;
  }
  return MustBe("halo or none", text);
}

Result<std::string> ParseDevice(const std::string& text) {
  if (text == "cpu") {
    return text;
  }
  if (text == "cuda") {
    return std::string("cuda:0");
  }
  const std::string_view all = text;
  if (all.substr(0, 5) == "cuda:" && CountUpTo(all.substr(5), kGpuMax)) {
    return text;
  }
  return MustBe("cpu or cuda:N, such as cuda:0", text);
}

Result<v1::Attention> ParseAttention(const std::string& text) {
  const std::string_view all = text;
  const std::size_t colon = all.find(':');
  const std::string_view kind = all.substr(0, colon);
  const std::string_view rest = colon == std::string_view::npos ? "" : all.substr(colon + 1);
  std::optional<v1::Attention> attention;
  if (kind == "window") {
    attention = WindowAttention(rest);
  } else if (kind == "pattern") {
    attention = PatternAttention(rest);
  } else if (rest.empty() && (text == "anchors" || text == "self")) {
    attention.emplace().set_kind(text == "self" ? v1::ATTENTION_KIND_SELF
                                                : v1::ATTENTION_KIND_ANCHORS);
  }
  if (attention) {
    return *std::move(attention);
  }
  return MustBe(
      "anchors, self, window:D/S with windows of D frames at every S-th, such as "
      "window:8/4, or pattern:LIST with offsets from each frame, such as "
      "pattern:first,-1,0,1",
      text);
}

Result<AnchorsValue> ParseAnchors(const std::string& text) {
  constexpr std::string_view kFrom = "from:";
  if (text.rfind(kFrom, 0) == 0) {
    const std::string job = text.substr(kFrom.size());
    if (job.empty()) {
      return Failure(ErrorCode::kInvalidArgument, "must name a job after from:");
    }
    return AnchorsValue{std::nullopt, job};
  }
  const Result<std::uint64_t> count = ParseCount(text, {.min = 0, .max = 16});
  if (!count) {
    return Failure(ErrorCode::kInvalidArgument, count.error().message() + ", or from:JOB");
  }
  return AnchorsValue{static_cast<std::uint32_t>(*count), ""};
}

Result<std::uint32_t> ParseMicroBatch(const std::string& text) {
  return ParseCountOrAuto(text, {.min = 1, .max = 64});
}

Result<std::uint32_t> ParseRoundSteps(const std::string& text) {
  return ParseCountOrAuto(text, {.min = 1, .max = 32});
}

}  // namespace weft::cli
