#include "tests/benchmarks/clip_frames.h"

#include <cstddef>
#include <sstream>
#include <string_view>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace weft::bench {
namespace {

// What a program writes to its standard output. False: it cannot run, or fails.
bool RunProgram(std::vector<std::string> words, std::string* output) {
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (std::string& word : words) {
    arguments.push_back(word.data());
  }
  arguments.push_back(nullptr);
  int ends[2] = {};  // Of a pipe: to read from, to write to.
  if (pipe2(ends, O_CLOEXEC) != 0) {
    return false;
  }
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  pid_t child = 0;
  const bool started =
      posix_spawnp(&child, arguments[0], &actions, nullptr, arguments.data(), environ) == 0;
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  std::vector<char> piece(1 << 16);
  for (ssize_t size = 1; started && size > 0;) {
    size = read(ends[0], piece.data(), piece.size());
    output->append(piece.data(), static_cast<std::size_t>(size > 0 ? size : 0));
  }
  close(ends[0]);
  int status = -1;
  return started && waitpid(child, &status, 0) == child && status == 0;
}

// A binary PPM picture of 8 bits, as Netpbm describes it, taken off the front of `*bytes`. False:
// there is none.
bool TakePicture(std::string_view* bytes, Frame* frame) {
  constexpr std::size_t kHeaderMax = 32;
  std::istringstream header{std::string(bytes->substr(0, kHeaderMax))};
  std::string format;
  int white = 0;
  header >> format >> frame->width >> frame->height >> white;
  if (!header || format != "P6" || white != 255 || frame->width < 1 || frame->height < 1) {
    return false;
  }
  const auto start = static_cast<std::size_t>(header.tellg()) + 1;
  const std::size_t size = std::size_t{3} * static_cast<std::size_t>(frame->width) *
                           static_cast<std::size_t>(frame->height);
  if (bytes->size() < start + size) {
    return false;
  }
  const std::string_view rgb = bytes->substr(start, size);
  frame->rgb.assign(rgb.begin(), rgb.end());
  bytes->remove_prefix(start + size);
  return true;
}

}  // namespace

Result<std::vector<Frame>> ReadClipFrames(const std::string& path) {
  std::string output;
  const bool read =
      RunProgram({"ffmpeg", "-nostdin", "-v", "error", "-i", "file:" + path, "-map", "0:v:0", "-f",
                  "image2pipe", "-c:v", "ppm", "-pix_fmt", "rgb24", "-sws_flags",
                  "bicubic+accurate_rnd+full_chroma_int+full_chroma_inp", "-"},
                 &output);
  std::vector<Frame> frames;
  Frame frame;
  for (std::string_view rest = output; TakePicture(&rest, &frame);) {
    frames.push_back(frame);
  }
  if (!read || frames.empty()) {
    return Failure(ErrorCode::kInvalidArgument, "the ffmpeg program cannot read " + path);
  }
  return frames;
}

}  // namespace weft::bench
