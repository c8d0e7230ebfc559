// weft-bench: times and quality of single parts, as one line of JSON.

#include <cstdio>
#include <string>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "tests/benchmarks/patchmatch.h"

namespace weft::bench {
namespace {

enum ExitCode { kDone = 0, kUsage = 2, kBadInput = 3 };

void Declare(CLI::App* app, PatchMatchOrder* order) {
  app->add_option("A.png", order->target_path, "the target")->required();
  app->add_option("B.png", order->source_path, "the source, which is mapped onto it")->required();
  app->add_option("--patch", order->patch_size, "smallest patch, odd")->capture_default_str();
  app->add_option("--iterations", order->iterations, "for each level")->capture_default_str();
  app->add_option("--repeats", order->repeats, "times are the median of so many")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
}

int RunPatchMatch(const PatchMatchOrder& order) {
  const Result<PatchMatchFigures> figures = MeasurePatchMatch(order);
  if (!figures) {
    std::fprintf(stderr, "weft-bench: %s\n", figures.error().message().c_str());
    return kBadInput;
  }
  const nlohmann::ordered_json json = {{"ms", figures->ms},
                                       {"remap_ms", figures->remap_ms},
                                       {"patch_mse", figures->patch_mse},
                                       {"remap_psnr", figures->remap_psnr},
                                       {"threads", figures->threads}};
  std::printf("%s\n", json.dump().c_str());
  return kDone;
}

}  // namespace
}  // namespace weft::bench

int main(int argc, char** argv) {
  CLI::App app("Times and quality of single parts of Weft.", "weft-bench");
  app.require_subcommand(1);
  weft::bench::PatchMatchOrder order;
  CLI::App* const patchmatch =
      app.add_subcommand("patchmatch", "the nearest-neighbour field between two pictures");
  weft::bench::Declare(patchmatch, &order);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : weft::bench::kUsage;
  }
  return weft::bench::RunPatchMatch(order);
}
