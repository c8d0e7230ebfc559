#include "coordinator/server/tick_gate.h"

#include <algorithm>
#include <chrono>

namespace weft::coordinator {
namespace {

constexpr Duration kStandstill = std::chrono::seconds(1);  // Turns take far less.
constexpr Duration kSettlingMin = std::chrono::seconds(1);
constexpr Duration kSettlingMax = std::chrono::seconds(10);
constexpr int kStandstillsMax = 3;   // That are waited for.
constexpr int kTurnsBehindMax = 64;  // A fraction of a second, and thousands of messages.

}  // namespace

bool TickGate::MayTick(Time now, bool heard_all) {
  const Duration stood = now - asked_;
  if (asked_ != Time{} && stood >= kStandstill && ++standstills_ <= kStandstillsMax) {
    settled_ = now + std::clamp(stood, kSettlingMin, kSettlingMax);
  }
  asked_ = now;
  turns_behind_ = heard_all ? 0 : turns_behind_ + 1;
  const bool may = now >= settled_ && turns_behind_ % kTurnsBehindMax == 0;
  standstills_ = may ? 0 : standstills_;
  return may;
}

}  // namespace weft::coordinator
