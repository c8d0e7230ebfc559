#include "common/storage/model_place.h"

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "common/storage/upload_place.h"

namespace weft {
namespace {

constexpr std::string_view kBeginning = "weft://model/";
constexpr std::size_t kSumDigits = 64;

}  // namespace

std::string ModelPlace::Url() const {
  return std::string(kBeginning) + sha256 + "/" + name;
}

std::optional<ModelPlace> ParseModelUrl(const std::string& text) {
  if (text.rfind(kBeginning, 0) != 0) {
    return std::nullopt;
  }
  const std::string rest = text.substr(kBeginning.size());
  const std::size_t slash = rest.find('/');
  const bool has_sum =
      slash == kSumDigits && std::all_of(rest.begin(), rest.begin() + kSumDigits, [](char letter) {
        return (letter >= '0' && letter <= '9') || (letter >= 'a' && letter <= 'f');
      });
  if (!has_sum) {
    return std::nullopt;
  }
  ModelPlace place{rest.substr(0, slash), rest.substr(slash + 1)};
  const bool is_name = CheckFileName(place.name).has_value() && IsNameInPlace(place.name);
  return is_name ? std::optional(std::move(place)) : std::nullopt;
}

bool IsNameInPlace(const std::string& name) {
  constexpr int kPartsMax = 6;
  int parts = 0;
  for (std::size_t begin = 0; begin <= name.size();) {
    const std::size_t end = std::min(name.find('/', begin), name.size());
    const std::string part = name.substr(begin, end - begin);
    if (!CheckFileName(part) || part.front() == '.' || ++parts > kPartsMax) {
      return false;
    }
    begin = end + 1;
  }
  return true;
}

}  // namespace weft
