#include "coordinator/core/exchange_choice.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <numeric>
#include <set>
#include <vector>

#include "common/plan/deep_halo.h"
#include "common/plan/rounds.h"
#include "common/wire/attention_wire.h"
#include "coordinator/core/schedule.h"
#include "coordinator/core/task_cost.h"

namespace weft::coordinator {
namespace {

// Of one task, or of the mean one.
struct Load {
  double passes = 0;
  double multiply_adds = 0;
  double bytes = 0;
};

void Add(const Load& load, double times, Load& sum) {
  sum.passes += times * load.passes;
  sum.multiply_adds += times * load.multiply_adds;
  sum.bytes += times * load.bytes;
}

class Weighing {
 public:
  Weighing(const v1::JobSpec& spec,
           const v1::Clip& clip,
           const FrameAttention& attention,
           const ExchangeRates& rates)
      : spec_(spec), clip_(clip), attention_(attention), rates_(rates), sizes_(spec, clip) {}

  [[nodiscard]] ExchangeChoice Choose() const {
    ExchangeChoice choice{rates_, CostOf(1), {}};
    choice.deep = choice.every_step;
    const std::uint32_t longest = LongestRound();
    for (std::uint32_t steps = 2; steps <= longest; ++steps) {
      const ExchangeCost cost = CostOf(steps);
      if (steps == 2 || cost.seconds < choice.deep.seconds) {
        choice.deep = cost;
      }
    }
    return choice;
  }

 private:
  [[nodiscard]] std::vector<Round> Rounds(std::uint32_t round_steps) const {
    std::vector<Round> rounds = JointRounds(spec_, round_steps);
    rounds.erase(std::remove_if(rounds.begin(), rounds.end(),
                                [](const Round& round) { return !RunsUnet(round); }),
                 rounds.end());
    return rounds;
  }

  // What smoothing leaves of it.
  [[nodiscard]] std::uint32_t LongestRound() const {
    std::uint32_t longest = 1;
    for (const Round& round : Rounds(kRoundStepsMax)) {
      longest = std::max(longest, Evaluations(round));
    }
    return longest;
  }

  [[nodiscard]] ExchangeCost CostOf(std::uint32_t round_steps) const {
    ExchangeCost cost{.round_steps = round_steps};
    const double chunks = ChunkCount();
    const double turns = std::ceil(chunks / rates_.workers);
    std::map<std::uint32_t, Load> means;  // By evaluations.
    for (const Round& round : Rounds(round_steps)) {
      const std::uint32_t evaluations = Evaluations(round);
      if (means.count(evaluations) == 0) {
        means[evaluations] = MeanLoad(evaluations);
      }
      const Load& load = means[evaluations];
      const double task = load.multiply_adds / rates_.multiply_adds_per_second +
                          load.bytes / rates_.bytes_per_second + rates_.task_seconds;
      ++cost.rounds;
      cost.frame_passes += chunks * load.passes;
      cost.multiply_adds += chunks * load.multiply_adds;
      cost.bytes += chunks * load.bytes;
      // All of it goes through the store.
      cost.seconds += std::max(turns * task, chunks * load.bytes / rates_.bytes_per_second);
    }
    return cost;
  }

  [[nodiscard]] std::uint32_t ChunkCount() const {
    return (clip_.frame_count() + spec_.chunk_frames() - 1) / spec_.chunk_frames();
  }

  // Of chunks that lie evenly in the clip.
  [[nodiscard]] Load MeanLoad(std::uint32_t evaluations) const {
    constexpr std::uint32_t kSampleMax = 8;
    const std::uint32_t chunks = ChunkCount();
    const std::uint32_t sample = std::min(chunks, kSampleMax);
    Load mean;
    for (std::uint32_t i = 0; i < sample; ++i) {
      const std::uint32_t chunk = sample == 1 ? 0 : i * (chunks - 1) / (sample - 1);
      Add(TaskLoad(chunk, evaluations), 1.0 / sample, mean);
    }
    return mean;
  }

