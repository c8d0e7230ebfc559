#include "tests/system/rendering.h"

#include <algorithm>
#include <filesystem>

namespace weft::testing {
namespace {

constexpr const char* kClip = WEFT_SOURCE_DIR "/deploy/demo/city.mp4";
constexpr const char* kModel = WEFT_SOURCE_DIR "/deploy/models/weft-demo";

}  // namespace

void Rendering::SetUp() {
  clip_ = Path("clip.mkv");
  const Outcome made =
      RunCommand({"ffmpeg",
                  "-v",
                  "error",
                  "-i",
                  kClip,
                  "-f",
                  "lavfi",
                  "-i",
                  "sine=frequency=440:sample_rate=48000",
                  "-vf",
                  "trim=start_frame=18:end_frame=48,setpts=PTS-STARTPTS,scale=64:48,setsar=1",
                  "-c:v",
                  "libx264",
                  "-qp",
                  "0",
                  "-c:a",
                  "aac",
                  "-shortest",
                  "-frames:v",
                  "30",
                  clip_},
                 commands_.path().string());
  ASSERT_EQ(made.exit_code, 0) << made.errors;
}

std::vector<std::string> Rendering::Render(const std::string& output,
                                           const std::vector<std::string>& more) const {
  std::vector<std::string> command = {Program("weft"),
                                      "render",
                                      clip_,
                                      "-o",
                                      output,
                                      "--model",
                                      kModel,
                                      "--prompt",
                                      "a photo of towers, neon glow",
                                      "--steps",
                                      "5",
                                      "--strength",
                                      "0.8",
                                      "--guidance",
                                      "4",
                                      "--seed",
                                      "7",
                                      "--control",
                                      "softedge=1.0",
                                      "--smooth-steps",
                                      "2,4",
                                      "--window",
                                      "3",
                                      "--anchor-spacing",
                                      "8"};
  command.insert(command.end(), more.begin(), more.end());
  return command;
}

void Rendering::MakeClip(const std::string& path, const std::vector<std::string>& arguments) const {
  std::vector<std::string> command = {"ffmpeg", "-v", "error"};
  command.insert(command.end(), arguments.begin(), arguments.end());
  command.push_back(path);
  const Outcome made = RunCommand(command, commands_.path().string());
  ASSERT_EQ(made.exit_code, 0) << made.errors;
}

std::string Rendering::Path(const std::string& name) const {
  return folder_.path().string() + "/" + name;
}

std::vector<std::string> Rendering::Contents(const std::string& folder) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace weft::testing
