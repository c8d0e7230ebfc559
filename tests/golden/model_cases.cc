#include "tests/golden/model_cases.h"

#include <algorithm>
#include <string>
#include <utility>

#include "tests/golden/autoencoding.h"
#include "tests/golden/control_uses.h"
#include "tests/golden/denoising_loop.h"

namespace weft::golden {
namespace {

Result<Outputs> RunTextEncoder(const GoldenCase& golden, ModelFolder& model) {
  WEFT_ASSIGN_OR_RETURN(const models::TextEncoder* text, model.Text());
  const at::Tensor ids = golden.Read("in.input_ids");
  const std::vector<at::Tensor> states = text->HiddenStates(ids.to(golden.device));
  Outputs outputs;
  for (std::size_t i = 0; i < states.size(); ++i) {
    outputs["out.hidden_states." + std::to_string(i)] = states[i];
    outputs["out.clip_skip_" + std::to_string(states.size() - 1 - i)] = text->final_norm(states[i]);
  }
  const at::Tensor last = text->final_norm(states.back());
  outputs["out.last_hidden_state"] = last;
  // CLIP pools where the end token is: the largest id, the first time it comes.
  std::vector<at::Tensor> pooled;
  for (std::int64_t row = 0; row < ids.size(0); ++row) {
    const auto* first = ids.select(0, row).data_ptr<std::int64_t>();
    pooled.push_back(
        last.select(0, row).narrow(0, std::max_element(first, first + ids.size(1)) - first, 1));
  }
  outputs["out.pooled"] = at::cat(pooled);
  return outputs;
}

// The parts of the first transformer of a block, for its first resnet's output.
void AddTransformerParts(const models::SpatialTransformer& transformer,
                         const at::Tensor& x,
                         const models::BlockContext& context,
                         const std::pair<std::string, Outputs*>& to) {
  const models::TransformerBlock& block = transformer.blocks.front();
  const std::string name = to.first + ".transformer_blocks.0.";
  at::Tensor tokens = transformer.proj_in(models::ToTokens(transformer.norm(x)));
  const at::Tensor self = block.attn1.Self(block.norm1(tokens), nullptr);
  tokens = tokens.add(self);
  const at::Tensor cross = block.attn2.Cross(block.norm2(tokens), block.attn2.Read(context.prompt));
  tokens = tokens.add(cross);
  (*to.second)[name + "attn1"] = self;
  (*to.second)[name + "attn2"] = cross;
  (*to.second)[name + "ff"] = block.FeedForward(block.norm3(tokens));
  (*to.second)[to.first] = transformer(x, context);
}

// The UNet taken apart, with diffusers' module names.
Outputs Intermediates(const models::Unet& unet, const models::UnetInput& input) {
  const std::string root = "out.inter.";
  const models::BlockContext context = unet.trunk.Context(input);
  Outputs outputs;
  outputs[root + "time_embedding"] = unet.trunk.time(input.timesteps, input.sample);
  at::Tensor x = unet.trunk.conv_in(input.sample);
  outputs[root + "conv_in"] = x;
  std::vector<at::Tensor> skips = {x};
  for (std::size_t i = 0; i < unet.trunk.down.size(); ++i) {
    const models::UnetBlock& block = unet.trunk.down[i];
    const std::string name = root + "down_blocks." + std::to_string(i);
    const at::Tensor first = block.resnets.front()(x, context.time);
    outputs[name + ".resnets.0"] = first;
    if (!block.transformers.empty()) {
      AddTransformerParts(block.transformers.front(), first, context,
                          {name + ".attentions.0", &outputs});
    }
    x = models::DownBlock(block, x, context, skips);
    outputs[name] = x;
  }
  x = unet.trunk.mid(x, context);
  outputs[root + "mid_block"] = x;
  for (std::size_t i = 0; i < unet.up.size(); ++i) {
    x = models::UpBlock(unet.up[i], x, context, skips);
    outputs[root + "up_blocks." + std::to_string(i)] = x;
  }
  outputs[root + "conv_norm_out"] = unet.norm_out(x);
  return outputs;
}

models::UnetInput UnetInputOf(const GoldenCase& golden) {
  return {golden.Floats("in.sample"), golden.Numbers("in.timestep"),
          golden.Floats("in.encoder_hidden_states"), nullptr};
}

Result<Outputs> RunUnet(const GoldenCase& golden, ModelFolder& model) {
  WEFT_ASSIGN_OR_RETURN(const models::Unet* unet, model.UnetModel());
  const models::UnetInput input = UnetInputOf(golden);
  Outputs outputs;
  if (golden.Has("out.inter.conv_in")) {
    outputs = Intermediates(*unet, input);
  }
  outputs["out.sample"] = (*unet)(input, nullptr);
  return outputs;
}

void AddSkips(const models::Skips& skips, const std::string& prefix, Outputs& outputs) {
  for (std::size_t i = 0; i < skips.down.size(); ++i) {
    outputs[prefix + "down." + std::to_string(i)] = skips.down[i];
  }
  outputs[prefix + "mid"] = skips.mid;
}

Result<Outputs> RunControlNet(const GoldenCase& golden, ModelFolder& model) {
  WEFT_ASSIGN_OR_RETURN(const models::Unet* unet, model.UnetModel());
  const models::UnetInput input = UnetInputOf(golden);
  WEFT_ASSIGN_OR_RETURN(const std::vector<ControlUse> controls, ControlsOf(golden, model));
  if (controls.empty()) {
    return Failure(ErrorCode::kInvalidArgument, "a case of kind controlnet without a ControlNet");
  }
  Outputs outputs;
  for (std::size_t i = 0; i < controls.size(); ++i) {
    const std::string prefix = "out.cn" + std::to_string(i) + ".";
    if (golden.Has(prefix + "mid")) {
      AddSkips(*SumResiduals({controls[i]}, input, {}), prefix, outputs);
    }
  }
  const std::optional<models::Skips> sum = SumResiduals(controls, input, {});
  AddSkips(*sum, "out.", outputs);
  outputs["out.unet_sample"] = (*unet)(input, &*sum);
  return outputs;
}

// The shelf has merged the case's LoRAs into its model.
Result<Outputs> RunLora(const GoldenCase& golden, ModelFolder& model) {
  WEFT_ASSIGN_OR_RETURN(const models::TextEncoder* text, model.Text());
  WEFT_ASSIGN_OR_RETURN(const models::Unet* unet, model.UnetModel());
  Outputs outputs;
  const at::Tensor context =
      text->final_norm(text->HiddenStates(golden.Read("in.input_ids").to(golden.device)).back());
  models::UnetInput input = UnetInputOf(golden);
  outputs["out.text_last_hidden_state"] = context;
  outputs["out.unet_sample_fixed_ctx"] = (*unet)(input, nullptr);
  input.prompt = context;
  outputs["out.unet_sample_lora_ctx"] = (*unet)(input, nullptr);
  return outputs;
}

}  // namespace

Result<Outputs> RunModelCase(const GoldenCase& golden, ModelFolder& model) {
  const std::string kind = golden.entry.value("kind", "");
  if (kind == "text_encoder") {
    return RunTextEncoder(golden, model);
  }
  if (kind == "unet") {
    return RunUnet(golden, model);
  }
  if (kind == "controlnet") {
    return RunControlNet(golden, model);
  }
  if (kind == "lora") {
    return RunLora(golden, model);
  }
  if (kind == "vae_encode") {
    WEFT_ASSIGN_OR_RETURN(const models::Vae* vae, model.VaeModel());
    return EncodeImage(*vae, golden.Floats("in.image"), golden.Floats("in.noise"));
  }
  if (kind == "vae_decode") {
    WEFT_ASSIGN_OR_RETURN(const models::Vae* vae, model.VaeModel());
    return DecodeLatents(*vae, golden.Floats("in.latents"));
  }
  return Failure(ErrorCode::kUnsupported, "kind " + kind + " is not built yet");
}

}  // namespace weft::golden
