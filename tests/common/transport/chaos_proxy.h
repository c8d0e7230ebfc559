// A TCP proxy that mistreats what passes through it: real peers on both sides, a bad network
// between them.

#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <list>
#include <random>
#include <string>
#include <thread>

#include "common/time.h"

namespace weft {

class ChaosProxy {
 public:
  enum class Mood : std::uint8_t {
    kCalm,
    kSlow,      // What it passes on is late by up to a tenth of a second.
    kDeaf,      // Half-open: connections stand, and what the callers say is lost.
    kMute,      // Half-open: connections stand, and what the callers should hear is lost.
    kCutting,   // Connections break after a few kilobytes, in the midst of a message.
    kFlipping,  // One bit of some pieces is another one.
  };

  // Passes callers on to 127.0.0.1:`port`. The seed decides what becomes of which bytes.
  // Throws when it cannot listen.
  ChaosProxy(std::uint16_t port, std::uint32_t seed);
  ChaosProxy(const ChaosProxy&) = delete;
  ChaosProxy& operator=(const ChaosProxy&) = delete;
  ~ChaosProxy();

  // "tcp://127.0.0.1:N", where it listens.
  [[nodiscard]] std::string Address() const;

  // What was lost in half-open times stays lost: a stream with a hole in it is broken off once the
  // mood changes, as a machine does that finds its connection unknown.
  void SetMood(Mood mood) { mood_ = mood; }

  // Bits flipped, and connections broken, so far.
  [[nodiscard]] std::size_t FlipCount() const { return flips_; }
  [[nodiscard]] std::size_t CutCount() const { return cuts_; }

 private:
  struct Piece {
    Time due;
    std::string bytes;
  };
  struct Way {  // One direction of a call.
    int from = -1;
    int to = -1;
    std::deque<Piece> pieces = {};
    std::size_t carried = 0;  // Bytes.
    bool has_hole = false;
  };
  struct Call {
    Way up;
    Way down;
    bool broken = false;
  };

  void Work();
  void Accept();
  // Takes what has come.
  void Take(Call& call, Way& way, bool is_up);
  // Passes on what is due.
  void Give(Call& call, Way& way);
  void BreakIfHoled(Call& call);
  void Break(Call& call);

  const std::uint16_t target_;
  std::mt19937 random_;  // The thread's alone.
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::list<Call> calls_;
  std::atomic<Mood> mood_{Mood::kCalm};
  std::atomic<bool> stop_{false};
  std::atomic<std::size_t> flips_{0};
  std::atomic<std::size_t> cuts_{0};
  std::thread thread_;  // Last: it uses all of the above.
};

}  // namespace weft
