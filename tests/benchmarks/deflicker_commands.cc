#include "tests/benchmarks/deflicker_commands.h"

#include <filesystem>
#include <iomanip>
#include <map>
#include <sstream>
#include <system_error>

#include <nlohmann/json.hpp>

#include "tests/benchmarks/flow_file.h"
#include "tests/benchmarks/picture_file.h"
#include "tests/benchmarks/picture_size.h"
#include "worker/deflicker/tile_field.h"

namespace weft::bench {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kThreadsMax = 1024;

std::map<std::string, Reference> References() {
  return {{"none", Reference::kNone}, {"barnes", Reference::kBarnes}, {"exact", Reference::kExact}};
}

std::map<std::string, PairMotion> Motions() {
  return {{"video", PairMotion::kVideo}, {"large", PairMotion::kLarge}};
}

template <typename Value>
std::string NameOf(const std::map<std::string, Value>& names, Value value) {
  for (const auto& [name, named] : names) {
    if (named == value) {
      return name;
    }
  }
  return {};
}

std::string Hex(std::uint64_t number) {
  std::ostringstream text;
  text << std::hex << std::setw(16) << std::setfill('0') << number;
  return text.str();
}

void AddScores(const std::string& prefix, const ClipScores& scores, Json* json) {
  (*json)[prefix + "psnr"] = scores.psnr;
  (*json)[prefix + "ssim"] = scores.ssim;
  (*json)[prefix + "ewarp"] = scores.ewarp;
  (*json)[prefix + "gflick"] = scores.gflick;
  (*json)[prefix + "sharpness"] = scores.sharpness;
  (*json)[prefix + "detail"] = scores.detail;
}

Status WritePair(const MovingPair& pair, const std::filesystem::path& folder) {
  std::error_code why;
  std::filesystem::create_directories(folder, why);
  if (why) {
    return Failure(ErrorCode::kPermissionDenied, folder.string() + ": " + why.message());
  }
  WEFT_RETURN_IF_ERROR(WritePicture(pair.target, (folder / "A.png").string()));
  WEFT_RETURN_IF_ERROR(WritePicture(pair.source, (folder / "B.png").string()));
  return WriteFlow(pair.flow, (folder / "flow.flo").string());
}

// Its last name, also where it ends in a slash.
std::string ClipName(const std::string& folder) {
  const std::filesystem::path path = std::filesystem::path(folder) / "";
  return path.parent_path().filename().string();
}

}  // namespace

DeflickerCommands::DeflickerCommands(CLI::App* app)
    : patchmatch_(app->add_subcommand("patchmatch", "the field between two pictures")),
      pair_(app->add_subcommand("pair", "make A.png, B.png and flow.flo for patchmatch")),
      deflicker_(app->add_subcommand("deflicker", "a clip whose truth is known")) {
  DeclarePatchMatch(patchmatch_);
  DeclarePair(pair_);
  DeclareDeflicker(deflicker_);
}

void DeflickerCommands::DeclarePatchMatch(CLI::App* command) {
  PatchMatchOrder& order = patchmatch_order_;
  command->add_option("A.png", order.target_path, "the target")->required();
  command->add_option("B.png", order.source_path, "the source, which is mapped onto it")
      ->required();
  command->add_option("--flow", order.flow_path, "true motion from A to B")->type_name("FLOW.flo");
  command->add_option("--patch", order.patch_size, "patch size, odd")
      ->check(CLI::Range(1, 63))
      ->capture_default_str();
  command->add_option("--reference", order.reference, "none, barnes or exact [none]")
      ->transform(CLI::CheckedTransformer(References()).description(""));
  command->add_option("--threads", order.threads, "of the engine; a reference has one")
      ->check(CLI::Range(1, kThreadsMax))
      ->capture_default_str();
  command->add_option("--cuda", order.cuda_device, "this GPU finds the engine's field")
      ->type_name("N")
      ->check(CLI::NonNegativeNumber);
  command
      ->add_option("--occurrence", order.occurrence_weight,
                   "what using the source unevenly costs, squared levels")
      ->check(CLI::Range(0, deflicker::kOccurrenceWeightMax))
      ->capture_default_str();
  command->add_option("--repeats", order.repeats, "times are the median of so many")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
}

