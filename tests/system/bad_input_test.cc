// What goes wrong before or during a render ends with one clear message, a documented exit code and
// nothing half-written.

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>

#include <gmock/gmock.h>
#include <sys/stat.h>

#include "tests/system/rendering.h"

namespace weft::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr int kUsage = 2;
constexpr int kBadInput = 3;
constexpr int kCannotWrite = 4;

class BadInput : public Rendering {
 protected:
  // Renders and expects the exit code, one error line that holds `words`, and no output or state.
  void ExpectRefusal(const std::vector<std::string>& command,
                     int exit_code,
                     const std::string& words) {
    const Outcome outcome = RunCommand(command, commands_.path().string());
    errors_ = outcome.errors;
    EXPECT_EQ(outcome.exit_code, exit_code) << outcome.errors;
    EXPECT_THAT(outcome.errors, AllOf(HasSubstr("weft: error: "), HasSubstr(words)));
    const std::size_t at = outcome.errors.find("weft: error: ");
    EXPECT_EQ(outcome.errors.find("weft: error: ", at + 1), std::string::npos) << outcome.errors;
    for (const std::string& name : Contents(folder_.path().string())) {
      EXPECT_THAT(name, Not(::testing::StartsWith("out"))) << "left behind";
      EXPECT_THAT(name, Not(::testing::StartsWith(".out"))) << "left behind";
    }
  }

  // Likewise, before the job has begun: whoever mistypes waits for no worker.
  void ExpectRefusalAtOnce(const std::vector<std::string>& command, const std::string& words) {
    ExpectRefusal(command, kBadInput, words);
    EXPECT_THAT(errors_, Not(HasSubstr("probe")));
  }

  std::vector<std::string> RenderOf(const std::string& clip) {
    clip_ = clip;
    return Render(Path("out.mp4"));
  }

  // A copy of the demo model whose files may be changed.
  std::string CopyModel() {
    std::string copy = Path("model");
    std::filesystem::copy(WEFT_SOURCE_DIR "/deploy/models/weft-demo", copy,
                          std::filesystem::copy_options::recursive);
    return copy;
  }

  std::vector<std::string> RenderWith(const std::string& model) {
    auto command = Render(Path("out.mp4"));
    *(std::find(command.begin(), command.end(), "--model") + 1) = model;
    return command;
  }

  std::string errors_;  // What the last refused command said.
};

TEST_F(BadInput, MissingFile) {
  ExpectRefusalAtOnce(RenderOf(Path("missing.mp4")), "missing.mp4");
}

TEST_F(BadInput, NotAVideo) {
  const std::string path = Path("text.mp4");
  std::ofstream(path) << "This is no video.\n";
  ExpectRefusalAtOnce(RenderOf(path), "text.mp4");
}

TEST_F(BadInput, ZeroFrames) {
  const std::string path = Path("empty.mkv");
  MakeClip(path,
           {"-f", "lavfi", "-i", "testsrc2=size=64x48:rate=25", "-frames:v", "0", "-c:v", "ffv1"});
  ExpectRefusalAtOnce(RenderOf(path), "empty.mkv");
}

TEST_F(BadInput, TruncatedBeyondUse) {
  const std::string path = Path("truncated.mp4");
  std::filesystem::copy(WEFT_SOURCE_DIR "/deploy/demo/city.mp4", path);
  std::filesystem::resize_file(path, 600);
  ExpectRefusalAtOnce(RenderOf(path), "truncated.mp4");
}

TEST_F(BadInput, SoundOnly) {
  const std::string path = Path("sound.mp4");
  MakeClip(path, {"-f", "lavfi", "-i", "sine=duration=1"});
  ExpectRefusalAtOnce(RenderOf(path), "no video");
}

TEST_F(BadInput, OddSizeForH264) {
  const std::string path = Path("odd.mkv");
  MakeClip(path,
           {"-f", "lavfi", "-i", "testsrc=size=321x177:rate=25", "-frames:v", "5", "-c:v", "ffv1"});
  ExpectRefusalAtOnce(RenderOf(path), "--size 320x176");
}

TEST_F(BadInput, FramesBeyondTheEnd) {
  auto command = Render(Path("out.mp4"), {"--frames", "10:99"});
  ExpectRefusalAtOnce(command, "frames 0 to 29");
}

TEST_F(BadInput, ModelWithAMissingTensor) {
  const std::string model = CopyModel();
  // The header names one tensor otherwise; its length stays.
  const std::string path = model + "/unet/diffusion_pytorch_model.safetensors";
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  std::string head(200000, '\0');
  file.read(head.data(), static_cast<std::streamsize>(head.size()));
  const std::size_t at = head.find("\"conv_in.bias\"");
  ASSERT_NE(at, std::string::npos);
  file.seekp(static_cast<std::streamoff>(at));
  file << "\"conv_xx.bias\"";
  file.close();
  ExpectRefusal(RenderWith(model), kBadInput, "conv_in.bias");
}

