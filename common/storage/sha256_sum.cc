#include "common/storage/sha256_sum.h"

#include <array>
#include <cerrno>
#include <fstream>
#include <ios>
#include <system_error>

#include <openssl/evp.h>

namespace weft {

struct Sha256Sum::State {
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context{EVP_MD_CTX_new(),
                                                                  &EVP_MD_CTX_free};
};

Sha256Sum::Sha256Sum() : state_(std::make_unique<State>()) {
  EVP_DigestInit_ex(state_->context.get(), EVP_sha256(), nullptr);
}

Sha256Sum::~Sha256Sum() = default;

void Sha256Sum::Add(std::string_view bytes) {
  EVP_DigestUpdate(state_->context.get(), bytes.data(), bytes.size());
}

std::string Sha256Sum::Take() {
  constexpr unsigned kHalf = 4;
  constexpr unsigned kLow = 15;
  std::array<unsigned char, EVP_MAX_MD_SIZE> sum{};
  unsigned size = 0;
  EVP_DigestFinal_ex(state_->context.get(), sum.data(), &size);
  std::string text;
  for (unsigned place = 0; place < size; ++place) {
    text += "0123456789abcdef"[sum[place] >> kHalf];
    text += "0123456789abcdef"[sum[place] & kLow];
  }
  return text;
}

Result<std::string> Sha256OfFile(const std::string& path) {
  constexpr std::size_t kAtATime = 1 << 20;
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    return Failure(ErrorCode::kNotFound,
                   "cannot open " + path + ": " + std::generic_category().message(errno));
  }
  Sha256Sum sum;
  std::string piece(kAtATime, '\0');
  while (file) {
    file.read(piece.data(), static_cast<std::streamsize>(piece.size()));
    sum.Add(std::string_view(piece).substr(0, static_cast<std::size_t>(file.gcount())));
  }
  if (file.bad()) {
    return Failure(ErrorCode::kUnavailable, "cannot read " + path);
  }
  return sum.Take();
}

}  // namespace weft
