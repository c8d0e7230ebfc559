// What a model's tensors alone say about it: the configuration of a single file, which has no
// config.json. Sizes are read off the shapes; each is what most of the tensors that show it agree
// on, so that one misshapen tensor is found by Weights::Finish() rather than taken for the measure.
//
// What shapes cannot tell is as in Stable Diffusion: norm groups of 32 channels, epsilons, VAE
// scaling factor 0.18215; the UNet's and ControlNet's heads are 8 (SD 1), or 64 channels wide where
// the context is 1024 wide (SD 2), whose attention is computed in float32; the text encoder's heads
// are 64 channels wide.

#pragma once

#include "common/result.h"
#include "worker/models/model_config.h"
#include "worker/models/part_tensors.h"

namespace weft::models {

// kInvalidArgument: the tensors are so incomplete that they show no model.
// kUnsupported: a kind of model that Weft does not compute. Both name the file.
Result<UnetConfig> DeriveUnetConfig(const PartTensors& tensors);
Result<ControlNetConfig> DeriveControlNetConfig(const PartTensors& tensors);
Result<VaeConfig> DeriveVaeConfig(const PartTensors& tensors);
Result<TextEncoderConfig> DeriveTextEncoderConfig(const PartTensors& tensors);

// The noise schedule of Stable Diffusion. It predicts the velocity where the file's metadata says
// so
// ("modelspec.prediction_type": "v" or "epsilon"), or else where it has a tensor "v_pred", or else
// where its metadata names a "-v" model ("modelspec.architecture"), or else where the context is
// 1024 wide. Where none of the first three is there, SD 2's 512-pixel model, which predicts the
// noise, is taken for the 768-pixel one: a folder MODEL.config beside the file says it right.
// kUnsupported: a schedule that ends in noise alone ("ztsnr").
Result<NoiseScheduleConfig> DeriveNoiseSchedule(const PartTensors& unet);

}  // namespace weft::models