  [[nodiscard]] Load TaskLoad(std::uint32_t chunk, std::uint32_t evaluations) const {
    const std::uint32_t begin = chunk * spec_.chunk_frames();
    std::vector<int> core(std::min(spec_.chunk_frames(), clip_.frame_count() - begin));
    std::iota(core.begin(), core.end(), static_cast<int>(begin));
    const DeepHalo halo =
        DeepHaloOf(attention_, core, static_cast<int>(clip_.frame_count()), evaluations);
    std::uint64_t frame_bytes = sizes_.LatentBytes();
    for (const v1::Control& control : spec_.controls()) {
      frame_bytes += sizes_.ControlBytes(control);
    }
    return {
        halo.passes,
        halo.passes * clip_.step_multiply_adds() + halo.attended * clip_.attended_multiply_adds(),
        static_cast<double>(FramesFetched(halo.read) * frame_bytes +
                            core.size() * sizes_.LatentBytes())};
  }

  // Chunks are fetched whole.
  [[nodiscard]] std::uint64_t FramesFetched(const std::vector<int>& read) const {
    std::set<std::uint32_t> begins;
    for (const int frame : read) {
      begins.insert(static_cast<std::uint32_t>(frame) / spec_.chunk_frames() *
                    spec_.chunk_frames());
    }
    std::uint64_t frames = 0;
    for (const std::uint32_t begin : begins) {
      frames += std::min(spec_.chunk_frames(), clip_.frame_count() - begin);
    }
    return frames;
  }

  const v1::JobSpec& spec_;
  const v1::Clip& clip_;
  const FrameAttention& attention_;
  const ExchangeRates& rates_;
  const TaskCost sizes_;
};

// "4.2 % more", or as much `less`.
std::string Change(double now, double before, const std::string& less) {
  const double percent = 100 * (now / before - 1);
  char text[32];
  std::snprintf(text, sizeof(text), "%.3g %% ", std::abs(percent));
  return text + (percent < 0 ? less : "more");
}

}  // namespace

double NominalMultiplyAdds(const v1::JobSpec& spec) {
  constexpr double kCpu = 30e9;
  constexpr double kCuda = 10e12;
  constexpr double kCudaHalf = 50e12;
  if (spec.device() == "cpu" || spec.device().empty()) {
    return kCpu;
  }
  const bool is_half =
      spec.data_type() == v1::DATA_TYPE_FLOAT16 || spec.data_type() == v1::DATA_TYPE_BFLOAT16;
  return is_half ? kCudaHalf : kCuda;
}

ExchangeRates RatesOf(const v1::JobSpec& spec, std::uint32_t workers, double bytes_per_second) {
  // A result is told, written down and answered with the next task, whose blobs are asked for.
  constexpr double kTaskSeconds = 0.02;
  return {.multiply_adds_per_second = NominalMultiplyAdds(spec),
          .bytes_per_second = bytes_per_second > 0 ? bytes_per_second : kNetworkBytesPerSecond,
          .task_seconds = kTaskSeconds,
          .workers = std::max(workers, 1U)};
}

std::optional<ExchangeChoice> WeighExchange(const v1::JobSpec& spec,
                                            const v1::Clip& clip,
                                            const ExchangeRates& rates) {
  const auto attention = JointAttentionOf(spec);
  if (!attention || clip.step_multiply_adds() <= 0) {
    return std::nullopt;
  }
  return Weighing(spec, clip, *attention, rates).Choose();
}

std::string Reason(const ExchangeChoice& choice) {
  const ExchangeCost& every = choice.every_step;
  const ExchangeCost& deep = choice.deep;
  if (deep.round_steps == 1) {
    return "chunks exchange their latents after every step: smoothing leaves no longer rounds";
  }
  const bool goes_deep = choice.chosen().round_steps > 1;
  return std::string(goes_deep ? "chunks compute deep halos: rounds of "
                               : "chunks exchange their latents after every step: rounds of ") +
         std::to_string(deep.round_steps) +
         (goes_deep ? " steps ask for " : " steps would ask for ") +
         Change(deep.multiply_adds, every.multiply_adds, "less") + " arithmetic, " +
         Change(deep.bytes, every.bytes, "fewer") + " bytes, " +
         Change(deep.rounds, every.rounds, "fewer") + " tasks and " +
         Change(deep.seconds, every.seconds, "less") + " time";
}

}  // namespace weft::coordinator
