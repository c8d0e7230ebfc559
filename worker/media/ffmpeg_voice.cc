#include "worker/media/ffmpeg_voice.h"

#include <array>
#include <cstdarg>
#include <memory>
#include <mutex>
#include <utility>

extern "C" {
#include <libavutil/log.h>
}

namespace weft::media {
namespace {

using Hearer = std::function<void(Concern, const std::string&)>;

// FFmpeg calls a function that is given nothing of ours, so what it needs lies here.
// NOLINTBEGIN(cppcoreguidelines-avoid-non-const-global-variables)
std::mutex hearer_mutex;
std::shared_ptr<const Hearer> hearer;  // Shared with the calls that are being made.
// A line may come in pieces, each by a call of its own; threads do not mix theirs.
thread_local std::string unfinished;
thread_local int prefix_wanted = 1;  // av_log_format_line2() keeps it.
// NOLINTEND(cppcoreguidelines-avoid-non-const-global-variables)

constexpr std::size_t kLineBytesMax = 1024;

void Pass(int level, const std::string& line) {
  std::shared_ptr<const Hearer> current;
  {
    const std::lock_guard lock(hearer_mutex);
    current = hearer;
  }
  if (current != nullptr && !line.empty()) {
    (*current)(level <= AV_LOG_ERROR ? Concern::kError : Concern::kWarning, line);
  }
}

void Take(void* speaker, int level, const char* format, std::va_list arguments) {
  if (level > AV_LOG_WARNING) {
    return;
  }
  std::array<char, kLineBytesMax> piece{};
  av_log_format_line2(speaker, level, format, arguments, piece.data(),
                      static_cast<int>(piece.size()), &prefix_wanted);
  unfinished += piece.data();
  std::size_t end = 0;
  while ((end = unfinished.find_first_of("\r\n")) != std::string::npos) {
    const std::string line = unfinished.substr(0, end);
    unfinished.erase(0, end + 1);
    Pass(level, line);
  }
  if (unfinished.size() > kLineBytesMax) {
    Pass(level, std::exchange(unfinished, ""));
  }
}

}  // namespace

void HearFfmpeg(Hearer hear) {
  {
    const std::lock_guard lock(hearer_mutex);
    hearer = hear ? std::make_shared<const Hearer>(std::move(hear)) : nullptr;
  }
  av_log_set_callback(Take);
}

}  // namespace weft::media
