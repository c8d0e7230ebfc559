// A folder for one test, and the ffmpeg programs as an independent maker and reader of clips.

#pragma once

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "worker/frame/frame.h"

namespace weft::media {

// What the command prints; throws when it fails, which fails the test.
inline std::string OutputOf(const std::string& command) {
  FILE* pipe = popen(command.c_str(), "r");  // NOLINT(cert-env33-c): our own words.
  if (pipe == nullptr) {
    throw std::runtime_error("cannot run " + command);
  }
  std::string output;
  std::array<char, 65536> buffer{};
  for (std::size_t count = 0; (count = fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) {
    output.append(buffer.data(), count);
  }
  if (pclose(pipe) != 0) {
    throw std::runtime_error("failed: " + command);
  }
  return output;
}

// Removed with everything in it at the end.
class Scratch {
 public:
  Scratch() {
    std::string pattern = (std::filesystem::temp_directory_path() / "weft-media-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) {
      throw std::runtime_error("cannot make a folder " + pattern);
    }
    folder_ = pattern;
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  [[nodiscard]] std::string Path(const std::string& name) const { return folder_ + "/" + name; }

  // ffmpeg OPTIONS folder/NAME; "%/" in the options stands for the folder.
  // NOLINTNEXTLINE(modernize-use-nodiscard)
  std::string Make(const std::string& name, std::string options) const {
    for (std::size_t at = 0; (at = options.find("%/", at)) != std::string::npos;) {
      options.replace(at, 1, folder_);
    }
    OutputOf("ffmpeg -nostdin -v error -y " + options + " '" + Path(name) + "'");
    return Path(name);
  }

  // NOLINTNEXTLINE(modernize-use-nodiscard)
  std::string Write(const std::string& name, const std::string& bytes) const {
    std::ofstream(Path(name), std::ios::binary) << bytes;
    return Path(name);
  }

  [[nodiscard]] std::vector<std::string> Names() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
      names.push_back(entry.path().filename().string());
    }
    return names;
  }

 private:
  std::string folder_;
};

inline std::string BytesOf(const std::string& path) {
  std::ostringstream bytes;
  bytes << std::ifstream(path, std::ios::binary).rdbuf();
  return bytes.str();
}

// Where chroma lies in nearly all 4:2:0 video, which the ffmpeg program does not assume by itself.
inline constexpr char kLeftChroma[] = "in_h_chr_pos=0:in_v_chr_pos=128:";

// Every frame as the ffmpeg program shows it, in RGB. chroma: options of its scaler.
inline std::vector<Frame> FramesByFfmpeg(const std::string& path,
                                         int width,
                                         int height,
                                         const std::string& chroma = "") {
  const std::string bytes =
      OutputOf("ffmpeg -nostdin -v quiet -i '" + path +
               "' -map 0:v:0 -vsync passthrough -f rawvideo -vf scale=" + chroma +
               "flags=bicubic+accurate_rnd+full_chroma_int+full_chroma_inp,format=rgb24 -");
  const auto frame_bytes = static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 3;
  std::vector<Frame> frames;
  for (std::size_t at = 0; at + frame_bytes <= bytes.size(); at += frame_bytes) {
    frames.push_back({width,
                      height,
                      {bytes.begin() + static_cast<std::ptrdiff_t>(at),
                       bytes.begin() + static_cast<std::ptrdiff_t>(at + frame_bytes)}});
  }
  return frames;
}

// One value per line, as ffprobe prints it for every frame, packet or stream.
inline std::vector<std::string> Probe(const std::string& path, const std::string& entries) {
  std::istringstream lines(
      OutputOf("ffprobe -v error -of default=nw=1:nk=1 " + entries + " '" + path + "'"));
  std::vector<std::string> values;
  for (std::string line; std::getline(lines, line);) {
    values.push_back(line);
  }
  return values;
}

// Shown times in seconds of every frame of the video.
inline std::vector<double> FrameTimes(const std::string& path) {
  std::vector<double> times;
  for (const std::string& value :
       Probe(path, "-select_streams v:0 -show_entries frame=best_effort_timestamp_time")) {
    if (value != "N/A") {
      times.push_back(std::strtod(value.c_str(), nullptr));
    }
  }
  return times;
}

// The largest mean difference of two frames at the same place, over all of them; huge when they
// differ in number or size.
inline double LargestDifference(const std::vector<Frame>& a, const std::vector<Frame>& b) {
  if (a.size() != b.size()) {
    return 1e9;
  }
  double largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i].rgb.size() != b[i].rgb.size()) {
      return 1e9;
    }
    double sum = 0;
    for (std::size_t k = 0; k < a[i].rgb.size(); ++k) {
      sum += std::abs(static_cast<int>(a[i].rgb[k]) - static_cast<int>(b[i].rgb[k]));
    }
    largest = std::max(largest, sum / static_cast<double>(a[i].rgb.size()));
  }
  return largest;
}

}  // namespace weft::media
