#include "coordinator/cli/mistyped.h"

#include <gtest/gtest.h>

namespace weft::cli {
namespace {

TEST(Mistyped, TheNearestWordIsTwoChangesAway) {
  const std::vector<std::string> words = {"render", "resume", "plan", "vae"};
  EXPECT_EQ(NearWord("rendr", words), "render");
  EXPECT_EQ(NearWord("rneder", words), "render");
  EXPECT_EQ(NearWord("plane", words), "plan");
  EXPECT_EQ(NearWord("bogus", words), "");
  EXPECT_EQ(NearWord("a", words), "") << "nothing of the word would be left";
  EXPECT_EQ(NearWord("", words), "");
  EXPECT_EQ(NearWord("rendr", {}), "");
}

TEST(Mistyped, OfTwoThatAreAsNearTheFirstIsMeant) {
  EXPECT_EQ(NearWord("drai", {"drop", "drain", "draig"}), "drain");
}

TEST(Mistyped, ACommandIsNamed) {
  EXPECT_EQ(NoSuchCommand("jbos", {"jobs", "show"}),
            "there is no command \"jbos\"; do you mean weft jobs? (weft --help lists commands)");
  EXPECT_EQ(NoSuchCommand("bogus", {"jobs", "show"}),
            "there is no command \"bogus\" (weft --help lists commands)");
}

std::string Complaint(const std::string& arguments) {
  CLI::App app("", "weft");
  CLI::App* const command = app.add_subcommand("render");
  command->add_option("INPUT");
  command->add_flag("-s,--strength");
  try {
    app.parse("render " + arguments);
  } catch (const CLI::ExtrasError&) {
    return NoSuchArgument(*command);
  }
  return "nothing";
}

TEST(Mistyped, AnOptionIsNamedWithoutItsValue) {
  const std::string help = " (weft render --help lists what there is)";
  EXPECT_EQ(Complaint("a.mp4 --strength"), "nothing");
  EXPECT_EQ(Complaint("a.mp4 --stregnth 0.5"),
            "--stregnth is no option of weft render; do you mean --strength?" + help);
  EXPECT_EQ(Complaint("--stregnth=0.5"),
            "--stregnth is no option of weft render; do you mean --strength?" + help);
  EXPECT_EQ(Complaint("a.mp4 --bogus"), "--bogus is no option of weft render" + help);
  EXPECT_EQ(Complaint("a.mp4 b.mp4"), "weft render does not take \"b.mp4\"" + help);
}

}  // namespace
}  // namespace weft::cli
