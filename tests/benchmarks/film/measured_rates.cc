#include "tests/benchmarks/film/measured_rates.h"

#include <map>
#include <sstream>

#include <nlohmann/json.hpp>

namespace weft::bench {
namespace {

using nlohmann::json;
using Parts = std::map<std::string, json>;

tl::unexpected<Error> Wrong(const std::string& what) {
  return Failure(ErrorCode::kInvalidArgument, what);
}

Result<Parts> PartsOf(const std::string& lines) {
  Parts parts;
  std::istringstream text(lines);
  for (std::string line; std::getline(text, line);) {
    const json parsed = json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (!parsed.is_object() || !parsed.contains("part") || !parsed["part"].is_string()) {
      return Wrong("not a line of weft-bench: " + line);
    }
    parts[parsed["part"].get<std::string>()] = parsed;
  }
  return parts;
}

Result<double> Figure(const Parts& parts, const std::string& part, const std::string& key) {
  const auto found = parts.find(part);
  if (found == parts.end()) {
    return Wrong("there is no line of part " + part);
  }
  const auto value = found->second.find(key);
  if (value == found->second.end() || !value->is_number() || value->get<double>() < 0) {
    return Wrong(part + " has no figure " + key);
  }
  return value->get<double>();
}

// Of a part whose line has a size such as "512x320".
Result<double> Pixels(const Parts& parts, const std::string& part) {
  const auto found = parts.find(part);
  int width = 0;
  int height = 0;
  char cross = 0;
  if (found != parts.end() && found->second.contains("size") && found->second["size"].is_string()) {
    std::istringstream(found->second["size"].get<std::string>()) >> width >> cross >> height;
  }
  if (cross != 'x' || width < 1 || height < 1) {
    return Wrong(part + " has no size");
  }
  return static_cast<double>(width) * height;
}

// Of one frame of a batch.
Result<double> SecondsAFrame(const Parts& parts, const std::string& part) {
  WEFT_ASSIGN_OR_RETURN(const double seconds, Figure(parts, part, "seconds_median"));
  WEFT_ASSIGN_OR_RETURN(const double batch, Figure(parts, part, "batch"));
  return batch < 1 ? Result<double>(Wrong(part + " has an empty batch")) : seconds / batch;
}

// One frame's smoothing, without the model's part, at the step's size.
Result<double> Match(const Parts& parts, std::uint32_t film_window) {
  WEFT_ASSIGN_OR_RETURN(const double window, Figure(parts, "deflicker", "window"));
  if (window != film_window) {
    return Wrong("deflicker has another window than the film");
  }
  WEFT_ASSIGN_OR_RETURN(const double milliseconds, Figure(parts, "deflicker", "ms_per_frame"));
  WEFT_ASSIGN_OR_RETURN(const double pixels, Pixels(parts, "step"));
  WEFT_ASSIGN_OR_RETURN(const double measured, Pixels(parts, "deflicker"));
  return milliseconds / 1000 * pixels / measured;
}

}  // namespace

Result<StageRates> RatesFrom(const std::string& lines, std::uint32_t window) {
  constexpr double kEncodeOfDecode = 0.45;
  // FFV1 against x264's medium preset, FFmpeg 5.1, one thread, 96 frames of 640x360: 0.8 s to
  // encode and 0.7 to decode against 1.35.
  constexpr double kKeepOfEncode = 0.6;
  constexpr double kReadOfEncode = 0.5;
  WEFT_ASSIGN_OR_RETURN(const Parts parts, PartsOf(lines));
  WEFT_ASSIGN_OR_RETURN(const double match, Match(parts, window));
  WEFT_ASSIGN_OR_RETURN(const double decode, SecondsAFrame(parts, "vae"));
  WEFT_ASSIGN_OR_RETURN(const double encode, Figure(parts, "stages", "encode_frame"));
  StageRates rates;
  WEFT_ASSIGN_OR_RETURN(rates.step_frame, SecondsAFrame(parts, "step"));
  rates.smooth_frame = decode + match + 2 * kEncodeOfDecode * decode;
  rates.finish_frame = decode + match + kKeepOfEncode * encode;
  rates.encode_frame = (1 + kReadOfEncode) * encode;
  WEFT_ASSIGN_OR_RETURN(rates.open_frame, Figure(parts, "stages", "open_frame"));
  WEFT_ASSIGN_OR_RETURN(rates.probe_frame, Figure(parts, "stages", "probe_frame"));
  WEFT_ASSIGN_OR_RETURN(rates.assemble_frame, Figure(parts, "stages", "assemble_frame"));
  WEFT_ASSIGN_OR_RETURN(rates.task, Figure(parts, "stages", "task"));
  return rates;
}

}  // namespace weft::bench
