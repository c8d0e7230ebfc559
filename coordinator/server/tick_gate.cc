#include "coordinator/server/tick_gate.h"

#include <chrono>

namespace weft::coordinator {
namespace {

constexpr Duration kStandstill = std::chrono::seconds(1);  // Turns take far less.
constexpr Duration kSettling = std::chrono::seconds(1);
constexpr int kTurnsBehindMax = 64;  // A fraction of a second, and thousands of messages.

}  // namespace

bool TickGate::MayTick(Time now, bool heard_all) {
  if (asked_ != Time{} && now - asked_ >= kStandstill) {
    settled_ = now + kSettling;
  }
  asked_ = now;
  turns_behind_ = heard_all ? 0 : turns_behind_ + 1;
  return now >= settled_ && turns_behind_ % kTurnsBehindMax == 0;
}

}  // namespace weft::coordinator
