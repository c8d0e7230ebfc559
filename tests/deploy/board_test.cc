// The board and the alerts ask Prometheus only for what the coordinator tells it.

#include <fstream>
#include <regex>
#include <set>
#include <sstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "coordinator/http/metrics.h"
#include "coordinator/http/process_metrics.h"

namespace weft::coordinator {
namespace {

using ::testing::Contains;
using ::testing::IsEmpty;
using ::testing::IsSubsetOf;
using ::testing::Not;

std::string TextOf(const std::string& path) {
  std::ifstream file(std::string(WEFT_SOURCE_DIR "/deploy/") + path);
  EXPECT_TRUE(file.is_open()) << path;
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::set<std::string> Matches(const std::string& text, const std::regex& pattern) {
  std::set<std::string> found;
  for (auto match = std::sregex_iterator(text.begin(), text.end(), pattern);
       match != std::sregex_iterator(); ++match) {
    found.insert((*match)[1]);
  }
  return found;
}

// Names that are followed by a selection of series.
std::set<std::string> Wanted(const std::string& expressions) {
  return Matches(expressions, std::regex("\\b((?:weft|process)_[a-z_]+)\\{"));
}

std::set<std::string> Exported() {
  v1::FarmStatus status;
  status.add_jobs()->set_state(v1::JOB_STATE_RUNNING);
  status.add_workers()->set_device("cuda");
  return Matches(MetricsText(status) + ProcessMetricsText(),
                 std::regex("# TYPE ([a-z_]+) (?:gauge|counter)"));
}

std::string Expressions(const nlohmann::json& board) {
  std::string all;
  for (const auto& panel : board["panels"]) {
    for (const auto& target : panel["targets"]) {
      all += target["expr"].get<std::string>() + "\n";
    }
  }
  return all;
}

TEST(Board, AsksForWhatTheCoordinatorTells) {
  const auto board = nlohmann::json::parse(TextOf("grafana/weft.json"));
  const std::set<std::string> wanted = Wanted(Expressions(board));
  EXPECT_THAT(wanted, Contains("weft_tasks_ready"));
  EXPECT_THAT(wanted, IsSubsetOf(Exported()));
}

TEST(Board, HasItsPanelsSideBySide) {
  const auto board = nlohmann::json::parse(TextOf("grafana/weft.json"));
  std::set<int> ids;
  std::set<std::pair<int, int>> taken;
  for (const auto& panel : board["panels"]) {
    EXPECT_TRUE(ids.insert(panel["id"].get<int>()).second) << panel["title"];
    const auto& place = panel["gridPos"];
    EXPECT_LE(place["x"].get<int>() + place["w"].get<int>(), 24) << panel["title"];
    for (int x = place["x"]; x < place["x"].get<int>() + place["w"].get<int>(); ++x) {
      for (int y = place["y"]; y < place["y"].get<int>() + place["h"].get<int>(); ++y) {
        EXPECT_TRUE(taken.insert({x, y}).second) << panel["title"] << " lies on another";
      }
    }
  }
}

TEST(Alerts, AskForWhatTheCoordinatorTells) {
  const std::set<std::string> wanted = Wanted(TextOf("prometheus/alerts.yaml"));
  EXPECT_THAT(wanted, Contains("weft_held"));
  EXPECT_THAT(wanted, IsSubsetOf(Exported()));
}

TEST(Alerts, AreTriedAndSayWhatToDo) {
  const std::string alerts = TextOf("prometheus/alerts.yaml");
  const std::string trials = TextOf("prometheus/alerts_test.yaml");
  const std::set<std::string> names = Matches(alerts, std::regex("- alert: (\\w+)"));
  ASSERT_THAT(names, Not(IsEmpty()));
  for (const std::string& name : names) {
    EXPECT_THAT(trials, ::testing::HasSubstr(name));
  }
  const auto count = [&](const std::string& word) {
    std::size_t times = 0;
    for (std::size_t at = alerts.find(word); at != std::string::npos;
         at = alerts.find(word, at + 1)) {
      ++times;
    }
    return times;
  };
  EXPECT_EQ(count("summary:"), names.size());
  EXPECT_EQ(count("remedy:"), names.size());
}

}  // namespace
}  // namespace weft::coordinator
