#include <array>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>

#include <sodium.h>
#include <zmq.h>

#include "tests/benchmarks/farm/zmtp_frame.h"
#include "tests/benchmarks/farm/zmtp_mechanism.h"

namespace weft::bench {
namespace {

constexpr std::string_view kHello = "\5HELLO";
constexpr std::string_view kWelcome = "\7WELCOME";
constexpr std::string_view kInitiate = "\10INITIATE";
constexpr std::string_view kReady = "\5READY";
constexpr std::string_view kMessage = "\7MESSAGE";
constexpr std::size_t kHelloPadding = 72;
constexpr std::size_t kHelloSecret = 64;  // Zeros, in the box.
constexpr std::size_t kShortNonce = 8;
constexpr std::size_t kLongNonce = 16;
constexpr std::size_t kCookie = 96;
constexpr unsigned kCommandFlag = 2;  // Of a message's content.

using Key = std::array<unsigned char, crypto_box_PUBLICKEYBYTES>;
static_assert(crypto_box_SECRETKEYBYTES == crypto_box_PUBLICKEYBYTES);
static_assert(crypto_box_BEFORENMBYTES == crypto_box_PUBLICKEYBYTES);

const unsigned char* Unsigned(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

unsigned char* Unsigned(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}

std::string_view Text(const Key& key) {
  return {reinterpret_cast<const char*>(key.data()), key.size()};
}

Key FromHalf(const std::string& half) {
  Key key{};
  if (!IsCurveHalf(half) || ::zmq_z85_decode(key.data(), half.c_str()) == nullptr) {
    throw std::invalid_argument("not a half of CURVE's keys: " + half);
  }
  return key;
}

Key FromBytes(std::string_view bytes) {
  Key key{};
  bytes.copy(reinterpret_cast<char*>(key.data()), key.size());
  return key;
}

// What two sides have in common, each of its own secret half and the other's public one.
Key Common(const Key& their_public, const Key& my_secret) {
  Key common{};
  if (::crypto_box_beforenm(common.data(), their_public.data(), my_secret.data()) != 0) {
    throw std::runtime_error("the coordinator's key is none");
  }
  return common;
}

// Appends the box. nonce: 24 bytes, never twice with the same key.
void AppendBox(std::string_view content,
               const std::string& nonce,
               const Key& common,
               std::string& out) {
  const std::size_t begin = out.size();
  out.resize(begin + crypto_box_MACBYTES + content.size());
  ::crypto_box_easy_afternm(Unsigned(out) + begin, Unsigned(content), content.size(),
                            Unsigned(nonce), common.data());
}

void OpenBox(std::string_view box, const std::string& nonce, const Key& common, std::string& out) {
  if (box.size() < crypto_box_MACBYTES) {
    throw std::runtime_error("the coordinator says too little over CURVE");
  }
  out.resize(box.size() - crypto_box_MACBYTES);
  if (::crypto_box_open_easy_afternm(Unsigned(out), Unsigned(box), box.size(), Unsigned(nonce),
                                     common.data()) != 0) {
    throw std::runtime_error("the coordinator's box cannot be opened");
  }
}

// The part of a command, which is checked to be there.
std::string_view Part(std::string_view command, std::size_t offset, std::size_t size) {
  if (command.size() < offset + size) {
    throw std::runtime_error("the coordinator says too little over CURVE");
  }
  return command.substr(offset, size);
}

class CurveMechanism : public ZmtpMechanism {
 public:
  CurveMechanism(const CurveKeys& keys, const std::string& server)
      : public_(FromHalf(keys.public_half)),
        secret_(FromHalf(keys.secret_half)),
        server_(FromHalf(server)) {
    if (::sodium_init() < 0 ||
        ::crypto_box_keypair(short_public_.data(), short_secret_.data()) != 0) {
      throw std::runtime_error("libsodium does not start");
    }
  }

  [[nodiscard]] std::string_view Name() const override { return "CURVE"; }

  std::string Begin() override {
    std::string hello(kHello);
    hello.append({1, 0});  // CurveZMQ's version.
    hello.append(kHelloPadding, '\0');
    hello.append(Text(short_public_));
    const std::string nonce = NextNonce(hello);
    AppendBox(std::string(kHelloSecret, '\0'), "CurveZMQHELLO---" + nonce,
              Common(server_, short_secret_), hello);
    return hello;
  }

  std::string Answer(std::string_view command) override {
    if (IsCommand(command, kWelcome)) {
      return Initiate(command);
    }
    if (!IsCommand(command, kReady)) {
      throw std::runtime_error("the coordinator refuses a connection");
    }
    OpenNumbered(command, kReady, "CurveZMQREADY---");  // Metadata, which nobody needs.
    is_open_ = true;
    return {};
  }

  [[nodiscard]] bool IsOpen() const override { return is_open_; }

  void Wrap(const ZmtpContent& content, std::string& out) override {
    content_.assign(1, static_cast<char>(content.is_command ? kCommandFlag : 0U));
    content_.append(content.bytes);
    wrapped_.assign(kMessage);
    const std::string nonce = NextNonce(wrapped_);
    AppendBox(content_, "CurveZMQMESSAGEC" + nonce, common_, wrapped_);
    AppendFrame(false, wrapped_, out);
  }

  ZmtpContent Unwrap(bool /*is_command*/, std::string_view body) override {
    if (!IsCommand(body, kMessage)) {
      throw std::runtime_error("the coordinator says something openly over CURVE");
    }
    OpenNumbered(body, kMessage, "CurveZMQMESSAGES");
    const std::string_view opened = opened_;
    const unsigned flags = static_cast<unsigned char>(Part(opened, 0, 1).front());
    return {(flags & kCommandFlag) != 0, opened.substr(1)};
  }

 private:
  // Appends the short nonce of what comes next, and returns it.
  std::string NextNonce(std::string& out) {
    std::string nonce;
    AppendNumber(++said_, kShortNonce, nonce);
    out.append(nonce);
    return nonce;
  }

  // A command that is a name, a short nonce and a box between both sides' short-lived keys.
  void OpenNumbered(std::string_view command, std::string_view name, std::string_view nonce_head) {
    const std::string_view nonce = Part(command, name.size(), kShortNonce);
    const std::uint64_t number = NumberIn(nonce, kShortNonce);
    if (number <= heard_) {
      throw std::runtime_error("the coordinator repeats itself over CURVE");
    }
    heard_ = number;
    OpenBox(command.substr(name.size() + kShortNonce), std::string(nonce_head).append(nonce),
            common_, opened_);
  }

  std::string Initiate(std::string_view welcome) {
    const std::string_view nonce = Part(welcome, kWelcome.size(), kLongNonce);
    OpenBox(welcome.substr(kWelcome.size() + kLongNonce), std::string("WELCOME-").append(nonce),
            Common(server_, short_secret_), opened_);
    const Key short_server = FromBytes(Part(opened_, 0, Key().size()));
    common_ = Common(short_server, short_secret_);
    std::string initiate(kInitiate);
    initiate.append(Part(opened_, Key().size(), kCookie));
    const std::string initiate_nonce = NextNonce(initiate);
    AppendBox(std::string(Text(public_)) + Vouch(short_server) + DealerMetadata(),
              "CurveZMQINITIATE" + initiate_nonce, common_, initiate);
    return initiate;
  }

  // That whoever has the secret half of `public_` is the one who has the short-lived key.
  [[nodiscard]] std::string Vouch(const Key& short_server) const {
    std::string vouch(kLongNonce, '\0');
    ::randombytes_buf(vouch.data(), vouch.size());
    const std::string nonce = "VOUCH---" + vouch;
    AppendBox(std::string(Text(short_public_)).append(Text(server_)), nonce,
              Common(short_server, secret_), vouch);
    return vouch;
  }

  const Key public_;
  const Key secret_;
  const Key server_;
  Key short_public_{};  // Of this connection.
  Key short_secret_{};
  Key common_{};             // Of both short-lived keys.
  std::uint64_t said_ = 0;   // The last short nonce.
  std::uint64_t heard_ = 0;  // Likewise, the coordinator's.
  bool is_open_ = false;
  std::string content_;  // Kept for their memory, as what follows.
  std::string wrapped_;
  std::string opened_;
};

}  // namespace

std::unique_ptr<ZmtpMechanism> MakeCurveMechanism(const CurveKeys& keys,
                                                  const std::string& server) {
  return std::make_unique<CurveMechanism>(keys, server);
}

}  // namespace weft::bench
