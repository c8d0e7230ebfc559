#include "tests/benchmarks/film/simulate_film.h"

#include <gtest/gtest.h>

#include "tests/coordinator/core/sample_job.h"

namespace weft::bench {
namespace {

FilmOrder Short(std::uint32_t workers) {
  FilmOrder order;
  order.spec = coordinator::SampleSpec();
  order.clip = coordinator::SampleClip(800);
  order.rates = {.probe_frame = 0.001,
                 .annotate_frame = 0.01,
                 .step_frame = 0.1,
                 .smooth_frame = 0.5,
                 .finish_frame = 0.5,
                 .assemble_frame = 0.001,
                 .task = 0.01};
  order.workers = workers;
  return order;
}

TEST(SimulateFilm, OneWorkerTakesAsLongAsItsTasks) {
  const auto figures = SimulateFilm(Short(1));
  ASSERT_TRUE(figures) << figures.error().message();
  EXPECT_NEAR(figures->seconds, figures->work_seconds, 0.01 * figures->work_seconds);
  EXPECT_GT(figures->tasks, 100U);
}

TEST(SimulateFilm, ManyWorkersAreFasterButNeverThanTheLongestChain) {
  const auto one = SimulateFilm(Short(1));
  const auto ten = SimulateFilm(Short(10));
  const auto all = SimulateFilm(Short(1000));
  ASSERT_TRUE(one && ten && all);
  EXPECT_EQ(ten->tasks, one->tasks);
  EXPECT_NEAR(ten->work_seconds, one->work_seconds, 1e-6 * one->work_seconds)
      << "a task takes as long whoever runs it";
  EXPECT_GT(one->seconds, 7 * ten->seconds);
  EXPECT_LT(one->seconds, 10 * ten->seconds + 1);
  EXPECT_GE(all->seconds, 0.999 * all->critical_seconds);
}

TEST(SimulateFilm, PartsOfTheProbeRunBesideEachOther) {
  FilmOrder order = Short(10);
  order.rates.probe_frame = 10;
  order.spread = 0;
  const auto alone = SimulateFilm(order);
  order.clip = coordinator::SampleClip(800, 80);
  const auto in_parts = SimulateFilm(order);
  ASSERT_TRUE(alone && in_parts);
  EXPECT_EQ(in_parts->tasks, alone->tasks + 11) << "ten parts and what joins them";
  EXPECT_LT(in_parts->seconds, alone->seconds - 0.8 * 800 * 10);
  EXPECT_LT(in_parts->critical_seconds, alone->critical_seconds - 0.8 * 800 * 10);
  EXPECT_NEAR(in_parts->work_seconds, alone->work_seconds, 0.2 * alone->work_seconds);
}

TEST(SimulateFilm, GivesTheSameFiguresAgain) {
  const auto once = SimulateFilm(Short(7));
  const auto again = SimulateFilm(Short(7));
  ASSERT_TRUE(once && again);
  EXPECT_EQ(once->seconds, again->seconds);
}

TEST(SimulateFilm, SaysWhyAFilmCannotBePlanned) {
  FilmOrder order = Short(1);
  order.spec.set_chunk_frames(1);
  order.clip = coordinator::SampleClip(50'000);
  EXPECT_FALSE(SimulateFilm(order));
}

}  // namespace
}  // namespace weft::bench
