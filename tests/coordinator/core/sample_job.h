// Jobs that pass every check, to be varied by tests.

#pragma once

#include "common/ids.h"
#include "weft/v1/job.pb.h"
#include "weft/v1/task.pb.h"

namespace weft::coordinator {

inline v1::JobSpec SampleSpec() {
  v1::JobSpec spec;
  spec.set_input_path("/in.mp4");
  spec.set_output_path("/out.mp4");
  spec.set_model_path("/model");
  spec.set_prompt("neon");
  spec.set_steps(10);
  spec.set_guidance(7.5);
  spec.set_strength(1);
  spec.add_smooth_steps(4);
  spec.add_smooth_steps(9);
  spec.set_window(2);
  spec.set_final_pass(true);
  spec.set_contrast(1);
  spec.set_sharpness(1);
  spec.set_chunk_frames(8);
  spec.set_anchor_spacing(10);
  spec.set_anchors_attended(2);
  v1::Control& control = *spec.add_controls();
  control.set_kind(v1::CONTROL_KIND_SOFT_EDGE);
  control.set_scale(1);
  control.set_end(1);
  spec.set_sampler(v1::SAMPLER_DDIM);
  spec.set_data_type(v1::DATA_TYPE_FLOAT32);
  spec.set_device("cpu");
  spec.set_micro_batch(1);
  return spec;
}

inline v1::JobSpec SampleDeflicker() {
  v1::JobSpec spec;
  spec.set_kind(v1::JOB_KIND_DEFLICKER);
  spec.set_input_path("/style.mp4");
  spec.set_guide_path("/guide.mp4");
  spec.set_output_path("/out.mp4");
  spec.set_smoothing_mode(v1::SMOOTHING_MODE_ROBUST);
  spec.set_window(2);
  spec.set_chunk_frames(8);
  return spec;
}

// One scene.
inline v1::Clip SampleClip(std::uint32_t frame_count) {
  v1::Clip clip;
  clip.set_frame_count(frame_count);
  for (v1::Size* size :
       {clip.mutable_source_size(), clip.mutable_size(), clip.mutable_padded_size()}) {
    size->set_width(64);
    size->set_height(32);
  }
  clip.set_vae_factor(8);
  clip.mutable_frame_rate()->set_numerator(25);
  clip.mutable_frame_rate()->set_denominator(1);
  clip.add_scene_starts(0);
  return clip;
}

// The same, as a probe finds it that reads a clip of more frames than that in parts of so many.
inline v1::Clip SampleClip(std::uint32_t frame_count, std::uint32_t part_frames) {
  v1::Clip clip = SampleClip(frame_count);
  for (std::uint32_t start = 0; start < frame_count && frame_count > part_frames;
       start += part_frames) {
    clip.add_part_starts(start);
  }
  return clip;
}

// What a task of the probe of that clip brings. REQUIRES: a task of a probe.
inline void SetFound(const v1::Task& task, const v1::Clip& clip, v1::TaskResult* result) {
  const std::uint32_t round = task.attempt().task().round();
  if (round != kProbePart) {
    *result->mutable_clip() = clip;
  }
  if (round == kProbeIndex && !clip.part_starts().empty()) {
    result->mutable_clip()->clear_scene_starts();
  }
}

}  // namespace weft::coordinator