TEST_F(BadInput, ModelWithAMisshapenTensor) {
  const std::string model = CopyModel();
  const std::string path = model + "/text_encoder/config.json";
  std::ifstream in(path);
  std::string config((std::istreambuf_iterator<char>(in)), {});
  const std::string width = "\"intermediate_size\": 384";
  ASSERT_NE(config.find(width), std::string::npos);
  config.replace(config.find(width), width.size(), "\"intermediate_size\": 256");
  std::ofstream(path) << config;
  ExpectRefusal(RenderWith(model), kBadInput, "mlp.fc1.weight");
}

TEST_F(BadInput, PickleInsteadOfSafetensors) {
  const std::string model = CopyModel();
  std::filesystem::remove(model + "/unet/diffusion_pytorch_model.safetensors");
  std::ofstream(model + "/unet/diffusion_pytorch_model.bin") << "PK\x03\x04";
  ExpectRefusal(RenderWith(model), kBadInput, "safetensors");
}

TEST_F(BadInput, NotAModelFolder) {
  ExpectRefusal(RenderWith(Path("no-model")), kBadInput, "no-model");
}

TEST_F(BadInput, OutputFolderThatIsNotThere) {
  auto command = Render(Path("nowhere/out.mp4"));
  ExpectRefusal(command, kCannotWrite, "nowhere");
}

TEST_F(BadInput, OutputOfAnUnknownKind) {
  ExpectRefusal(Render(Path("out.gif")), kUsage, ".gif");
}

TEST_F(BadInput, WrongFieldOfAJobFile) {
  const std::string job = Path("job.yaml");
  std::ofstream(job) << "input: clip.mkv\noutput: out.mp4\n  steps: many\n";
  const Outcome broken = RunCommand({Program("weft"), "render", job}, commands_.path().string());
  EXPECT_EQ(broken.exit_code, kUsage) << broken.errors;
  std::ofstream(job) << "input: clip.mkv\noutput: out.mp4\nprompt: x\nsteps: many\n";
  ExpectRefusal({Program("weft"), "render", job}, kUsage, "job.yaml:4:");
  std::ofstream(job) << "input: clip.mkv\noutput: out.mp4\nprompt: x\nstepz: 4\n";
  ExpectRefusal({Program("weft"), "render", job}, kUsage, "job.yaml:4:");
}

TEST_F(BadInput, MistypedWords) {
  ExpectRefusal({Program("weft"), "rendr", "a.mp4"}, kUsage, "do you mean weft render?");
  ExpectRefusal({Program("weft"), "jbos"}, kUsage, "do you mean weft jobs?");
  ExpectRefusal({Program("weft"), "complete"}, kUsage, "there is no command \"complete\"");
  ExpectRefusal(Render(Path("out.mp4"), {"--stregnth", "0.5"}), kUsage, "do you mean --strength?");
}

TEST_F(BadInput, ABatchFile) {
  const std::string batch = Path("batch.yaml");
  std::ofstream(batch) << "output: 'out/{name}.mp4'\nclips: [a.mp4]\n";
  ExpectRefusal({Program("weft"), "render", batch}, kUsage, "weft submit takes it");
  ExpectRefusal({Program("weft"), "plan", batch}, kUsage, "weft submit takes it");
}

// Runs $2 with a tmpfs of 2 MiB at $1, then lists what is there. The tmpfs takes a mount namespace,
// and that a user namespace or root. Linux refuses user namespaces in a chroot, and unshare cannot
// keep the mounts of a chroot to itself: so the tmpfs is unmounted, not left to the namespace.
constexpr const char* kOnATinyDisk = R"(
  alone='unshare --mount --map-root-user'
  $alone mount -t tmpfs none "$1" || alone='unshare --mount --propagation unchanged'
  exec $alone sh -c '
    mount -t tmpfs -o size=2m none "$1" || exit
    sh -c "$2"
    code=$?
    ls -A "$1"
    umount --lazy "$1"
    exit $code
  ' sh "$1" "$2")";

TEST_F(BadInput, FullDisk) {
  const std::string disk = Path("disk");
  std::filesystem::create_directory(disk);
  auto command = Render(disk + "/out.mkv", {"--lossless", "--size", "640x360"});
  std::string line;
  for (const std::string& argument : command) {
    line += "'" + argument + "' ";
  }
  const Outcome outcome =
      RunCommand({"sh", "-c", kOnATinyDisk, "sh", disk, line}, commands_.path().string());
  EXPECT_EQ(outcome.exit_code, kCannotWrite) << outcome.errors;
  EXPECT_THAT(outcome.errors, HasSubstr("weft: error: "));
  EXPECT_THAT(outcome.output, ::testing::Not(HasSubstr("out.mkv\n"))) << "nothing half-written";
}

}  // namespace
}  // namespace weft::testing
