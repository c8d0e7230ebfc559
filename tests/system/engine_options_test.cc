// What a job may ask of the engine, through the whole program: prompts, textual inversions, LoRAs,
// several ControlNets, maps from a clip, single files, samplers.

#include <algorithm>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "tests/system/rendering.h"
#include "tests/worker/models/ldm_file.h"

namespace weft::testing {
namespace {

using models::LdmFile;
using models::Part;
using ::testing::AllOf;
using ::testing::HasSubstr;
namespace fs = std::filesystem;

const std::string kDemo = WEFT_SOURCE_DIR "/deploy/models/weft-demo";
constexpr int kFrameCount = 8;

class EngineOptions : public Rendering {
 protected:
  // A lossless render of 8 frames by one worker, without the final pass.
  [[nodiscard]] std::vector<std::string> Command(const std::string& name,
                                                 const std::string& model,
                                                 const std::vector<std::string>& more) const {
    std::vector<std::string> command = {Program("weft"),
                                        "render",
                                        clip_,
                                        "-o",
                                        Path(name + ".mkv"),
                                        "--model",
                                        model,
                                        "--frames",
                                        "3:11",
                                        "--size",
                                        "128x72",
                                        "--steps",
                                        "4",
                                        "--strength",
                                        "0.8",
                                        "--guidance",
                                        "4",
                                        "--seed",
                                        "7",
                                        "--workers",
                                        "1",
                                        "--chunk",
                                        "4",
                                        "--window",
                                        "1",
                                        "--lossless",
                                        "--no-final-pass"};
    command.insert(command.end(), more.begin(), more.end());
    return command;
  }

  // The frames of a render that must go well.
  std::string Frames(const std::string& name,
                     const std::vector<std::string>& more,
                     const std::string& model = kDemo) {
    const Outcome outcome = RunCommand(Command(name, model, more), commands_.path().string());
    EXPECT_EQ(outcome.exit_code, 0) << name << ": " << outcome.errors;
    std::string hashes = FrameHashes(Path(name + ".mkv"), commands_.path().string());
    EXPECT_EQ(std::count(hashes.begin(), hashes.end(), '\n'), kFrameCount) << name;
    return hashes;
  }

  // kohya's names, on two layers of the first transformer.
  [[nodiscard]] std::string WriteLora() const {
    LdmFile file;
    const std::string block = "lora_unet_down_blocks_1_attentions_0_transformer_blocks_0_";
    AddMatrix(file, block + "attn1_to_q.lora_down.weight", 2, 64);
    AddMatrix(file, block + "attn1_to_q.lora_up.weight", 64, 2);
    AddMatrix(file, block + "attn2_to_v.lora_down.weight", 2, 96);
    AddMatrix(file, block + "attn2_to_v.lora_up.weight", 64, 2);
    file.Write(Path("lora.safetensors"));
    return Path("lora.safetensors");
  }

  // A textual inversion of two vectors for the word "glimmer".
  [[nodiscard]] std::string WriteEmbedding() const {
    LdmFile file;
    AddMatrix(file, "emb_params", 2, 96);
    file.Write(Path("glimmer.safetensors"));
    return Path("glimmer.safetensors");
  }

  // The demo's ControlNet in its original layout.
  [[nodiscard]] std::string WriteNet() const {
    LdmFile file;
    file.AddPart(Part::kControlNet, kDemo + "/controlnet", "control_model.");
    file.Write(Path("net.safetensors"));
    return Path("net.safetensors");
  }

  // The demo as one file. Its text encoder and VAE are not of Stable Diffusion's proportions, which
  // a folder of configurations beside the file says; the tokenizer lies there too.
  [[nodiscard]] std::string WriteModel() const {
    LdmFile file;
    file.AddPart(Part::kUnet, kDemo, "model.diffusion_model.");
    file.AddPart(Part::kVae, kDemo, "first_stage_model.");
    file.AddPart(Part::kTextEncoder, kDemo, "cond_stage_model.transformer.");
    file.Write(Path("model.safetensors"));
    const fs::path configs = Path("model.config");
    for (const fs::path name :
         {"text_encoder/config.json", "vae/config.json", "scheduler/scheduler_config.json"}) {
      fs::create_directories((configs / name).parent_path());
      fs::copy_file(kDemo / name, configs / name);
    }
    fs::copy(kDemo + "/tokenizer", configs / "tokenizer");
    return Path("model.safetensors");
  }

