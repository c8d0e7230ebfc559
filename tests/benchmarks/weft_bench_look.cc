// weft-bench-look: how alike clips look, whatever they show. Prints a line of JSON for each clip
// that is compared with the first.

#include <cstdio>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "tests/benchmarks/clip_frames.h"
#include "tests/benchmarks/look_scores.h"

namespace weft::bench {
namespace {

Result<LookStatistics> LookOf(const std::string& path) {
  WEFT_ASSIGN_OR_RETURN(const std::vector<Frame> frames, ReadClipFrames(path));
  constexpr int kSideMin = 48;
  if (frames.front().width < kSideMin || frames.front().height < kSideMin) {
    return Failure(ErrorCode::kInvalidArgument, path + ": no side may be below 48 pixels");
  }
  return MeasureLook(frames);
}

Status Compare(const std::string& first, const std::vector<std::string>& others) {
  WEFT_ASSIGN_OR_RETURN(const LookStatistics look, LookOf(first));
  for (const std::string& other : others) {
    WEFT_ASSIGN_OR_RETURN(const LookStatistics own, LookOf(other));
    const LookDistance distance = CompareLooks(look, own);
    const nlohmann::ordered_json line = {{"part", "look"},
                                         {"first", first},
                                         {"clip", other},
                                         {"colour", distance.colour},
                                         {"energy", distance.energy},
                                         {"peak", distance.peak},
                                         {"gram", distance.gram}};
    std::printf("%s\n", line.dump().c_str());
  }
  return {};
}

int Main(int argc, char** argv) {
  CLI::App app("How alike clips look: colours and textures, whatever they show.",
               "weft-bench-look");
  std::string first;
  std::vector<std::string> others;
  app.add_option("FIRST", first, "The clip that the others are compared with")->required();
  app.add_option("CLIP", others, "Clips or pictures, of any size and length")->required();
  CLI11_PARSE(app, argc, argv);
  const Status compared = Compare(first, others);
  if (!compared) {
    std::fprintf(stderr, "weft-bench-look: %s\n", compared.error().message().c_str());
    return 3;
  }
  return 0;
}

}  // namespace
}  // namespace weft::bench

int main(int argc, char** argv) {
  return weft::bench::Main(argc, argv);
}
