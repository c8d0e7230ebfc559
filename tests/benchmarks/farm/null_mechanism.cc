#include <string>

#include "tests/benchmarks/farm/zmtp_frame.h"
#include "tests/benchmarks/farm/zmtp_mechanism.h"

namespace weft::bench {
namespace {

constexpr std::string_view kReady = "\5READY";

class NullMechanism : public ZmtpMechanism {
 public:
  [[nodiscard]] std::string_view Name() const override { return "NULL"; }

  std::string Begin() override { return std::string(kReady) + DealerMetadata(); }

  std::string Answer(std::string_view command) override {
    is_open_ = IsCommand(command, kReady);
    return {};
  }

  [[nodiscard]] bool IsOpen() const override { return is_open_; }

  void Wrap(const ZmtpContent& content, std::string& out) override {
    AppendFrame(content.is_command, content.bytes, out);
  }

  ZmtpContent Unwrap(bool is_command, std::string_view body) override { return {is_command, body}; }

 private:
  bool is_open_ = false;
};

}  // namespace

std::unique_ptr<ZmtpMechanism> MakeNullMechanism() {
  return std::make_unique<NullMechanism>();
}

}  // namespace weft::bench