void DeflickerCommands::DeclarePair(CLI::App* command) {
  command->add_option("PHOTO", pair_order_.photo_path, "a picture")->required();
  command->add_option("-o", pair_order_.folder, "where to write")
      ->type_name("DIR")
      ->capture_default_str();
  command->add_option("--size", pair_order_.size, "pixels, N or WxH")->capture_default_str();
  command->add_option("--motion", pair_order_.motion, "video or large [video]")
      ->transform(CLI::CheckedTransformer(Motions()).description(""));
}

void DeflickerCommands::DeclareDeflicker(CLI::App* command) {
  DeflickerOrder& order = deflicker_order_;
  command->add_option("CLIPDIR", order.folder, "clean.mkv, flicker.mkv, gtflow.npz, guide.mkv")
      ->required();
  command->add_option("--mode", order.mode, "the engine's")->capture_default_str();
  command->add_option("--window", order.window, "neighbours on each side")
      ->check(CLI::Range(0, 1000))
      ->capture_default_str();
  command->add_option("--threads", order.threads, "of the engine")
      ->check(CLI::Range(1, kThreadsMax))
      ->capture_default_str();
}

std::optional<Result<std::string>> DeflickerCommands::Run() const {
  if (patchmatch_->parsed()) {
    return RunPatchMatch();
  }
  if (pair_->parsed()) {
    return RunPair();
  }
  if (deflicker_->parsed()) {
    return RunDeflicker();
  }
  return std::nullopt;
}

Result<std::string> DeflickerCommands::RunPatchMatch() const {
  const PatchMatchOrder& order = patchmatch_order_;
  WEFT_ASSIGN_OR_RETURN(const PatchMatchFigures figures, MeasurePatchMatch(order));
  Json json = {{"part", "patchmatch"},
               {"size", NameOf(figures.size)},
               {"patch", order.patch_size},
               {"threads", order.threads},
               {"ms", figures.engine.spent.cpu_ms},
               {"wall_ms", figures.engine.spent.wall_ms},
               {"remap_ms", figures.remap.cpu_ms},
               {"patch_mse", figures.engine.patch_mse},
               {"unused", figures.unused},
               {"field_hash", Hex(figures.field_hash)},
               {"remap_psnr", figures.remap_psnr}};
  if (figures.engine.endpoint_error) {
    json["epe"] = *figures.engine.endpoint_error;
  }
  if (figures.reference) {
    json["reference"] = NameOf(References(), order.reference);
    json["reference_ms"] = figures.reference->spent.cpu_ms;
    json["reference_patch_mse"] = figures.reference->patch_mse;
    if (figures.reference->endpoint_error) {
      json["reference_epe"] = *figures.reference->endpoint_error;
    }
    json["ratio_ms"] = figures.reference->spent.cpu_ms / figures.engine.spent.cpu_ms;
  }
  return json.dump();
}

Result<std::string> DeflickerCommands::RunPair() const {
  WEFT_ASSIGN_OR_RETURN(const Frame photo, ReadPicture(pair_order_.photo_path));
  WEFT_ASSIGN_OR_RETURN(const PictureSize size, ReadSize(pair_order_.size));
  WEFT_ASSIGN_OR_RETURN(const MovingPair pair, MakeMovingPair(photo, size, pair_order_.motion));
  WEFT_RETURN_IF_ERROR(WritePair(pair, pair_order_.folder));
  return std::string();
}

Result<std::string> DeflickerCommands::RunDeflicker() const {
  const DeflickerOrder& order = deflicker_order_;
  WEFT_ASSIGN_OR_RETURN(const DeflickerFigures figures, MeasureDeflicker(order));
  Json json = {{"part", "deflicker"},
               {"clip", ClipName(order.folder)},
               {"mode", order.mode},
               {"window", order.window},
               {"threads", order.threads},
               {"size", NameOf(figures.size)},
               {"frames", figures.frame_count},
               {"ms_per_frame", figures.spent.cpu_ms / figures.frame_count},
               {"wall_ms_per_frame", figures.spent.wall_ms / figures.frame_count}};
  AddScores("", figures.result, &json);
  AddScores("input_", figures.input, &json);
  return json.dump();
}

}  // namespace weft::bench
