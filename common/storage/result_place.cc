#include "common/storage/result_place.h"

#include <algorithm>
#include <cstddef>
#include <optional>

#include "common/storage/upload_place.h"

namespace weft {
namespace {

constexpr std::string_view kScheme = "weft://";
constexpr std::string_view kMiddle = "/result/";
constexpr std::size_t kPieceDigits = 8;
constexpr std::size_t kNameMax = 180;  // Those of the files beside it are longer.

}  // namespace

std::string ResultPlace::Url() const {
  return std::string(kScheme) + OwnerWord(owner) + std::string(kMiddle) + name;
}

std::string ResultPlace::IndexName() const {
  return std::string(kMiddle.substr(1)) + OwnerWord(owner);
}

std::string ResultPieceSuffix(std::uint32_t file, std::uint32_t piece) {
  const std::string number = std::to_string(piece);
  return "/" + std::to_string(file) + "/" +
         std::string(kPieceDigits - std::min(kPieceDigits, number.size()), '0') + number;
}

bool IsResultPiece(std::string_view output, std::string_view index) {
  return index.substr(0, kMiddle.size() - 1) == kMiddle.substr(1) && output.size() > index.size() &&
         output.substr(0, index.size()) == index && output[index.size()] == '/';
}

Result<ResultPlace> ParseResultUrl(const std::string& url) {
  const std::size_t middle = url.find(kMiddle);
  std::optional<std::string> owner;
  if (IsResultUrl(url) && middle != std::string::npos && middle >= kScheme.size()) {
    owner = OwnerIn(std::string_view(url).substr(kScheme.size(), middle - kScheme.size()));
  }
  if (!owner.has_value()) {
    return Failure(ErrorCode::kInvalidArgument,
                   "'" + url +
                       "' is no place of a result that the coordinator keeps: it must be "
                       "weft://OWNER/result/NAME");
  }
  ResultPlace place{*owner, url.substr(middle + kMiddle.size())};
  WEFT_RETURN_IF_ERROR(CheckOwnerName(place.owner));
  WEFT_RETURN_IF_ERROR(CheckFileName(place.name));
  if (place.name.size() > kNameMax) {
    return Failure(ErrorCode::kInvalidArgument,
                   "'" + place.name + "' is too long for a result's name: at most 180 bytes");
  }
  return place;
}

bool IsResultUrl(const std::string& place) {
  return place.rfind(kScheme, 0) == 0;
}

bool LeadsToResult(std::string_view key) {
  return key.find(kMiddle) != std::string_view::npos;
}

bool LeadsToResultOf(std::string_view key, const std::string& owner) {
  const std::string index = OwnerWord(owner);
  const std::size_t middle = key.find(kMiddle);
  if (middle == std::string_view::npos) {
    return false;
  }
  const std::string_view rest = key.substr(middle + kMiddle.size());
  return rest == index || rest.substr(0, index.size() + 1) == index + "/";
}

}  // namespace weft
