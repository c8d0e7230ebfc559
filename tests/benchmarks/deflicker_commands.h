// The subcommands of weft-bench that measure the deflicker and its parts.

#pragma once

#include <optional>
#include <string>

#include <CLI/CLI.hpp>

#include "tests/benchmarks/deflicker_clip.h"
#include "tests/benchmarks/moving_pair.h"
#include "tests/benchmarks/patchmatch.h"

namespace weft::bench {

class DeflickerCommands {
 public:
  // Adds patchmatch, pair and deflicker to `app`, which then refers to this object.
  explicit DeflickerCommands(CLI::App* app);
  DeflickerCommands(const DeflickerCommands&) = delete;
  DeflickerCommands& operator=(const DeflickerCommands&) = delete;
  ~DeflickerCommands() = default;

  // Runs the one that was parsed: a line of JSON for standard output, or nothing for it to say.
  // None where it was another subcommand.
  [[nodiscard]] std::optional<Result<std::string>> Run() const;

 private:
  struct PairOrder {
    std::string photo_path;
    std::string folder = ".";
    std::string size = "256";
    PairMotion motion = PairMotion::kVideo;
  };

  void DeclarePatchMatch(CLI::App* command);
  void DeclarePair(CLI::App* command);
  void DeclareDeflicker(CLI::App* command);
  [[nodiscard]] Result<std::string> RunPatchMatch() const;
  [[nodiscard]] Result<std::string> RunPair() const;
  [[nodiscard]] Result<std::string> RunDeflicker() const;

  CLI::App* patchmatch_;
  CLI::App* pair_;
  CLI::App* deflicker_;
  PatchMatchOrder patchmatch_order_;
  PairOrder pair_order_;
  DeflickerOrder deflicker_order_;
};

}  // namespace weft::bench
