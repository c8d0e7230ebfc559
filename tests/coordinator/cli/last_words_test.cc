#include "coordinator/cli/last_words.h"

#include <fstream>

#include <gtest/gtest.h>

#include "tests/common/temporary_folder.h"

namespace weft::cli {
namespace {

class LastWordsTest : public ::testing::Test {
 protected:
  void Print(const std::string& text) const { std::ofstream(print_, std::ios::app) << text; }

  void Log(int process, const std::string& level, const std::string& message) const {
    std::ofstream(log_, std::ios::app) << R"({"level":")" << level << R"(","process":)" << process
                                       << R"(,"message":")" << message << "\"}\n";
  }

  [[nodiscard]] std::string Words() const { return LastWords(print_, log_); }

  TemporaryFolder folder_;
  std::string print_ = folder_.File("worker-0.out");
  std::string log_ = folder_.File("worker-0.log");
};

TEST_F(LastWordsTest, AreWhatWasPrintedLast) {
  Print("one\n\ntwo\nthree\nfour\nfive\nsix\n");
  Log(1, "error", "no such device");
  EXPECT_EQ(Words(), "its last words: two | three | four | five | six");
}

TEST_F(LastWordsTest, AreTheLogsWhereNothingWasPrinted) {
  Log(1, "warning", "the disk is slow");
  Log(1, "error", "this LibTorch finds no CUDA device");
  Log(1, "info", "left");
  EXPECT_EQ(Words(), "its log says: this LibTorch finds no CUDA device");
}

TEST_F(LastWordsTest, AreNotThoseOfAnEarlierProcess) {
  Log(1, "error", "out of memory");
  Log(2, "info", "joins");
  EXPECT_EQ(Words(), "it printed nothing");
}

TEST_F(LastWordsTest, BearALogThatIsCutShort) {
  Log(1, "error", "no such device");
  std::ofstream(log_, std::ios::app) << "{\"level\":\"err";
  EXPECT_EQ(Words(), "its log says: no such device");
  std::ofstream(log_, std::ios::app) << "\n[]\n{\"level\":7,\"process\":1}\n";
  EXPECT_EQ(Words(), "its log says: no such device");
}

TEST_F(LastWordsTest, AreNoneWhereNothingWasWritten) {
  EXPECT_EQ(Words(), "it printed nothing");
  EXPECT_EQ(LastWords(print_, ""), "it printed nothing");
}

}  // namespace
}  // namespace weft::cli
