#include "coordinator/core/exchange_choice.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "coordinator/core/task_cost.h"
#include "tests/coordinator/core/farm_script.h"
#include "tests/coordinator/core/plan_words.h"
#include "tests/coordinator/core/sample_job.h"

namespace weft::coordinator {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

// Ten steps, of which two are smoothed, so that four lie between.
v1::JobSpec PatternSpec() {
  v1::JobSpec spec = SampleSpec();
  spec.set_anchors_attended(0);
  spec.clear_controls();
  spec.mutable_attention()->set_kind(v1::ATTENTION_KIND_PATTERN);
  for (const int offset : {-1, 0, 1}) {
    spec.mutable_attention()->add_pattern(offset);
  }
  return spec;
}

v1::JobSpec WindowSpec() {
  v1::JobSpec spec = PatternSpec();
  spec.mutable_attention()->set_kind(v1::ATTENTION_KIND_WINDOW);
  spec.mutable_attention()->clear_pattern();
  spec.mutable_attention()->set_window(8);
  spec.mutable_attention()->set_stride(4);
  return spec;
}

v1::Clip Clip(std::uint32_t frames, double step_multiply_adds) {
  v1::Clip clip = SampleClip(frames);
  clip.set_step_multiply_adds(step_multiply_adds);
  clip.set_attended_multiply_adds(step_multiply_adds / 10);
  return clip;
}

// A step of a frame takes a second where its cost is 1.
ExchangeRates Rates() {
  return {.multiply_adds_per_second = 1, .bytes_per_second = 1e12, .task_seconds = 0, .workers = 4};
}

ExchangeChoice Weigh(const v1::JobSpec& spec, const v1::Clip& clip, const ExchangeRates& rates) {
  return WeighExchange(spec, clip, rates).value();
}

TEST(WeighExchange, ExchangesEveryStepWhereArithmeticIsDear) {
  const ExchangeChoice choice = Weigh(WindowSpec(), Clip(80, 1), Rates());
  EXPECT_EQ(choice.chosen().round_steps, 1U);
  EXPECT_GT(choice.deep.multiply_adds, 1.2 * choice.every_step.multiply_adds);
  EXPECT_LT(choice.deep.bytes, choice.every_step.bytes);
  EXPECT_THAT(Reason(choice), HasSubstr("exchange their latents after every step"));
}

TEST(WeighExchange, ComputesDeepHalosWhereTasksTakeLongToBegin) {
  ExchangeRates rates = Rates();
  rates.task_seconds = 100;
  const ExchangeChoice choice = Weigh(PatternSpec(), Clip(80, 1), rates);
  EXPECT_EQ(choice.chosen().round_steps, 5U) << "as long as smoothing lets a round be";
  EXPECT_EQ(choice.chosen().rounds, 2U);
  EXPECT_EQ(choice.every_step.rounds, 10U);
  EXPECT_THAT(Reason(choice), HasSubstr("compute deep halos: rounds of 5 steps"));
}

TEST(WeighExchange, ComputesDeepHalosWhereTheLinkIsSlow) {
  ExchangeRates rates = Rates();
  rates.bytes_per_second = 100;
  EXPECT_GT(Weigh(PatternSpec(), Clip(80, 1e-3), rates).chosen().round_steps, 1U);
  rates.bytes_per_second = 1e12;
  EXPECT_EQ(Weigh(PatternSpec(), Clip(80, 1e-3), rates).chosen().round_steps, 1U);
}

// Goal: the store's link is shared, so that it becomes too narrow with many workers.
TEST(WeighExchange, ComputesDeepHalosWhereManyWorkersShareTheStore) {
  ExchangeRates rates = Rates();
  rates.bytes_per_second = 2000;
  const v1::Clip clip = Clip(8 * 100, 3);
  rates.workers = 1;
  EXPECT_EQ(Weigh(PatternSpec(), clip, rates).chosen().round_steps, 1U);
  rates.workers = 100;
  EXPECT_GT(Weigh(PatternSpec(), clip, rates).chosen().round_steps, 1U);
}

TEST(WeighExchange, AClipOfOneChunkHasNothingToExchange) {
  const ExchangeChoice choice = Weigh(WindowSpec(), Clip(8, 1), Rates());
  EXPECT_DOUBLE_EQ(choice.deep.multiply_adds, choice.every_step.multiply_adds);
  EXPECT_LT(choice.deep.bytes, choice.every_step.bytes);
  EXPECT_EQ(choice.chosen().round_steps, 5U);
}

TEST(WeighExchange, CountsWhatThePlanComputes) {
  const v1::JobSpec spec = PatternSpec();
  v1::Clip clip = Clip(20, 1);
  const ExchangeChoice choice = Weigh(spec, clip, Rates());
  for (const ExchangeCost& cost : {choice.every_step, choice.deep}) {
    clip.set_round_steps(cost.round_steps);
    double weight = 0;
    for (const PlannedTask& task : Plan(spec, clip).tasks) {
      const auto named = [](const std::string& name, const auto& blob) {
        return blob.name.compare(0, name.size(), name) == 0;
      };
      const auto count = [&](const auto& blobs, const std::string& name) {
        return std::count_if(blobs.begin(), blobs.end(),
                             [&](const auto& blob) { return named(name, blob); });
      };
      if (task.place.stage == Stage::kDenoise && count(task.inputs, "x0") == 0) {
        const auto decoded = static_cast<std::size_t>(count(task.outputs, "picture/"));
        weight += task.weight - TaskCost::DecodeWork(decoded);
      }
    }
    EXPECT_DOUBLE_EQ(weight, 2 * cost.frame_passes) << "two sides";
  }
}

TEST(WeighExchange, IsForJobsThatExchangeLatentsWithinARound) {
  EXPECT_FALSE(WeighExchange(SampleSpec(), Clip(80, 1), Rates()));
  EXPECT_FALSE(WeighExchange(PatternSpec(), Clip(80, 0), Rates())) << "of unknown cost";
  v1::JobSpec spec = PatternSpec();
  spec.set_steps(1);
  spec.clear_smooth_steps();
  EXPECT_THAT(Reason(Weigh(spec, Clip(80, 1), Rates())), HasSubstr("no longer rounds"));
}

TEST(PlanJob, ReadsMoreAroundAChunkWhereARoundHasMoreSteps) {
  v1::JobSpec spec = PatternSpec();
  spec.set_steps(8);
  spec.clear_smooth_steps();
  spec.add_smooth_steps(1);
  spec.mutable_attention()->clear_pattern();
  for (const int offset : {-1, 0, 2}) {
    spec.mutable_attention()->add_pattern(offset);
  }
  v1::Clip clip = SampleClip(30);
  clip.set_round_steps(3);
  const JobPlan plan = Plan(spec, clip);
  ASSERT_EQ(plan.rounds.size(), 4U);
  const PlannedTask& last = Find(plan, Stage::kDenoise, 2, 3);  // Steps 5 to 7.
  EXPECT_THAT(last.context_frames, ElementsAre(13, 14, 15, 24, 25, 26, 27, 28, 29));
  EXPECT_THAT(InputsOf(last), UnorderedElementsAre("denoise 1.2 latents", "denoise 2.2 latents",
                                                   "denoise 3.2 latents"));
  // And four pictures for the neighbours.
  EXPECT_EQ(last.weight, 2 * 3 * ((8 + 3 + 3) + (8 + 1 + 2) + 8) + 4);
  spec.set_round_steps(1);
  EXPECT_EQ(Plan(spec, clip).rounds.size(), 9U) << "what the job asks for counts";
}

TEST(RatesOf, NamesNominalOnes) {
  v1::JobSpec spec = SampleSpec();
  EXPECT_EQ(RatesOf(spec, 0, 0).workers, 1U);
  EXPECT_EQ(RatesOf(spec, 0, 0).bytes_per_second, kNetworkBytesPerSecond);
  EXPECT_EQ(RatesOf(spec, 7, 5).bytes_per_second, 5);
  const double cpu = NominalMultiplyAdds(spec);
  spec.set_device("cuda");
  EXPECT_GT(NominalMultiplyAdds(spec), 10 * cpu);
}

// A worker whose probe says what the model costs: with workers at hand when the job came, and
// after they have gone and the coordinator began anew, it is the same plan.
TEST(Farm, RecordsTheChoiceWithTheJob) {
  for (const double task_cost : {1e6, 1e15}) {
    FarmScript farm;
    farm.Say("w", HelloMessage("w", 1));
    Reply reply = farm.Say("client", SubmitMessage("t", PatternSpec()));
    const auto probe = reply.Assignment("w");
    ASSERT_TRUE(probe);
    v1::ToCoordinator done = CompletedMessage(*probe);
    v1::Clip& clip = *done.mutable_task_completed()->mutable_result()->mutable_clip();
    clip.set_step_multiply_adds(task_cost);
    reply = farm.Say("w", done);
    const std::uint32_t expected = task_cost < 1e9 ? 5 : 1;
    EXPECT_EQ(reply.Assignments().front().clip().round_steps(), expected);
    const Job& job = farm.Subject().State().jobs.All().begin()->second;
    EXPECT_EQ(job.terms.workers_expected(), 1U);
    const std::vector<Round> rounds = job.plan.rounds;
    EXPECT_EQ(rounds.size(), expected == 5 ? 4U : 12U);
    farm.Restart();
    EXPECT_EQ(farm.Subject().State().jobs.All().begin()->second.plan.rounds, rounds);
  }
}

}  // namespace
}  // namespace weft::coordinator
