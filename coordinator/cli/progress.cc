#include "coordinator/cli/progress.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include <nlohmann/json.hpp>

#include "common/ids.h"

namespace weft::cli {
namespace {

constexpr int kBarWidthMax = 40;
constexpr int kBarWidthMin = 4;
constexpr double kPercent = 100;

std::string StageName(v1::Stage stage) {
  return Name(static_cast<Stage>(stage));
}

int Percent(const v1::JobStatus& status) {
  const double fraction = std::clamp(status.fraction(), 0.0, 1.0);
  const int percent = static_cast<int>(fraction * 100);
  // 100 % is for jobs that are done.
  return status.state() == v1::JOB_STATE_DONE ? 100 : std::min(percent, 99);
}

std::string Count(std::uint32_t count, const std::string& one) {
  return std::to_string(count) + " " + one + (count == 1 ? "" : "s");
}

std::string Text(const char* format, double value) {
  char text[64];
  std::snprintf(text, sizeof(text), format, value);
  return text;
}

nlohmann::ordered_json SeamFacts(const v1::SeamFigures& seams) {
  nlohmann::ordered_json facts = {{"chunks", seams.chunks()},
                                  {"borders", seams.borders()},
                                  {"border", seams.border()},
                                  {"interior", seams.interior()}};
  if (seams.has_step()) {
    facts["step"] = seams.step();
  }
  if (seams.has_step_error()) {
    facts["step_error"] = seams.step_error();
  }
  if (seams.checks() > 0) {
    facts["checks"] = seams.checks();
    facts["checks_equal"] = seams.checks_equal();
  }
  if (seams.has_seam()) {
    facts["seam"] = seams.seam();
  }
  if (seams.approximate()) {
    facts["approximate"] = true;
  }
  if (!seams.unmeasured().empty()) {
    facts["unmeasured"] = seams.unmeasured();
  }
  return facts;
}

// The stage that the job is at. A probe in parts is all there is to see for minutes, as nobody
// knows a clip's work before.
std::string StageWords(const v1::JobStatus& status) {
  std::string words = CurrentStage(status);
  const auto probe =
      std::find_if(status.stages().begin(), status.stages().end(),
                   [](const v1::StageProgress& stage) { return stage.stage() == v1::STAGE_PROBE; });
  if (probe != status.stages().end() && words == StageName(v1::STAGE_PROBE) &&
      probe->tasks_total() > 1) {
    words += " " + std::to_string(probe->tasks_done()) + " of " +
             std::to_string(probe->tasks_total()) + ",";
  }
  return words.empty() ? "start" : words;
}

std::string Dump(const nlohmann::ordered_json& event) {
  // Prompts and paths may hold any bytes; an event must be valid all the same.
  return event.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

std::string FormatSeconds(double seconds) {
  const auto whole = static_cast<std::uint64_t>(std::max(0.0, std::round(seconds)));
  const std::uint64_t hours = whole / 3600;
  const auto minutes = static_cast<unsigned>(whole / 60 % 60);
  const auto rest = static_cast<unsigned>(whole % 60);
  char text[48];
  if (hours > 0) {
    std::snprintf(text, sizeof(text), "%llu:%02u:%02u", static_cast<unsigned long long>(hours),
                  minutes, rest);
  } else {
    std::snprintf(text, sizeof(text), "%u:%02u", minutes, rest);
  }
  return text;
}

std::string CurrentStage(const v1::JobStatus& status) {
  for (const v1::StageProgress& stage : status.stages()) {
    if (stage.tasks_running() > 0) {
      return StageName(stage.stage());
    }
  }
  for (const v1::StageProgress& stage : status.stages()) {
    if (stage.tasks_done() < stage.tasks_total()) {
      return StageName(stage.stage());
    }
  }
  return status.stages().empty() ? "" : StageName(status.stages().rbegin()->stage());
}

std::string BarLine(const v1::JobStatus& status, int width) {
  const int percent = Percent(status);
  const std::string before = StageWords(status) + " [";
  std::string after = "] " + std::to_string(percent) + "%";
  if (status.frames_total() > 0) {
    after += "  " + std::to_string(status.frames_done()) + "/" +
             std::to_string(status.frames_total()) + " frames";
  }
  if (status.has_eta_seconds()) {
    after += "  " + FormatSeconds(status.eta_seconds()) + " left";
  }
  after += "  " + Count(status.workers(), "worker");

  const int room = width - static_cast<int>(before.size() + after.size());
  const int bar = std::clamp(room, kBarWidthMin, kBarWidthMax);
  const int filled = bar * percent / 100;
  std::string line = before + std::string(static_cast<std::size_t>(filled), '#') +
                     std::string(static_cast<std::size_t>(bar - filled), '-') + after;
  line.resize(std::min(line.size(), static_cast<std::size_t>(std::max(width, 0))));
  return line;
}

std::string PlainLine(const v1::JobStatus& status) {
  std::string line = StageWords(status) + " " + std::to_string(Percent(status)) + "%";
  if (status.frames_total() > 0) {
    line += ", " + std::to_string(status.frames_done()) + " of " +
            std::to_string(status.frames_total()) + " frames done";
  }
  if (status.has_eta_seconds()) {
    line += ", about " + FormatSeconds(status.eta_seconds()) + " left";
  }
  return line + ", " + Count(status.workers(), "worker");
}

std::string OutcomeLine(const Outcome& outcome) {
  char rate[32];
  std::snprintf(rate, sizeof(rate), "%.2f",
                outcome.seconds > 0 ? outcome.frames / outcome.seconds : 0.0);
  return outcome.output + ": " + Count(outcome.frames, "frame") + " in " +
         FormatSeconds(outcome.seconds) + ", " + rate + " frames/s";
}

// What was found where frames were made again without a border.
std::string CheckWords(const v1::SeamFigures& seams) {
  if (seams.checks() == 0) {
    return "";
  }
  return std::to_string(seams.checks_equal()) + " of " + Count(seams.checks(), "checked border") +
         " equal to the same frames made without one" +
         (seams.has_seam() ? Text(" (%+.1f %%)", seams.seam() * kPercent) : "") + "; ";
}

std::string SeamLine(const Outcome& outcome) {
  const v1::SeamFigures& seams = *outcome.seams;
  if (!seams.unmeasured().empty()) {
    return "seams: " + CheckWords(seams) + "not measured: " + seams.unmeasured();
  }
  if (seams.borders() == 0) {
    return std::string("seams: ") +
           (seams.chunks() > 1 ? "every border is a scene cut" : "one chunk, no border") +
           Text("; %.2f levels from frame to frame", seams.interior());
  }
  std::string line = "seams: " + CheckWords(seams) + Text("%.2f", seams.border()) + " levels at " +
                     Count(seams.borders(), "border") + Text(", %.2f inside", seams.interior());
  if (seams.has_step()) {
    line += Text("; %+.1f %%", seams.step() * kPercent);
    if (seams.has_step_error()) {
      line += Text(" (give or take %.1f %%)", seams.step_error() * kPercent);
    }
    line += " against what is beside them";
  }
  if (seams.approximate()) {
    line += "; approximate: the chunks exchanged nothing";
  }
  return line;
}

std::string ProgressEvent(const v1::JobStatus& status) {
  nlohmann::ordered_json event = {{"event", "progress"},
                                  {"stage", CurrentStage(status)},
                                  {"fraction", status.fraction()},
                                  {"frames_done", status.frames_done()},
                                  {"frames_total", status.frames_total()}};
  if (status.has_eta_seconds()) {
    event["eta_seconds"] = status.eta_seconds();
  }
  event["workers"] = status.workers();
  event["workers_busy"] = status.workers_busy();
  event["stages"] = nlohmann::ordered_json::array();
  for (const v1::StageProgress& stage : status.stages()) {
    event["stages"].push_back({{"stage", StageName(stage.stage())},
                               {"tasks_done", stage.tasks_done()},
                               {"tasks_running", stage.tasks_running()},
                               {"tasks_total", stage.tasks_total()}});
  }
  return event.dump();
}

std::string NoteEvent(const std::string& text) {
  return Dump({{"event", "note"}, {"text", text}});
}

std::string DoneEvent(const Outcome& outcome) {
  nlohmann::ordered_json event = {
      {"event", "done"},
      {"output", outcome.output},
      {"frames", outcome.frames},
      {"seconds", outcome.seconds},
      {"frames_per_second", outcome.seconds > 0 ? outcome.frames / outcome.seconds : 0.0}};
  if (outcome.seams) {
    event["seams"] = SeamFacts(*outcome.seams);
  }
  return Dump(event);
}

std::string FailedEvent(const Error& error, ExitCode code) {
  return Dump({{"event", "failed"},
               {"code", std::string(Name(error.code()))},
               {"message", error.message()},
               {"exit_code", static_cast<int>(code)}});
}

}  // namespace weft::cli
