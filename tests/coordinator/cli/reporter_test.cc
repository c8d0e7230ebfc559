#include "coordinator/cli/reporter.h"

#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "common/clock.h"

namespace weft::cli {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::StartsWith;

std::size_t Count(const std::string& text, char letter) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), letter));
}

TEST(BarReporter, RedrawsAtMostFiveTimesASecond) {
  std::ostringstream terminal;
  ManualClock clock;
  const auto reporter = MakeBarReporter(terminal, [] { return 60; });
  for (int i = 0; i < 100; ++i) {
    reporter->Progress(v1::JobStatus(), clock.Now());
    clock.Advance(milliseconds(10));
  }
  EXPECT_EQ(Count(terminal.str(), '\r'), 5U);
  EXPECT_EQ(Count(terminal.str(), '\n'), 0U);
}

TEST(BarReporter, WipesTheBarBeforeItSpeaks) {
  std::ostringstream terminal;
  const auto reporter = MakeBarReporter(terminal, [] { return 60; });
  reporter->Progress(v1::JobStatus(), Time());
  terminal.str("");
  reporter->Note("worker gone");
  EXPECT_EQ(terminal.str(), "\r\x1b[Kweft: worker gone\n");
  terminal.str("");
  reporter->Failed(Error(ErrorCode::kInternal, "two\nlines"), ExitCode::kFailed);
  EXPECT_EQ(terminal.str(), "weft: error: two lines\n");
}

TEST(BarReporter, LeavesNoBarBehind) {
  std::ostringstream terminal;
  auto reporter = MakeBarReporter(terminal, [] { return 60; });
  reporter->Progress(v1::JobStatus(), Time());
  terminal.str("");
  reporter.reset();
  EXPECT_EQ(terminal.str(), "\r\x1b[K");
}

TEST(PlainReporter, SpeaksEveryFiveSeconds) {
  std::ostringstream log;
  ManualClock clock;
  const auto reporter = MakePlainReporter(log);
  for (int i = 0; i < 100; ++i) {
    reporter->Progress(v1::JobStatus(), clock.Now());
    clock.Advance(milliseconds(100));
  }
  EXPECT_EQ(Count(log.str(), '\n'), 2U);
  EXPECT_THAT(log.str(), StartsWith("weft: start 0%"));
}

TEST(JsonReporter, WritesNothingButEvents) {
  std::ostringstream events;
  std::ostringstream log;
  const auto reporter = MakeJsonReporter(events, log);
  reporter->Progress(v1::JobStatus(), Time());
  reporter->Note("a note");
  reporter->Failed(Error(ErrorCode::kNotFound, "no such file"), ExitCode::kBadInput);
  std::istringstream lines(events.str());
  std::vector<std::string> kinds;
  for (std::string line; std::getline(lines, line);) {
    kinds.push_back(nlohmann::json::parse(line)["event"]);
  }
  EXPECT_THAT(kinds, testing::ElementsAre("progress", "note", "failed"));
  EXPECT_EQ(log.str(), "weft: error: no such file\n");
}

}  // namespace
}  // namespace weft::cli
