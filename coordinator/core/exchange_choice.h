// How often chunks exchange latents where frames attend jointly: after every step, or after
// several, for which each then computes frames of its neighbours as well (deep halos). The frames
// are the same; what differs is the time, which is estimated here from bytes, arithmetic, the
// latency of a task and the workers at hand.

#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "weft/v1/job.pb.h"

namespace weft::coordinator {

// What the estimate reckons with.
struct ExchangeRates {
  double multiply_adds_per_second = 0;  // Of a worker.
  double bytes_per_second = 0;          // Of a worker's link, and of the store's, which all share.
  double task_seconds = 0;  // From the end of one task to the beginning of a worker's next.
  std::uint32_t workers = 1;
};

// Multiply-adds a second that a worker is taken to achieve with the job's model: on cpu, one
// thread, 60 GFLOP/s at two flops each; on cuda 20 TFLOP/s in float32, 100 in half the bits.
double NominalMultiplyAdds(const v1::JobSpec& spec);

// Of a gigabit network.
inline constexpr double kNetworkBytesPerSecond = 125e6;
// Between processes of one machine: the store's checksums and copies.
inline constexpr double kLocalBytesPerSecond = 1e9;

// workers, bytes_per_second: 0 counts as 1 and as a gigabit network.
ExchangeRates RatesOf(const v1::JobSpec& spec, std::uint32_t workers, double bytes_per_second);

// One way to do it. Figures are of all rounds that run the model; those that only smooth are the
// same in every way.
struct ExchangeCost {
  std::uint32_t round_steps = 1;  // At most, in a round.
  std::uint32_t rounds = 0;
  double frame_passes = 0;  // Frames that pass through the model.
  double multiply_adds = 0;
  double bytes = 0;    // Latents and control maps, stored and read.
  double seconds = 0;  // Of all workers together, one round after the other.
};

struct ExchangeChoice {
  ExchangeRates rates;
  ExchangeCost every_step;
  // The fastest of those with more steps. Of 1 where a round can have no more.
  ExchangeCost deep;

  // The faster of both; the first where they are equal.
  [[nodiscard]] const ExchangeCost& chosen() const {
    return deep.seconds < every_step.seconds ? deep : every_step;
  }
};

// Nothing where chunks exchange nothing within a round, so that it is as long as smoothing lets it
// (anchors, self), and where nothing is known of the model's cost. A pure function. Of clips with
// many chunks, some are taken for all. REQUIRES: CheckSpec(spec) and CheckClip(clip) hold.
std::optional<ExchangeChoice> WeighExchange(const v1::JobSpec& spec,
                                            const v1::Clip& clip,
                                            const ExchangeRates& rates);

// In words: what is chosen, and why.
std::string Reason(const ExchangeChoice& choice);

}  // namespace weft::coordinator
