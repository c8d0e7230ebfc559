// How a simulated worker's plain socket opens a ZMTP connection and wraps what it says over it:
// openly, or by CURVE, as the worker's side of either.

#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "common/transport/curve_keys.h"

namespace weft::bench {

struct ZmtpContent {
  bool is_command = false;
  std::string_view bytes;
};

class ZmtpMechanism {
 public:
  ZmtpMechanism() = default;
  ZmtpMechanism(const ZmtpMechanism&) = delete;
  ZmtpMechanism& operator=(const ZmtpMechanism&) = delete;
  virtual ~ZmtpMechanism() = default;

  // As the greeting has it.
  [[nodiscard]] virtual std::string_view Name() const = 0;

  // The command that opens a connection, once the greetings are said.
  virtual std::string Begin() = 0;

  // What a command of the other side's is answered with while the connection is not open; empty:
  // nothing. Throws std::runtime_error where it is not what belongs here.
  virtual std::string Answer(std::string_view command) = 0;

  // From here on content is carried, and commands are answered no more.
  [[nodiscard]] virtual bool IsOpen() const = 0;

  // Appends a frame that carries `content`. REQUIRES: IsOpen().
  virtual void Wrap(const ZmtpContent& content, std::string& out) = 0;

  // What a frame carries; until the next call, and as long as the frame's body is there.
  // Throws std::runtime_error where the other side cannot have said it. REQUIRES: IsOpen().
  virtual ZmtpContent Unwrap(bool is_command, std::string_view body) = 0;
};

// NULL (RFC 37).
std::unique_ptr<ZmtpMechanism> MakeNullMechanism();

// CURVE, the client's side (RFC 26, "CurveZMQ").
// keys: the worker's own; server: the listener's public half.
// Throws std::invalid_argument where they are no halves.
std::unique_ptr<ZmtpMechanism> MakeCurveMechanism(const CurveKeys& keys, const std::string& server);

}  // namespace weft::bench
