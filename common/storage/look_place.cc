#include "common/storage/look_place.h"

#include <cstddef>
#include <string_view>

namespace weft {
namespace {

constexpr std::string_view kBeginning = "weft://look/";
constexpr std::size_t kJobMax = 64;

}  // namespace

std::string LookPlace::Url() const {
  return std::string(kBeginning) + job;
}

std::optional<LookPlace> ParseLookUrl(const std::string& text) {
  if (text.rfind(kBeginning, 0) != 0) {
    return std::nullopt;
  }
  const std::string job = text.substr(kBeginning.size());
  const bool is_id = !job.empty() && job.size() <= kJobMax && job.find('/') == std::string::npos;
  return is_id ? std::optional(LookPlace{job}) : std::nullopt;
}

std::string LookBeside(const std::string& output) {
  return output + ".look";
}

}  // namespace weft
