#include "common/settings/program_options.h"

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/common/temporary_folder.h"

namespace weft {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr int kWrongUsage = 2;

class ProgramOptionsTest : public ::testing::Test {
 protected:
  std::string Write(const std::string& text) {
    std::string path = folder_.File("options.yaml");
    std::ofstream(path) << text;
    return path;
  }

  std::optional<int> Read(const std::vector<std::string>& arguments) {
    CLI::App app{"A program.", "program"};
    app.add_option("--name", name_, "Who it is")->required();
    app.add_option("--count", count_, "How many")->capture_default_str()->check(CLI::Range(1, 9));
    app.add_option("--tag", tags_, "Words");
    app.add_flag("--loud", loud_, "Say more");
    testing::internal::CaptureStderr();
    testing::internal::CaptureStdout();
    const auto ended = ReadOptions(app, arguments, kWrongUsage);
    out_ = testing::internal::GetCapturedStdout();
    complaint_ = testing::internal::GetCapturedStderr();
    return ended;
  }

  TemporaryFolder folder_;
  std::string name_;
  int count_ = 3;
  std::vector<std::string> tags_;
  bool loud_ = false;
  std::string out_;
  std::string complaint_;
};

TEST_F(ProgramOptionsTest, TakesThemFromAFile) {
  const std::string file = Write("name: gpu17\ncount: 5\ntag: [a, b]\nloud: true\n");
  EXPECT_EQ(Read({"--config", file}), std::nullopt) << complaint_;
  EXPECT_EQ(name_, "gpu17");
  EXPECT_EQ(count_, 5);
  EXPECT_THAT(tags_, ElementsAre("a", "b"));
  EXPECT_TRUE(loud_);
}

TEST_F(ProgramOptionsTest, TheCommandLineWins) {
  const std::string file = Write("name: gpu17\ntag: [a, b]\nloud: false\n");
  EXPECT_EQ(Read({"--config=" + file, "--name", "gpu18", "--tag", "c", "--loud"}), std::nullopt);
  EXPECT_EQ(name_, "gpu18");
  EXPECT_THAT(tags_, ElementsAre("c"));
  EXPECT_TRUE(loud_);
}

TEST_F(ProgramOptionsTest, SaysWhereInTheFileItIsWrong) {
  EXPECT_EQ(Read({"--config", Write("name: a\ncount: 12\n")}), kWrongUsage);
  EXPECT_THAT(complaint_, HasSubstr("options.yaml:2:8: --count: "));
  EXPECT_EQ(Read({"--config", Write("nome: a\n")}), kWrongUsage);
  EXPECT_THAT(complaint_, HasSubstr("options.yaml:1:7: there is no option \"nome\"; options are "
                                    "name, count, tag, loud"));
}

TEST_F(ProgramOptionsTest, AFlagIsTrueOrFalse) {
  EXPECT_EQ(Read({"--config", Write("name: a\nloud: very\n")}), kWrongUsage);
  EXPECT_THAT(complaint_, HasSubstr("options.yaml:2:7: loud must be true or false"));
}

TEST_F(ProgramOptionsTest, WhatIsMissingIsMissingAlsoWithAFile) {
  EXPECT_EQ(Read({"--config", Write("count: 2\n")}), kWrongUsage);
  EXPECT_THAT(complaint_, HasSubstr("--name is required"));
}

TEST_F(ProgramOptionsTest, PrintsAFileThatReadsBackTheSame) {
  EXPECT_EQ(Read({"--name", "it's: me", "--tag", "a", "--tag", "b", "--print-config"}), 0);
  EXPECT_EQ(out_,
            "# Who it is\nname: 'it''s: me'\n# How many\ncount: 3\n# Words\ntag: [a, b]\n"
            "# Say more\nloud: false\n");
}

TEST_F(ProgramOptionsTest, WhatItPrintsIsAFileOfTheSame) {
  ASSERT_EQ(Read({"--name", "it's: me", "--tag", "a", "--tag", "b", "--print-config"}), 0);
  name_.clear();
  tags_.clear();
  EXPECT_EQ(Read({"--config", Write(out_)}), std::nullopt);
  EXPECT_EQ(name_, "it's: me");
  EXPECT_THAT(tags_, ElementsAre("a", "b"));
}

}  // namespace
}  // namespace weft
