// weft-bench-film: how long a film would take on many workers. Prints a line of JSON for each
// number of workers.

#include <cstdint>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "common/plan/probe_parts.h"
#include "tests/benchmarks/film/measured_rates.h"
#include "tests/benchmarks/film/simulate_film.h"

namespace weft::bench {
namespace {

constexpr std::uint32_t kFramesASecond = 24;

constexpr std::uint32_t kWindow = 4;

constexpr std::uint32_t kKeyFrameSpacing = 250;  // As x264 has it where nothing is cut.

// The defaults of `weft render`, with or without a control; the default size of the demo.
v1::JobSpec FilmSpec(std::uint32_t chunk, std::uint32_t anchor_spacing, bool has_control) {
  v1::JobSpec spec;
  spec.set_input_path("/film.mp4");
  spec.set_output_path("/out.mp4");
  spec.set_model_path("/model");
  spec.set_prompt("a film");
  spec.set_steps(20);
  spec.set_guidance(7.5);
  spec.set_strength(1);
  for (const std::uint32_t step : {4U, 9U, 14U, 19U}) {
    spec.add_smooth_steps(step);
  }
  spec.set_window(kWindow);
  spec.set_final_pass(true);
  spec.set_contrast(1);
  spec.set_sharpness(1);
  spec.set_chunk_frames(chunk);
  spec.set_group_frames(120);
  spec.set_anchor_spacing(anchor_spacing);
  spec.set_anchors_attended(3);
  if (has_control) {
    v1::Control& control = *spec.add_controls();
    control.set_kind(v1::CONTROL_KIND_SOFT_EDGE);
    control.set_scale(1);
    control.set_end(1);
  }
  spec.set_sampler(v1::SAMPLER_DDIM);
  spec.set_data_type(v1::DATA_TYPE_FLOAT32);
  spec.set_device("cpu");
  spec.set_micro_batch(1);
  return spec;
}

v1::Clip FilmClip(std::uint32_t frames, std::uint32_t scene_frames) {
  v1::Clip clip;
  clip.set_frame_count(frames);
  for (v1::Size* size :
       {clip.mutable_source_size(), clip.mutable_size(), clip.mutable_padded_size()}) {
    size->set_width(320);
    size->set_height(180);
  }
  clip.set_vae_factor(4);
  clip.set_micro_batch(1);
  clip.mutable_frame_rate()->set_numerator(kFramesASecond);
  clip.mutable_frame_rate()->set_denominator(1);
  for (std::uint32_t start = 0; start < frames; start += scene_frames) {
    clip.add_scene_starts(start);
  }
  std::vector<std::uint32_t> key_frames;
  for (std::uint32_t frame = 0; frame < frames; frame += kKeyFrameSpacing) {
    key_frames.push_back(frame);
  }
  const std::vector<std::uint32_t> parts = ProbeParts(frames, key_frames);
  clip.mutable_part_starts()->Assign(parts.begin(), parts.end());
  return clip;
}

struct Words {
  double minutes = 120;
  std::uint32_t chunk = 16;
  std::uint32_t anchor_spacing = 16;
  std::uint32_t scene_seconds = 5;
  std::vector<std::uint32_t> workers = {1, 2, 5, 10, 20, 50, 100, 200, 500, 1000};
  std::string measured;  // A file; empty: the rates are those of the order.
  FilmOrder order;
};

Result<StageRates> MeasuredRates(const Words& words) {
  std::ifstream file(words.measured);
  std::ostringstream lines;
  if (!file || !(lines << file.rdbuf())) {
    return Failure(ErrorCode::kInvalidArgument, "cannot be read");
  }
  return RatesFrom(lines.str(), kWindow);
}

int Run(const Words& words) {
  FilmOrder order = words.order;
  if (!words.measured.empty()) {
    const auto rates = MeasuredRates(words);
    if (!rates) {
      std::fprintf(stderr, "weft-bench-film: %s: %s\n", words.measured.c_str(),
                   rates.error().message().c_str());
      return 3;
    }
    order.rates = *rates;
  }
  const auto frames = static_cast<std::uint32_t>(words.minutes * 60 * kFramesASecond);
  order.spec = FilmSpec(words.chunk, words.anchor_spacing, words.measured.empty());
  order.clip = FilmClip(frames, words.scene_seconds * kFramesASecond);
  for (const std::uint32_t workers : words.workers) {
    order.workers = workers;
    const auto figures = SimulateFilm(order);
    if (!figures) {
      std::fprintf(stderr, "weft-bench-film: %s\n", figures.error().message().c_str());
      return 3;
    }
    const double speedup = figures->work_seconds / figures->seconds;
    const nlohmann::ordered_json line = {{"part", "film"},
                                         {"rates", words.measured},
                                         {"frames", frames},
                                         {"chunk", words.chunk},
                                         {"workers", workers},
                                         {"tasks", figures->tasks},
                                         {"seconds", figures->seconds},
                                         {"work_seconds", figures->work_seconds},
                                         {"critical_seconds", figures->critical_seconds},
                                         {"speedup", speedup},
                                         {"efficiency", speedup / workers},
                                         {"message_bytes_max", figures->message_bytes_max},
                                         {"handle_us", figures->handle_us}};
    std::printf("%s\n", line.dump().c_str());
    std::fflush(stdout);
  }
  return 0;
}

void AddRates(CLI::App& app, StageRates& rates) {
  const auto add = [&](const char* name, double& value, const char* what) {
    app.add_option(name, value, what)->capture_default_str()->check(CLI::NonNegativeNumber);
  };
  add("--open", rates.open_frame, "Seconds of a frame: finding where it is in the film");
  add("--probe", rates.probe_frame, "Likewise: reading the film and finding its cuts");
  add("--annotate", rates.annotate_frame, "Likewise: its control map");
  add("--step", rates.step_frame, "Likewise: one step of the schedule, both sides");
  add("--smooth", rates.smooth_frame, "Likewise: smoothing between steps");
  add("--finish", rates.finish_frame, "Likewise: decoding, final pass");
  add("--encode", rates.encode_frame, "Likewise: encoding it");
  add("--assemble", rates.assemble_frame, "Likewise: copying its packet");
  add("--task", rates.task, "Seconds of any task besides");
}

int Main(int argc, char** argv) {
  Words words;
  words.order.rates = {.open_frame = 0.00001,
                       .probe_frame = 0.0015,
                       .annotate_frame = 0.005,
                       .step_frame = 0.12,
                       .smooth_frame = 0.6,
                       .finish_frame = 0.5,
                       .encode_frame = 0.01,
                       .assemble_frame = 0.0001,
                       .task = 0.02};
  CLI::App app(
      "Simulates a film on many workers with the coordinator's own planner and scheduler. Times "
      "of\n"
      "tasks are by default assumptions; --measured takes them from what weft-bench printed.\n",
      "weft-bench-film");
  app.add_option("--minutes", words.minutes, "Of the film, at 24 frames a second")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  app.add_option("--chunk", words.chunk, "Frames of a chunk")->capture_default_str();
  app.add_option("--anchor-spacing", words.anchor_spacing, "Frames from anchor to anchor")
      ->capture_default_str();
  app.add_option("--scene-seconds", words.scene_seconds, "From cut to cut")->capture_default_str();
  app.add_option("--workers", words.workers, "Numbers of workers")
      ->delimiter(',')
      ->capture_default_str();
  app.add_option("--spread", words.order.spread, "Standard deviation of task times, as a part")
      ->capture_default_str();
  app.add_option("--seed", words.order.seed, "Of the task times")->capture_default_str();
  app.add_option("--measured", words.measured,
                 "File with weft-bench's lines for step, vae and deflicker; see README.md")
      ->type_name("FILE");
  AddRates(app, words.order.rates);
  CLI11_PARSE(app, argc, argv);
  return Run(words);
}

}  // namespace
}  // namespace weft::bench

int main(int argc, char** argv) {
  return weft::bench::Main(argc, argv);
}
