#include "tests/benchmarks/film/measured_rates.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weft::bench {
namespace {

using ::testing::HasSubstr;

const char* const kStep = R"({"part": "step", "size": "64x32", "batch": 4, "seconds_median": 2})";
const char* const kVae = R"({"part": "vae", "size": "64x32", "batch": 1, "seconds_median": 10})";
const char* const kDeflicker =
    R"({"part": "deflicker", "size": "32x32", "window": 4, "ms_per_frame": 1000})";
const char* const kStages =
    R"({"part": "stages", "open_frame": 5, "probe_frame": 1, "encode_frame": 2, )"
    R"("assemble_frame": 3, "task": 4})";

std::string Lines(const std::vector<std::string>& lines) {
  std::string text = "{\"part\": \"machine\", \"name\": \"any\"}\n";
  for (const std::string& line : lines) {
    text += line + "\n";
  }
  return text;
}

TEST(MeasuredRates, AreThoseOfAFrame) {
  const auto rates = RatesFrom(Lines({kStep, kVae, kDeflicker, kStages}), 4);
  ASSERT_TRUE(rates) << rates.error().message();
  EXPECT_EQ(rates->step_frame, 0.5);
  EXPECT_DOUBLE_EQ(rates->smooth_frame, 10 + 2 + 2 * 4.5) << "of twice the pixels";
  EXPECT_DOUBLE_EQ(rates->finish_frame, 10 + 2 + 0.6 * 2);
  EXPECT_DOUBLE_EQ(rates->encode_frame, 1.5 * 2);
  EXPECT_EQ(rates->open_frame, 5);
  EXPECT_EQ(rates->probe_frame, 1);
  EXPECT_EQ(rates->assemble_frame, 3);
  EXPECT_EQ(rates->task, 4);
}

TEST(MeasuredRates, SayWhatIsMissing) {
  const auto complaint = [](const std::string& lines, std::uint32_t window = 4) {
    const auto rates = RatesFrom(lines, window);
    return rates ? "none" : rates.error().message();
  };
  EXPECT_THAT(complaint(Lines({kStep, kVae, kStages})), HasSubstr("no line of part deflicker"));
  EXPECT_THAT(complaint(Lines({kStep, kVae, kDeflicker, R"({"part": "stages"})"})),
              HasSubstr("stages has no figure encode_frame"));
  EXPECT_THAT(complaint(Lines({kStep, kVae, kDeflicker, kStages}), 5), HasSubstr("another window"));
  EXPECT_THAT(complaint("much faster"), HasSubstr("not a line of weft-bench"));
}

}  // namespace
}  // namespace weft::bench