 private:
  static void AddMatrix(LdmFile& file, const std::string& name, int rows, int columns) {
    std::vector<float> numbers;
    numbers.reserve(static_cast<std::size_t>(rows) * static_cast<std::size_t>(columns));
    for (int i = 0; i < rows * columns; ++i) {
      numbers.push_back(static_cast<float>((i * 37 + rows) % 23) / 32.0F - 0.3F);
    }
    file.Add(name, "F32", {rows, columns},
             {reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(float)});
  }
};

// Goal: no option is lost on its way to the engine. Method: renders that differ in one option each
// must differ in their frames.
TEST_F(EngineOptions, EachMakesAPictureOfItsOwn) {
  const std::vector<std::string> prompt = {"--prompt", "a photo of towers, neon glow"};
  const auto with = [&](const std::vector<std::string>& more) {
    std::vector<std::string> options = prompt;
    options.insert(options.end(), more.begin(), more.end());
    return options;
  };
  const std::string lora = WriteLora();
  const std::string net = WriteNet();
  const std::string edges = "softedge=1";
  std::set<std::string> frames;
  const std::string plain = Frames("plain", prompt);
  frames.insert(plain);
  frames.insert(Frames("prompt", {"--prompt", "a photo of a snowy mountain"}));
  frames.insert(Frames("weight", {"--prompt", "a photo of towers, (neon:1.4) glow"}));
  frames.insert(Frames("word", {"--prompt", "a photo of towers, glimmer"}));
  frames.insert(Frames(
      "embedding", {"--prompt", "a photo of towers, glimmer", "--embedding", WriteEmbedding()}));
  frames.insert(Frames("skip", with({"--clip-skip", "1"})));
  frames.insert(Frames("lora", with({"--lora", lora})));
  frames.insert(Frames("half-lora", with({"--lora", lora + ":0.5"})));
  frames.insert(Frames("edges", with({"--control", edges})));
  frames.insert(Frames("both", with({"--control", edges, "--control", "tile=0.6,net=" + net})));
  frames.insert(
      Frames("late", with({"--control", edges, "--control", "tile=0.6,start=0.5,net=" + net})));
  frames.insert(Frames("euler", with({"--sampler", "euler", "--smooth-steps", "none"})));
  EXPECT_EQ(frames.size(), 12U);
  EXPECT_EQ(Frames("no-lora", with({"--lora", lora + ":0"})), plain);
}

TEST_F(EngineOptions, SingleFilesGiveTheFramesOfFolders) {
  const std::string net = WriteNet();
  const std::string model = WriteModel();
  std::set<std::string> frames;
  for (const char* prompt : {"a photo of towers, neon glow", "a photo of a (snowy:1.3) mountain"}) {
    const std::vector<std::string> options = {"--prompt", prompt,      "--negative", "blurred",
                                              "--lora",   WriteLora(), "--control"};
    const std::string number = std::to_string(frames.size());
    auto folders = options;
    folders.insert(folders.end(),
                   {"softedge=1", "--control", "tile=0.6,net=" + kDemo + "/controlnet", "--vae",
                    kDemo + "/vae"});
    auto files = options;
    files.insert(files.end(), {"softedge=1,net=" + net, "--control", "tile=0.6,net=" + net});
    const std::string expected = Frames("folders-" + number, folders);
    EXPECT_EQ(Frames("files-" + number, files, model), expected) << prompt;
    frames.insert(expected);
  }
  EXPECT_EQ(frames.size(), 2U);
}

TEST_F(EngineOptions, MapsFromAClipStandAtTheFramesOfTheSource) {
  const std::string net = WriteNet();
  const std::vector<std::string> options = {"--prompt", "a photo of towers", "--control"};
  auto made = options;
  made.push_back("tile=1,net=" + net);
  auto given = options;
  given.push_back("lineart=1,net=" + net + ",maps=" + clip_);
  EXPECT_EQ(Frames("given", given), Frames("made", made)) << "tiles are the source itself";
}

TEST_F(EngineOptions, TooFewMapsEndTheJobAtOnce) {
  const std::string maps = Path("maps.mkv");
  const Outcome cut =
      RunCommand({"ffmpeg", "-v", "error", "-i", clip_, "-an", "-frames:v", "10", maps},
                 commands_.path().string());
  ASSERT_EQ(cut.exit_code, 0) << cut.errors;
  const Outcome outcome =
      RunCommand(Command("out", kDemo, {"--prompt", "towers", "--control", "depth=1,maps=" + maps}),
                 commands_.path().string());
  constexpr int kBadInput = 3;
  EXPECT_EQ(outcome.exit_code, kBadInput);
  EXPECT_THAT(outcome.errors,
              AllOf(HasSubstr(maps), HasSubstr("has 10 control maps"), HasSubstr("needs 11")));
}

}  // namespace
}  // namespace weft::testing
