// weft-golden: compares Weft's models with recorded outputs of the original code.

#include <algorithm>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "tests/golden/crossframe_cases.h"
#include "tests/golden/demo_cases.h"
#include "tests/golden/model_cases.h"
#include "tests/golden/model_shelf.h"
#include "tests/golden/report.h"
#include "tests/golden/tokenizer_cases.h"
#include "worker/models/torch_edge.h"

namespace weft::golden {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

// The references that a case names, with its tolerances. Timesteps are exact where they are whole.
std::map<std::string, Tolerance> TolerancesOf(const GoldenCase& golden) {
  constexpr double kTimestep = 1e-3;
  constexpr double kSigma = 2e-6;
  std::map<std::string, Tolerance> tolerances;
  const json listed = golden.entry.value("tolerances", json::object());
  const auto latents = listed.find("out.latents");
  for (const auto& [name, tensor] : golden.tensors->tensors()) {
    if (name.rfind("out.", 0) != 0) {
      continue;
    }
    if (listed.contains(name)) {
      tolerances[name] = {listed[name].at("tol_max_abs").get<double>()};
    } else if (name == "out.model_input" && latents != listed.end()) {
      tolerances[name] = {latents->at("tol_max_abs").get<double>()};
    } else if (name == "out.sigmas" || name == "out.init_noise_sigma") {
      tolerances[name] = {kSigma, /*relative=*/true};
    } else {
      tolerances[name] = {name == "out.timesteps" ? kTimestep : 0.0};
    }
  }
  return tolerances;
}

Result<Outputs> RunCase(const GoldenCase& golden, ModelShelf& shelf) {
  const std::string kind = golden.entry.value("kind", "");
  if (kind == "scheduler") {
    return RunSchedulerCase(golden);
  }
  const std::vector<std::string> built = {"text_encoder", "unet",       "controlnet",
                                          "lora",         "vae_encode", "vae_decode",
                                          "e2e",          "crossframe", "video_e2e"};
  if (std::find(built.begin(), built.end(), kind) == built.end()) {
    return Failure(ErrorCode::kUnsupported, "kind " + kind + " is not built yet");
  }
  WEFT_ASSIGN_OR_RETURN(ModelFolder * model, shelf.Find(golden.entry));
  if (kind == "crossframe") {
    return RunCrossframeCase(golden, *model);
  }
  if (kind == "video_e2e") {
    return RunVideoCase(golden, *model);
  }
  return kind == "e2e" ? RunPipelineCase(golden, *model) : RunModelCase(golden, *model);
}

void RunEntry(const std::string& list, const json& entry, ModelShelf& shelf, Report& report) {
  const auto file = entry.at("file").get<std::string>();
  auto golden = OpenCase((fs::path(list).parent_path() / file).string(), entry);
  if (!golden) {
    report.Refuse(file, golden.error());
    return;
  }
  golden->device = shelf.device();
  const auto outputs = models::AtTorchEdge([&] { return RunCase(*golden, shelf); });
  if (!outputs) {
    report.Refuse(golden->name, outputs.error());
    return;
  }
  report.Compare(*golden, *outputs, TolerancesOf(*golden));
}

// An entry that makes no sense fails by itself: those behind it run all the same.
void RunEntries(const std::string& list, ModelShelf& shelf, Report& report) {
  const auto entries = ReadEntries(list);
  if (!entries) {
    report.Refuse(list, entries.error());
    return;
  }
  for (const json& entry : *entries) {
    const Status run = models::AtTorchEdge([&]() -> Status {
      RunEntry(list, entry, shelf, report);
      return {};
    });
    if (!run) {
      report.Refuse(entry.dump(), run.error());
    }
  }
}

std::vector<std::string> FilesIn(const fs::path& folder,
                                 const std::string& beginning,
                                 const std::string& extension) {
  std::vector<std::string> files;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() == extension &&
        entry.path().filename().string().rfind(beginning, 0) == 0) {
      files.push_back(entry.path().string());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

void RunFolder(const fs::path& folder,
               const std::string& model,
               at::Device device,
               Report& report) {
  const fs::path goldens = folder / "goldens";
  if (!fs::is_directory(goldens)) {
    for (const std::string& file : FilesIn(folder, "", ".safetensors")) {
      RunDemoCase(file, model, device, report);
    }
    return;
  }
  ModelShelf shelf(folder.string(), device);
  for (const std::string& file : FilesIn(goldens, "tokenizer_", ".json")) {
    const Status run = models::AtTorchEdge([&]() -> Status {
      RunTokenizerCases(file, folder.string(), report);
      return {};
    });
    if (!run) {
      report.Refuse(file, run.error());
    }
  }
  RunEntries((goldens / "cases.json").string(), shelf, report);
  if (fs::exists(goldens / "schedulers" / "cases.json")) {
    RunEntries((goldens / "schedulers" / "cases.json").string(), shelf, report);
  }
}

int Main(int argc, char** argv) {
  CLI::App app("Compares Weft's models with recorded outputs of the original code.");
  std::string folder;
  std::string model;
  app.add_option("DIR", folder, "a folder with goldens/cases.json, or one of recorded renders")
      ->required();
  app.add_option("--model", model, "the diffusers folder that recorded renders were made with");
  std::string device = "cpu";
  app.add_option("--device", device, "where models compute: cpu or cuda:N")->capture_default_str();
  app.footer(
      "Exit status: 0 nothing failed and something passed (what is unsupported is listed), 1 a "
      "case "
      "failed, 2 wrong usage or an unreadable folder.");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  const bool cases = fs::is_directory(fs::path(folder) / "goldens");
  if (!fs::is_directory(folder) || (!cases && model.empty())) {
    std::fprintf(stderr, "weft-golden: %s: %s\n", folder.c_str(),
                 fs::is_directory(folder) ? "has no goldens/; recorded renders need --model"
                                          : "no such folder");
    return 2;
  }
  models::KeepFreedMemory();
  models::UseThreads(1);
  models::UseExactDeviceKernels();
  Report report;
  const Status status = models::AtTorchEdge([&]() -> Status {
    RunFolder(folder, model, at::Device(device), report);
    return {};
  });
  if (!status) {
    report.Fail(folder, status.error().message());
  }
  report.PrintSummary();
  return report.exit_code();
}

}  // namespace
}  // namespace weft::golden

int main(int argc, char** argv) {
  return weft::golden::Main(argc, argv);
}
