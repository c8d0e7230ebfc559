#include "coordinator/cli/plan_report.h"

#include <algorithm>
#include <cstdio>
#include <map>

#include <nlohmann/json.hpp>

#include "common/plan/statistics.h"
#include "coordinator/cli/job_fields.h"
#include "coordinator/cli/progress.h"
#include "coordinator/cli/text_table.h"
#include "coordinator/core/clip_check.h"

namespace weft::cli {
namespace {

using coordinator::PlannedTask;
using Rows = std::vector<std::vector<std::string>>;

constexpr std::size_t kChunksListedMax = 24;

struct StageSum {
  std::uint64_t tasks = 0;
  std::uint64_t bytes = 0;
  double seconds = 0;
};

using StageSums = std::map<Stage, StageSum, StageOrder>;

StageSums SumStages(const PlanReport& report) {
  StageSums sums;
  for (std::size_t i = 0; i < report.plan.tasks.size(); ++i) {
    const PlannedTask& task = report.plan.tasks[i];
    StageSum& sum = sums[task.place.stage];
    ++sum.tasks;
    sum.seconds += report.task_seconds.empty() ? 0 : report.task_seconds[i];
    for (const coordinator::PlannedOutput& output : task.outputs) {
      sum.bytes += output.bytes;
    }
  }
  return sums;
}

StageSum Total(const StageSums& stages) {
  StageSum total;
  for (const auto& [stage, sum] : stages) {
    total.tasks += sum.tasks;
    total.bytes += sum.bytes;
    total.seconds += sum.seconds;
  }
  return total;
}

// Of every chunk, the widest run of frames that one of its tasks reads.
std::vector<FrameRange> Halos(const coordinator::JobPlan& plan) {
  std::vector<FrameRange> halos = plan.chunks;
  for (const PlannedTask& task : plan.tasks) {
    const bool finishes = task.place.stage == Stage::kFinish && task.place.round != kSceneRound;
    if (!task.checks_seam && (task.place.stage == Stage::kDenoise || finishes)) {
      FrameRange& halo = halos[task.place.chunk];
      halo = {std::min(halo.begin, task.halo.begin), std::max(halo.end, task.halo.end)};
    }
  }
  return halos;
}

// Frames that are made a second time for the seam report.
std::vector<FrameRange> MadeAgain(const PlanReport& report) {
  const bool apart = report.spec.exchange() == v1::EXCHANGE_NONE;
  std::vector<FrameRange> frames;
  for (const PlannedTask& task : report.plan.tasks) {
    if (task.checks_seam && task.place.stage == Stage::kFinish && task.place.round == 0) {
      frames.push_back(apart ? task.halo : task.core);
    }
  }
  return frames;
}

std::string Text(FrameRange frames) {
  return std::to_string(frames.begin) + ":" + std::to_string(frames.end);
}

std::string Text(const v1::Size& size) {
  return std::to_string(size.width()) + "x" + std::to_string(size.height());
}

std::string Bytes(std::uint64_t count) {
  constexpr double kStep = 1024;
  const char* const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  auto value = static_cast<double>(count);
  std::size_t unit = 0;
  while (value >= kStep && unit + 1 < std::size(units)) {
    value /= kStep;
    ++unit;
  }
  char text[32];
  std::snprintf(text, sizeof(text), unit == 0 ? "%.0f %s" : "%.1f %s", value, units[unit]);
  return text;
}

std::string Steps(const Round& round) {
  if (round.first_step == round.last_step) {
    return "-";
  }
  const std::string first = std::to_string(round.first_step);
  const std::uint32_t last = round.last_step - 1;
  return last == round.first_step ? first : first + "-" + std::to_string(last);
}

std::string Maybe(const std::optional<std::uint32_t>& step) {
  return step ? std::to_string(*step) : "-";
}

bool IsDeflicker(const PlanReport& report) {
  return report.spec.kind() == v1::JOB_KIND_DEFLICKER;
}

std::string Sizes(const PlanReport& report) {
  const v1::Clip& clip = report.clip;
  if (IsDeflicker(report)) {
    if (!report.spec.keys_path().empty()) {
      return Text(clip.size()) + ", " + std::to_string(report.spec.key_frames_size()) +
             " key frame" + (report.spec.key_frames_size() == 1 ? "" : "s") + " from " +
             report.spec.keys_path();
    }
    const std::string& guide = report.spec.guide_path();
    return Text(clip.size()) + ", " + (guide.empty() ? "no guide" : "guided by " + guide);
  }
  return Text(clip.source_size()) + " to " + Text(clip.size()) + " (the model sees " +
         Text(clip.padded_size()) + ")";
}

std::string Heading(const PlanReport& report) {
  const v1::Clip& clip = report.clip;
  const v1::Rational& rate = clip.frame_rate();
  char rate_text[32];
  std::snprintf(rate_text, sizeof(rate_text), "%.3g",
                static_cast<double>(rate.numerator()) /
                    static_cast<double>(std::max<std::int64_t>(1, rate.denominator())));
  std::string text = report.spec.input_path() + "\n  " + std::to_string(clip.frame_count()) +
                     " frames from frame " + std::to_string(clip.first_frame()) + ", " + rate_text +
                     " frames/s" + (clip.variable_frame_rate() ? " on average" : "") + ", " +
                     std::to_string(clip.scene_starts_size()) +
                     (clip.scene_starts_size() == 1 ? " scene" : " scenes") + "\n  " +
                     Sizes(report);
  if (!report.plan.anchors.empty()) {
    text += ", " + std::to_string(report.plan.anchors.size()) + " anchors";
  }
  const std::string lost = coordinator::BitsLost(report.spec, clip);
  return text + (lost.empty() ? "" : "\n  " + lost) + "\n";
}

std::string ChunkTable(const PlanReport& report) {
  const std::vector<FrameRange>& chunks = report.plan.chunks;
  const std::vector<FrameRange> halos = Halos(report.plan);
  Rows rows = {{"chunk", "core", "halo"}};
  for (std::size_t i = 0; i < std::min(chunks.size(), kChunksListedMax); ++i) {
    rows.push_back({std::to_string(i), Text(chunks[i]), Text(halos[i])});
  }
  const bool approximate = report.spec.exchange() == v1::EXCHANGE_NONE;
  const bool begins_later = report.clip.first_frame() > 0;
  std::string text = "\nChunks: " + std::to_string(chunks.size()) +
                     (approximate ? ", which exchange nothing and fade over: approximate" : "") +
                     (begins_later ? "; frames are counted from the job's first" : "") + "\n" +
                     TextTable(rows, 2);
  if (chunks.size() > kChunksListedMax) {
    text += "  and " + std::to_string(chunks.size() - kChunksListedMax) + " more\n";
  }
  const std::vector<FrameRange> again = MadeAgain(report);
  for (const FrameRange frames : again) {
    text.append(frames == again.front() ? "Seam checks: " : ", ").append(Text(frames));
  }
  return again.empty() ? text : text + " made again, without a border\n";
}

std::string RoundTable(const PlanReport& report) {
  if (report.plan.rounds.empty()) {
    return "";
  }
  Rows rows = {{"round", "smooths step", "runs steps", "predicts step"}};
  for (std::size_t i = 0; i < report.plan.rounds.size(); ++i) {
    const Round& round = report.plan.rounds[i];
    rows.push_back(
        {std::to_string(i), Maybe(round.smooth_step), Steps(round), Maybe(round.predict_step)});
  }
  return "\nRounds: " + std::to_string(report.plan.rounds.size()) + " of " +
         std::to_string(report.spec.steps()) + " steps\n" + TextTable(rows, 2);
}

// Text of a figure such as "3.21e+12".
std::string Figure(double value) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.3g", value);
  return text;
}

std::string ExchangeTable(const PlanReport& report) {
  if (!report.exchange) {
    return "";
  }
  Rows rows = {{"exchange", "steps a round", "frames through the UNet", "GFLOP", "bytes moved",
                "time (estimate)"}};
  const auto add = [&](const char* name, const coordinator::ExchangeCost& cost) {
    rows.push_back({name, std::to_string(cost.round_steps), Figure(cost.frame_passes),
                    Figure(2 * cost.multiply_adds / 1e9),
                    Bytes(static_cast<std::uint64_t>(cost.bytes)), FormatSeconds(cost.seconds)});
  };
  add("every step", report.exchange->every_step);
  if (report.exchange->deep.round_steps > 1) {
    add("deep halos", report.exchange->deep);
  }
  const std::uint32_t asked = report.spec.round_steps();
  const std::string what =
      asked > 0 ? "rounds of " + std::to_string(asked) + " steps, as the job asks; else " : "";
  return "\nExchange: " + what + Reason(*report.exchange) + "\n" + TextTable(rows, 2) +
         "  Of the model's rounds alone, with " + std::to_string(report.workers) +
         (report.workers == 1 ? " worker, " : " workers, ") +
         Figure(report.exchange->rates.bytes_per_second / 1e6) + " MB/s and " +
         Figure(report.exchange->rates.task_seconds * 1000) + " ms a task.\n";
}

std::string StageTable(const PlanReport& report) {
  Rows rows = {{"stage", "tasks", "bytes stored", "work (estimate)"}};
  const auto add = [&](const std::string& name, const StageSum& sum) {
    rows.push_back({name, std::to_string(sum.tasks), Bytes(sum.bytes),
                    report.wall_seconds ? FormatSeconds(sum.seconds) : "-"});
  };
  const StageSums stages = SumStages(report);
  for (const auto& [stage, sum] : stages) {
    add(Name(stage), sum);
  }
  add("all", Total(stages));
  return "\nTasks\n" + TextTable(rows, 2);
}

// What the rates of the estimate are.
std::string Basis(const PlanReport& report) {
  char model[80] = "";
  if (!IsDeflicker(report)) {
    std::snprintf(model, sizeof(model), "%.3g GFLOP/s for the model and ",
                  2 * report.rates.multiply_adds_per_second / 1e9);
  }
  char matching[80];
  std::snprintf(matching, sizeof(matching), "%.3g Mpixel/s for PatchMatch",
                report.rates.remapped_pixels_per_second / 1e6);
  return std::string(model) + matching;
}

std::string TimeLine(const PlanReport& report) {
  if (!report.wall_seconds) {
    return "\nTime: not estimated; the speed of this mode is not known beforehand.\n";
  }
  return "\nTime: about " + FormatSeconds(*report.wall_seconds) + " with " +
         std::to_string(report.workers) + (report.workers == 1 ? " worker" : " workers") +
         (IsDeflicker(report) ? "" : " on " + report.spec.device()) +
         "\n  An estimate: it takes each worker for " + Basis(report) +
         ";\n  no machine was measured.\n";
}

nlohmann::ordered_json Pair(FrameRange frames) {
  return {frames.begin, frames.end};
}

nlohmann::ordered_json Pair(const v1::Size& size) {
  return {size.width(), size.height()};
}

nlohmann::ordered_json Step(const std::optional<std::uint32_t>& step) {
  return step ? nlohmann::ordered_json(*step) : nlohmann::ordered_json();
}

nlohmann::ordered_json ClipObject(const v1::Clip& clip) {
  return {{"frames", clip.frame_count()},
          {"first_frame", clip.first_frame()},
          {"source_size", Pair(clip.source_size())},
          {"size", Pair(clip.size())},
          {"padded_size", Pair(clip.padded_size())},
          {"frame_rate", {clip.frame_rate().numerator(), clip.frame_rate().denominator()}},
          {"variable_frame_rate", clip.variable_frame_rate()},
          {"seconds", clip.duration_seconds()},
          {"audio", clip.has_audio()},
          {"bits", clip.bits()},
          {"scene_starts",
           std::vector<std::uint32_t>(clip.scene_starts().begin(), clip.scene_starts().end())}};
}

nlohmann::ordered_json CostObject(const coordinator::ExchangeCost& cost) {
  return {{"round_steps", cost.round_steps},
          {"rounds", cost.rounds},
          {"frame_passes", cost.frame_passes},
          {"multiply_adds", cost.multiply_adds},
          {"bytes", cost.bytes},
          {"seconds", cost.seconds}};
}

// null where chunks exchange nothing within a round.
nlohmann::ordered_json ExchangeObject(const PlanReport& report) {
  if (!report.exchange) {
    return nullptr;
  }
  const coordinator::ExchangeChoice& choice = *report.exchange;
  nlohmann::ordered_json json = {
      {"every_step", CostObject(choice.every_step)},
      {"deep_halos", nullptr},
      {"chosen_round_steps", choice.chosen().round_steps},
      {"asked_round_steps", nullptr},
      {"reason", Reason(choice)},
      {"bytes_per_second", choice.rates.bytes_per_second},
      {"task_seconds", choice.rates.task_seconds},
      {"multiply_adds_per_second", choice.rates.multiply_adds_per_second}};
  if (choice.deep.round_steps > 1) {
    json["deep_halos"] = CostObject(choice.deep);
  }
  if (report.spec.round_steps() > 0) {
    json["asked_round_steps"] = report.spec.round_steps();
  }
  return json;
}

// null where nothing is estimated.
nlohmann::ordered_json Estimate(const PlanReport& report) {
  if (!report.wall_seconds) {
    return nullptr;
  }
  return {{"seconds", *report.wall_seconds},
          {"workers", report.workers},
          {"multiply_adds_per_second", report.rates.multiply_adds_per_second},
          {"remapped_pixels_per_second", report.rates.remapped_pixels_per_second}};
}

}  // namespace

