// Everything that can be said about a job, by flag or job file, and what follows from it.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/result.h"
#include "weft/v1/job.pb.h"

namespace weft::cli {

// Paths are absolute. What is absent is decided by the rest, see ResolveSpec() and WorkerCount().
struct JobOptions {
  // The job. job_fields.h says which fields belong to which kind.
  std::string input;  // Of a deflicker job: the stylized clip, or its key frames.
  std::string output;
  std::string model;
  std::string prompt;
  std::string negative;
  v1::JobKind kind = v1::JOB_KIND_RENDER;
  std::uint32_t steps = 20;
  double guidance = 7.5;
  double strength = 1.0;
  std::uint64_t seed = 0;
  std::optional<v1::Size> size;          // Absent: the source's.
  std::optional<v1::FrameRange> frames;  // Absent: all.
  std::vector<v1::Control> controls;
  std::string vae;        // Empty: the model's own.
  std::string tokenizer;  // Empty: the model's own.
  std::vector<v1::Lora> loras;
  std::vector<std::string> embeddings;
  std::uint32_t clip_skip = 0;
  v1::Sampler sampler = v1::SAMPLER_DDIM;
  double eta = 0;
  v1::TimestepSpacing spacing = v1::TIMESTEP_SPACING_UNSPECIFIED;  // As the model's scheduler says.
  bool karras = false;
  bool guess_mode = false;
  std::optional<std::vector<std::uint32_t>> smooth_steps;  // Absent: every fifth; none unless ddim.
  // 4 of a render, 12 of a deflicker job, 1 where that takes key frames.
  std::optional<std::uint32_t> window;
  std::uint32_t chunk = 16;
  std::uint32_t anchor_spacing = 16;
  std::optional<std::vector<std::uint32_t>> anchor_frames;  // Absent: as anchor_spacing says.
  v1::Attention attention;  // Unspecified: anchors. in_controlnets is not read here.
  bool controlnets_attend = false;
  std::optional<std::uint32_t> anchors;  // Absent: 3, where frames attend to anchors.
  // Another job of the farm whose anchors are attended to; empty: its own. Only where jobs are
  // handed in: the specification has a file instead.
  std::string look_job;
  std::string look;               // Another job's anchors. Empty: its own.
  std::string save_look;          // Where they are kept. Empty: nowhere.
  std::uint32_t round_steps = 0;  // Of joint attention; 0: the plan chooses.
  v1::Exchange exchange = v1::EXCHANGE_HALO;
  std::optional<std::uint32_t> overlap;  // Absent: 2, where chunks exchange nothing.
  double contrast = 1.0;
  double sharpness = 1.0;
  bool final_pass = true;
  bool steady_colours = false;
  bool lossless = false;
  bool high_bit_depth = false;  // Of a deflicker job.
  bool previews = true;
  bool seams = true;                         // The seam report.
  std::optional<std::uint32_t> seam_checks;  // Absent: 1, where there is a report.
  std::optional<std::uint32_t> gop;          // Absent: 120, of H.264.
  std::uint32_t verify = 0;

  // A deflicker job.
  std::string guide;  // Empty: none.
  v1::SmoothingMode mode = v1::SMOOTHING_MODE_ROBUST;
  bool align = false;
  std::optional<std::vector<std::uint32_t>> key_frames;  // Absent: 0 of propagate, else needed.
  std::optional<std::uint32_t> guide_weight;             // Absent: the engine's own.
  std::optional<std::uint32_t> patch;                    // Absent: the engine's own.

  // Where it is computed.
  std::string device = "cpu";  // Or "cuda:N".
  v1::DataType data_type = v1::DATA_TYPE_FLOAT32;
  std::optional<std::uint32_t> micro_batch;  // 0: the probe chooses. Absent: 1 on cpu, 0 on cuda.
  bool any_class = false;                    // Workers of different numeric classes.
  std::optional<std::uint32_t> workers;      // Absent: one a core on cpu, one on cuda.

  // How it is run.
  std::string state;  // Empty: the output's path and ".weft".
  bool keep = false;
  bool json = false;
  std::string log_level = "info";  // "debug", "info", "warning" or "error".
};

// The specification with every field decided.
// kInvalidArgument: input, output or (for a render) model and prompt are missing, or fields
// contradict each other; says which.
Result<v1::JobSpec> ResolveSpec(const JobOptions& options);

// A plan writes no file and reads no text, so it needs neither output nor prompt.
Result<v1::JobSpec> ResolvePlanSpec(const JobOptions& options);

// How many workers to start. core_count: of this machine, at least 1.
std::uint32_t WorkerCount(const JobOptions& options, std::uint32_t core_count);

// Where the job's state lies.
std::string StatePath(const JobOptions& options);

}  // namespace weft::cli
