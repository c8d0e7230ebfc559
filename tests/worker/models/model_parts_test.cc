#include "worker/models/model_parts.h"

#include <cstring>
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/worker/models/ldm_file.h"
#include "worker/models/tokenizer_folder.h"
#include "worker/models/torch_edge.h"

namespace weft::models {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
namespace fs = std::filesystem;

const std::string kGolden = WEFT_SOURCE_DIR "/tests/golden/cases/model_a";
const std::string kDemo = WEFT_SOURCE_DIR "/deploy/models/weft-demo";

LdmFile WholeModel(const std::string& folder) {
  LdmFile file;
  file.AddPart(Part::kUnet, folder, "model.diffusion_model.");
  file.AddPart(Part::kVae, folder, "first_stage_model.");
  file.AddPart(Part::kTextEncoder, folder, "cond_stage_model.transformer.");
  file.Add("alphas_cumprod", "F16", {2}, "abcd");
  file.Add("model_ema.num_updates", "I32", {}, "abcd");
  return file;
}

void ExpectSameTensors(Part part, const std::string& folder, const std::string& file) {
  const auto theirs = PartTensors::Open(part, folder);
  const auto ours = PartTensors::Open(part, file);
  ASSERT_TRUE(theirs) << theirs.error().message();
  ASSERT_TRUE(ours) << ours.error().message();
  EXPECT_EQ(ours->names(), theirs->names());
  for (const auto& [name, tensor] : theirs->tensors()) {
    const StoredTensor& a = tensor.held.tensor;
    const StoredTensor& b = ours->tensors().at(name).held.tensor;
    EXPECT_EQ(a.type, b.type) << name;
    EXPECT_EQ(a.shape, b.shape) << name;
    ASSERT_EQ(a.byte_count, b.byte_count) << name;
    EXPECT_EQ(std::memcmp(a.bytes, b.bytes, a.byte_count), 0) << name;
  }
}

class ModelPartsTest : public testing::Test {
 protected:
  // What loading says, in one message; empty where it goes well.
  std::string Complaint(const ModelOptions& options) {
    const auto parts = AtTorchEdge([&] { return LoadModelParts(options, {}); });
    return parts ? "" : parts.error().message();
  }