std::string PlanText(const PlanReport& report) {
  return Heading(report) + ChunkTable(report) + RoundTable(report) + ExchangeTable(report) +
         StageTable(report) + TimeLine(report);
}

std::string PlanJson(const PlanReport& report) {
  nlohmann::ordered_json json = {{"kind", JobKindName(report.spec.kind())},
                                 {"input", report.spec.input_path()},
                                 {"clip", ClipObject(report.clip)},
                                 {"anchors", report.plan.anchors},
                                 {"approximate", report.spec.exchange() == v1::EXCHANGE_NONE}};
  const std::vector<FrameRange> halos = Halos(report.plan);
  json["chunks"] = nlohmann::ordered_json::array();
  for (std::size_t i = 0; i < halos.size(); ++i) {
    json["chunks"].push_back({{"core", Pair(report.plan.chunks[i])}, {"halo", Pair(halos[i])}});
  }
  json["seam_checks"] = nlohmann::ordered_json::array();
  for (const FrameRange frames : MadeAgain(report)) {
    json["seam_checks"].push_back(Pair(frames));
  }
  json["rounds"] = nlohmann::ordered_json::array();
  for (const Round& round : report.plan.rounds) {
    const bool runs = round.first_step < round.last_step;  // Which is the step behind.
    json["rounds"].push_back(
        {{"smooth_step", Step(round.smooth_step)},
         {"first_step", Step(runs ? std::optional(round.first_step) : std::nullopt)},
         {"last_step", Step(runs ? std::optional(round.last_step - 1) : std::nullopt)},
         {"predict_step", Step(round.predict_step)}});
  }
  json["exchange"] = ExchangeObject(report);
  const StageSums stages = SumStages(report);
  json["stages"] = nlohmann::ordered_json::array();
  for (const auto& [stage, sum] : stages) {
    json["stages"].push_back({{"stage", Name(stage)}, {"tasks", sum.tasks}, {"bytes", sum.bytes}});
    if (report.wall_seconds) {
      json["stages"].back()["estimated_work_seconds"] = sum.seconds;
    }
  }
  json["tasks"] = Total(stages).tasks;
  json["bytes_stored"] = Total(stages).bytes;
  json["estimate"] = Estimate(report);
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace weft::cli
