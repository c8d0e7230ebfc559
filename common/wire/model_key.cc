#include "common/wire/model_key.h"

#include <cstdint>
#include <cstring>
#include <string_view>

#include "common/checksum.h"

namespace weft {
namespace {

std::string Hexadecimal(std::uint64_t number) {
  constexpr int kDigits = 16;
  constexpr std::uint64_t kDigit = 15;
  constexpr int kDigitBits = 4;
  std::string text(kDigits, '0');
  for (auto digit = text.rbegin(); digit != text.rend(); ++digit, number >>= kDigitBits) {
    *digit = "0123456789abcdef"[number & kDigit];
  }
  return text;
}

// Written field by field: Protobuf's own bytes may differ between builds.
class Parts {
 public:
  void Add(std::string_view text) {
    text_ += std::to_string(text.size()) + ":";
    text_ += text;
  }
  void Add(double number) {
    std::uint64_t bits = 0;
    std::memcpy(&bits, &number, sizeof(bits));
    Add(Hexadecimal(bits));
  }
  void Add(std::int64_t number) { Add(std::to_string(number)); }

  [[nodiscard]] std::string Take() { return std::move(text_); }

 private:
  std::string text_;
};

}  // namespace

std::string ModelParts(const v1::JobSpec& job) {
  if (job.model_path().empty()) {
    return {};
  }
  Parts parts;
  parts.Add(job.model_path());
  parts.Add(job.vae_path());
  parts.Add(job.tokenizer_path());
  parts.Add(std::int64_t{job.data_type()});
  parts.Add(std::int64_t{job.clip_skip()});
  parts.Add(std::int64_t{job.controls_size()});
  for (const v1::Control& control : job.controls()) {
    parts.Add(control.net_path());
  }
  parts.Add(std::int64_t{job.loras_size()});
  for (const v1::Lora& lora : job.loras()) {
    parts.Add(lora.path());
    parts.Add(lora.weight());
  }
  for (const std::string& path : job.embedding_paths()) {
    parts.Add(path);
  }
  return parts.Take();
}

std::string ModelKey(const v1::JobSpec& job) {
  const std::string parts = ModelParts(job);
  return parts.empty() ? std::string() : Hexadecimal(Xxh3(parts));
}

}  // namespace weft