  TestFolder folder_;
  std::string file_ = folder_ / "model.safetensors";
};

TEST_F(ModelPartsTest, SeesTheSameBytesInASingleFileAndInAFolder) {
  WholeModel(kGolden).Write(file_);
  for (const Part part : {Part::kUnet, Part::kVae, Part::kTextEncoder}) {
    ExpectSameTensors(part, kGolden, file_);
  }
  const auto unet = ReadUnetConfig(file_).value();
  const auto same = ReadUnetConfig(kGolden).value();
  EXPECT_EQ(unet.trunk.channels, same.trunk.channels);
  EXPECT_EQ(unet.trunk.heads, same.trunk.heads);
  EXPECT_EQ(unet.trunk.down_attention, same.trunk.down_attention);
  EXPECT_EQ(unet.up_attention, same.up_attention);
  EXPECT_EQ(Complaint({file_}), "");

  LdmFile net;
  net.AddPart(Part::kControlNet, kDemo + "/controlnet", "control_model.");
  net.Write(file_);
  ExpectSameTensors(Part::kControlNet, kDemo + "/controlnet", file_);
  fs::copy_file(kDemo + "/controlnet/diffusion_pytorch_model.safetensors",
                folder_ / "net.safetensors");
  EXPECT_EQ(ReadControlNetConfig(folder_ / "net.safetensors")->condition_widths,
            ReadControlNetConfig(kDemo + "/controlnet")->condition_widths);
}

TEST_F(ModelPartsTest, RendersTheDemoFromSingleFilesAsFromItsFolder) {
  WholeModel(kDemo).Write(file_);
  LdmFile net;
  net.AddPart(Part::kControlNet, kDemo + "/controlnet", "control_model.");
  net.Write(folder_ / "net.safetensors");
  // The demo's text encoder and VAE are not of Stable Diffusion's proportions.
  for (const std::string part : {"text_encoder", "vae", "scheduler"}) {
    fs::create_directories(folder_ / ("model.config/" + part));
    for (const char* name : {"/config.json", "/scheduler_config.json"}) {
      if (fs::exists(kDemo + "/" + part + name)) {
        fs::copy_file(kDemo + "/" + part + name, folder_ / ("model.config/" + part + name));
      }
    }
  }
  const auto folder =
      DiffusionModel::Load({.model = kDemo, .controlnets = {kDemo + "/controlnet"}});
  const auto file = DiffusionModel::Load({.model = file_,
                                          .tokenizer = kDemo + "/tokenizer",
                                          .controlnets = {folder_ / "net.safetensors"}});
  ASSERT_TRUE(folder) << folder.error().message();
  ASSERT_TRUE(file) << file.error().message();
  StepInput input;
  input.noisy = {1, 4, 8, 8, std::vector<float>(std::size_t{4} * 8 * 8, 0.5F)};
  input.controls = {{ControlMap{32, 32, 1, std::vector<std::uint8_t>(std::size_t{32} * 32, 90)}}};
  const Frame frame{32, 32, std::vector<std::uint8_t>(std::size_t{32} * 32 * 3, 60)};
  const auto results = [&](DiffusionModel& model) {
    const auto prompts = model.EncodePrompts("", "towers, neon glow").value();
    return std::pair(model.PredictFrames(input, 501.0, prompts, {4.0, {0.8}}).value(),
                     model.Decode(model.Encode({frame}).value()).value().front().rgb);
  };
  const auto expected = results(**folder);
  EXPECT_EQ(results(**file), expected);
  EXPECT_EQ((*file)->schedule().prediction, (*folder)->schedule().prediction);
}

TEST_F(ModelPartsTest, NamesWhatIsWrongInAllPartsAsTheFileSpellsIt) {
  LdmFile file = WholeModel(kGolden);
  file.Remove("model.diffusion_model.input_blocks.3.0.op.bias");
  file.Add("model.diffusion_model.middle_block.1.norm.weight", "F16", {2}, "abcd");
  file.Remove("first_stage_model.decoder.mid.attn_1.q.weight");
  file.Remove("cond_stage_model.transformer.text_model.encoder.layers.0.mlp.fc1.bias");
  file.Add("first_stage_model.encoder.surplus.weight", "F16", {2}, "abcd");
  file.Add("stray", "F16", {2}, "abcd");
  file.Write(file_);
  EXPECT_THAT(
      Complaint({file_}),
      AllOf(HasSubstr(file_),
            HasSubstr("model.diffusion_model.input_blocks.3.0.op.bias is missing"),
            HasSubstr(
                "model.diffusion_model.middle_block.1.norm.weight has shape [2] instead of [64]"),
            HasSubstr("first_stage_model.decoder.mid.attn_1.q.weight is missing"),
            HasSubstr("text_model.encoder.layers.0.mlp.fc1.bias is missing"),
            HasSubstr("first_stage_model.encoder.surplus.weight [2] belongs to no layer"),
            HasSubstr("stray [2] belongs to no layer"), Not(HasSubstr("alphas_cumprod"))));
}

TEST_F(ModelPartsTest, TakesAVaeOfItsOwn) {
  WholeModel(kGolden).Write(file_);
  LdmFile vae;
  vae.AddPart(Part::kVae, kGolden, "");
  // As files carry it that were cut out of training's.
  vae.Add("loss.logvar", "F16", {2}, "abcd");
  vae.Add("model_ema.decay", "F16", {2}, "abcd");
  vae.Write(folder_ / "vae.safetensors");
  for (const std::string& place : {folder_ / "vae.safetensors", kGolden, kGolden + "/vae", file_}) {
    EXPECT_EQ(Complaint({.model = kGolden, .vae = place}), "") << place;
  }
  EXPECT_THAT(Complaint({.model = folder_ / "vae.safetensors"}), HasSubstr("has no UNet"));
}

TEST_F(ModelPartsTest, AsksForATokenizerBesideASingleFile) {
  WholeModel(kGolden).Write(file_);
  const auto none = TokenizerFolder({.model = file_});
  ASSERT_FALSE(none);
  EXPECT_THAT(none.error().message(), AllOf(HasSubstr(file_), HasSubstr("--tokenizer")));
  EXPECT_EQ(TokenizerFolder({.model = file_, .tokenizer = "t"}).value(), "t");
  EXPECT_EQ(TokenizerFolder({.model = kGolden}).value(), kGolden + "/tokenizer");
  fs::create_directories(folder_ / "model.config/tokenizer");
  EXPECT_EQ(TokenizerFolder({.model = file_}).value(), folder_ / "model.config/tokenizer");
}

TEST_F(ModelPartsTest, ReadsAPartThatIsSplitIntoSeveralFiles) {
  fs::copy(kGolden, folder_ / "m", fs::copy_options::recursive);
  const std::string stem = folder_ / "m/vae/diffusion_pytorch_model";
  const auto whole = SafetensorsFile::Open(stem + ".fp16.safetensors");
  LdmFile shards[2];
  nlohmann::json map;
  std::size_t number = 0;
  for (const auto& [name, tensor] : (*whole)->tensors()) {
    shards[number % 2].Add(name, tensor);
    map[name] = "shard" + std::to_string(number++ % 2) + ".safetensors";
  }
  shards[0].Write(folder_ / "m/vae/shard0.safetensors");
  shards[1].Write(folder_ / "m/vae/shard1.safetensors");
  fs::remove(stem + ".fp16.safetensors");
  WriteText(stem + ".safetensors.index.json", nlohmann::json({{"weight_map", map}}).dump());
  EXPECT_EQ(Complaint({folder_ / "m"}), "");
  ExpectSameTensors(Part::kVae, kGolden, folder_ / "m");
}

TEST_F(ModelPartsTest, SplitsOpenClipsProjectionsAndLeavesOutItsLastLayer) {
  LdmFile file;
  const std::string root = "cond_stage_model.model.";
  const auto add = [&](const std::string& name, const std::vector<std::int64_t>& shape, char fill) {
    std::size_t bytes = 4;
    for (const std::int64_t side : shape) {
      bytes *= static_cast<std::size_t>(side);
    }
    file.Add(root + name, "F32", shape, std::string(bytes, fill));
  };
  add("token_embedding.weight", {5, 64}, 1);
  add("positional_embedding", {77, 64}, 1);
  add("text_projection", {64, 64}, 1);
  for (const std::string layer : {"transformer.resblocks.0.", "transformer.resblocks.1."}) {
    add(layer + "attn.in_proj_bias", {192}, 1);
    add(layer + "attn.out_proj.weight", {64, 64}, 1);
    add(layer + "attn.out_proj.bias", {64}, 1);
    add(layer + "mlp.c_fc.weight", {256, 64}, 1);
    add(layer + "mlp.c_fc.bias", {256}, 1);
    add(layer + "mlp.c_proj.weight", {64, 256}, 1);
    add(layer + "mlp.c_proj.bias", {64}, 1);
    for (const std::string norm : {"ln_1", "ln_2"}) {
      add(layer + norm + ".weight", {64}, 1);
      add(layer + norm + ".bias", {64}, 1);
    }
    const std::size_t third = std::size_t{4} * 64 * 64;
    file.Add(root + layer + "attn.in_proj_weight", "F32", {192, 64},
             std::string(third, 1) + std::string(third, 2) + std::string(third, 3));
  }
  add("ln_final.weight", {64}, 1);
  add("ln_final.bias", {64}, 1);
  file.Write(file_);
  const auto config = ReadTextEncoderConfig(file_);
  ASSERT_TRUE(config) << config.error().message();
  const auto load = [&] {
    return LoadTextEncoder(*config, Weights::Open(Part::kTextEncoder, file_, {}).value());
  };
  const auto text = load();
  ASSERT_TRUE(text) << text.error().message();
  ASSERT_EQ(text->layers.size(), 1U);
  EXPECT_FALSE(text->config.quick_gelu);
  const auto first_byte = [](const Linear& linear) {
    const at::Tensor& values =
        linear.packed.values.defined() ? linear.packed.values : linear.weight;
    return *static_cast<const char*>(values.data_ptr());
  };
  EXPECT_EQ(first_byte(text->layers[0].q), 1);
  EXPECT_EQ(first_byte(text->layers[0].k), 2);
  EXPECT_EQ(first_byte(text->layers[0].v), 3);
  file.Remove(root + "transformer.resblocks.0.attn.in_proj_weight");
  file.Write(file_);
  const std::string message = load().error().message();
  EXPECT_THAT(message, HasSubstr(root + "transformer.resblocks.0.attn.in_proj_weight is missing"));
}

}  // namespace
}  // namespace weft::models
