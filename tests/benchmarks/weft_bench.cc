// weft-bench: times and quality of single parts, as one line of JSON.

#include <cstdio>
#include <filesystem>
#include <map>
#include <string>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "tests/benchmarks/deflicker_commands.h"
#include "tests/benchmarks/engine.h"
#include "tests/benchmarks/picture_size.h"
#include "worker/models/torch_edge.h"

namespace weft::bench {
namespace {

enum ExitCode { kDone = 0, kUsage = 2, kBadInput = 3 };

// What stands on the command line before it is understood.
struct EngineWords {
  EngineOrder order;
  std::string size = "512x512";
  std::string type = "float32";
  bool random = false;
};

void Declare(CLI::App* app, EngineWords* words) {
  app->add_option("--size", words->size, "of the picture in pixels, WxH")->capture_default_str();
  app->add_option("--batch", words->order.batch, "samples of one pass; of a step, frames")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  app->add_option("--dtype", words->type, "data type")
      ->check(CLI::IsMember({"float32", "bfloat16", "float16"}))
      ->capture_default_str();
  app->add_option("--device", words->order.device, "cpu or cuda:N")->capture_default_str();
  app->add_option("--threads", words->order.threads, "0: one a core, or 1 beside a GPU")
      ->capture_default_str();
  app->add_option("--repeats", words->order.repeats, "of which the best counts")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  auto* const model = app->add_option("--model", words->order.model, "a diffusers folder");
  app->add_flag("--sd15-random", words->random, "Stable Diffusion 1.5's shapes, random weights")
      ->excludes(model);
  app->add_option("--anchors", words->order.anchors, "of a step: that a frame attends to")
      ->check(CLI::Range(0, 16))
      ->capture_default_str();
  app->add_flag("!--no-graphs", words->order.graphs, "of a step: launch its kernels one by one");
  app->add_flag("--compare", words->order.compare, "say how far off float32 the type is");
}

Result<EngineOrder> OrderOf(const std::string& part, const EngineWords& words) {
  EngineOrder order = words.order;
  order.part = part;
  if (order.model.empty() && !words.random) {
    return Failure(ErrorCode::kInvalidArgument, "name a model with --model, or --sd15-random");
  }
  WEFT_ASSIGN_OR_RETURN(const PictureSize size, ReadSize(words.size));
  order.width = size.width;
  order.height = size.height;
  order.data_type = words.type == "bfloat16"  ? models::DataType::kBfloat16
                    : words.type == "float16" ? models::DataType::kFloat16
                                              : models::DataType::kFloat32;
  return order;
}

Result<std::string> RunEngine(const std::string& part, const EngineWords& words) {
  WEFT_ASSIGN_OR_RETURN(const EngineOrder order, OrderOf(part, words));
  WEFT_ASSIGN_OR_RETURN(const EngineFigures figures, MeasureEngine(order));
  const double rate = figures.flop / figures.seconds;
  nlohmann::ordered_json json = {{"part", part},
                                 {"size", NameOf({order.width, order.height})},
                                 {"batch", order.batch},
                                 {"dtype", words.type},
                                 {"threads", figures.threads},
                                 {"seconds", figures.seconds},
                                 {"seconds_median", figures.seconds_median},
                                 {"flop", figures.flop},
                                 {"flop_per_s", rate},
                                 {"peak_flop_per_s", figures.peak_flop_per_s},
                                 {"of_peak", rate / figures.peak_flop_per_s},
                                 {"output_rms", figures.output_rms},
                                 {"peak_memory_bytes", figures.peak_memory_bytes}};
  if (order.compare) {
    json["relative_error"] = figures.relative_error;
  }
  return json.dump();
}

// The coordinator under load is another program, one without LibTorch, beside this one. Returns
// only when it cannot be started.
int BecomeFarm(char** argv) {
  const auto here = std::filesystem::read_symlink("/proc/self/exe").parent_path();
  const std::string program = (here / "weft-bench-farm").string();
  ::execv(program.c_str(), argv + 1);
  std::fprintf(stderr, "weft-bench: %s cannot be started\n", program.c_str());
  return kBadInput;
}

// The line to print, if any.
int Report(const Result<std::string>& line) {
  if (!line) {
    std::fprintf(stderr, "weft-bench: %s\n", line.error().message().c_str());
    return kBadInput;
  }
  if (!line->empty()) {
    std::printf("%s\n", line->c_str());
  }
  return kDone;
}

}  // namespace
}  // namespace weft::bench

int main(int argc, char** argv) {
  if (argc > 1 && std::string(argv[1]) == "farm") {
    return weft::bench::BecomeFarm(argv);
  }
  weft::models::KeepFreedMemory();  // As workers do.
  CLI::App app("Times and quality of single parts of Weft.", "weft-bench");
  app.require_subcommand(1);
  app.add_subcommand("farm", "the coordinator under load");
  const weft::bench::DeflickerCommands deflicker(&app);
  weft::bench::EngineWords words;
  const std::map<std::string, std::string> parts = {
      {"unet", "one UNet evaluation of a batch of samples"},
      {"vae", "latents to pictures"},
      {"text", "the text encoder on prompts of 77 tokens"},
      {"step", "a denoising step of a batch of frames, both sides of the guidance"}};
  for (const auto& [part, what] : parts) {
    weft::bench::Declare(app.add_subcommand(part, what), &words);
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : weft::bench::kUsage;
  }
  if (const auto line = deflicker.Run(); line) {
    return weft::bench::Report(*line);
  }
  const std::string part = app.get_subcommands().front()->get_name();
  return weft::bench::Report(weft::bench::RunEngine(part, words));
}
