#include "coordinator/cli/completion.h"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "coordinator/cli/care.h"
#include "coordinator/cli/command_line.h"
#include "coordinator/cli/fleet_commands.h"
#include "tests/common/temporary_folder.h"

namespace weft::cli {
namespace {

// Tests run one after the other, and a shell runs the tools.
// NOLINTBEGIN(cert-env33-c,concurrency-mt-unsafe)

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

std::vector<CommandShape> AllShapes() {
  std::vector<CommandShape> all = JobCommandShapes();
  for (const std::vector<CommandShape>& some : {FleetShapes(), CareShapes()}) {
    all.insert(all.end(), some.begin(), some.end());
  }
  return all;
}

std::vector<std::string> LinesOf(const std::string& command) {
  std::vector<std::string> lines;
  FILE* const out = ::popen(command.c_str(), "r");
  std::array<char, 4096> line{};
  while (std::fgets(line.data(), line.size(), out) != nullptr) {
    std::string text = line.data();
    lines.push_back(text.substr(0, text.find_last_not_of("\r\n") + 1));
  }
  EXPECT_EQ(::pclose(out), 0) << command;
  return lines;
}

// A bash that has read the script, and a coordinator's answers for it.
class BashCompletionTest : public ::testing::Test {
 protected:
  BashCompletionTest() {
    std::ofstream(folder_.File("weft.bash")) << BashCompletion(AllShapes());
    std::ofstream(folder_.File("weft"))
        << "#!/bin/sh\ncase $1 in\n"
           "jobs) echo '{\"job\":\"j-3f9c\",\"name\":\"neon\",\"user\":\"ada\"}'; "
           "echo '{\"job\":\"j-51aa\",\"name\":\"night\",\"user\":\"bob\"}' ;;\n"
           "workers) echo '{\"worker\":\"gpu17.0\",\"state\":\"idle\"}' ;;\nesac\n";
    ::chmod(folder_.File("weft").c_str(), 0700);
  }

  // What bash offers for the last of the words.
  std::vector<std::string> Offered(const std::vector<std::string>& words) {
    std::string typed;
    for (const std::string& word : words) {
      typed += " '" + word + "'";
    }
    std::ofstream(folder_.File("ask"))
        << "PATH=" << folder_.path().string() << ":$PATH\ncd " << folder_.path().string()
        << "\nsource ./weft.bash\nCOMP_WORDS=(weft" << typed << ")\nCOMP_CWORD=" << words.size()
        << "\n_weft\nprintf '%s\\n' \"${COMPREPLY[@]}\"\n";
    std::vector<std::string> lines =
        LinesOf("bash --norc --noprofile " + folder_.File("ask") + " 2>&1");
    return lines == std::vector<std::string>{""} ? std::vector<std::string>{} : lines;
  }

  TemporaryFolder folder_;
};

TEST_F(BashCompletionTest, OffersCommands) {
  EXPECT_THAT(Offered({"re"}), UnorderedElementsAre("render", "resume", "retry"));
  EXPECT_THAT(Offered({""}), Contains("fsck"));
}

TEST_F(BashCompletionTest, OffersTheOptionsOfTheCommand) {
  EXPECT_THAT(Offered({"submit", "--dr"}), ElementsAre("--dry-run"));
  EXPECT_THAT(Offered({"render", "--st"}),
              UnorderedElementsAre("--steps", "--strength", "--steady-colours", "--state"));
  EXPECT_THAT(Offered({"jobs", "--dr"}), IsEmpty());
}

TEST_F(BashCompletionTest, OffersTheValuesThatThereAre) {
  EXPECT_THAT(Offered({"jobs", "--state", "ru"}), ElementsAre("running"));
  EXPECT_THAT(Offered({"jobs", "--state", "=", "pa"}), ElementsAre("paused"));
  EXPECT_THAT(Offered({"jobs", "--user", ""}), IsEmpty());
}

TEST_F(BashCompletionTest, AsksTheCoordinatorForJobsAndWorkers) {
  EXPECT_THAT(Offered({"show", "n"}), UnorderedElementsAre("neon", "night"));
  EXPECT_THAT(Offered({"show", "j-3"}), ElementsAre("j-3f9c"));
  EXPECT_THAT(Offered({"drain", "gp"}), ElementsAre("gpu17.0"));
}

TEST_F(BashCompletionTest, OffersFilesWhereFilesAreWanted) {
  std::ofstream(folder_.File("neon lights.yaml")) << "x";
  EXPECT_THAT(Offered({"submit", "ne"}), ElementsAre("neon lights.yaml"));
  EXPECT_THAT(Offered({"submit", "--keys", "ne"}), ElementsAre("neon lights.yaml"));
}

TEST_F(BashCompletionTest, CompletesWhatIsTypedAtATerminal) {
  ASSERT_EQ(std::system("command -v script > /dev/null"), 0) << "scripts/setup installs it";
  // A tab behind "weft undr" makes it `weft undrain`, which the weft beside it is then called with.
  std::ofstream(folder_.File("weft")) << "#!/bin/sh\necho \"called with $*.\"\n";
  std::ofstream(folder_.File("start")) << "PATH=" << folder_.path().string() << ":$PATH\nsource "
                                       << folder_.File("weft.bash") << "\nPS1='> '\n";
  const std::vector<std::string> lines = LinesOf(
      "printf 'weft undr\\tx\\nexit\\n' | TERM=dumb script -qec 'bash --noprofile --rcfile " +
      folder_.File("start") + " -i' /dev/null");
  EXPECT_THAT(lines, Contains("called with undrain x."));
}

TEST(ZshCompletion, NamesCommandsOptionsAndTheirValues) {
  const std::string script = ZshCompletion(AllShapes());
  EXPECT_THAT(script, HasSubstr("'submit:Hand job files to the coordinator'"));
  EXPECT_THAT(script, HasSubstr(":STATE:(accepted running paused done failed cancelled)'"));
  EXPECT_THAT(script, HasSubstr("'*:WORKER:_weft_workers'"));
  EXPECT_THAT(script, HasSubstr("'*--device-memory=["));
}

TEST(ZshCompletion, CompletesWhatIsTyped) {
  ASSERT_EQ(std::system("command -v zsh > /dev/null"), 0) << "scripts/setup installs it";
  const TemporaryFolder folder;
  std::ofstream(folder.File("_weft")) << ZshCompletion(AllShapes());
  // A terminal of zsh's own, in which a tab is typed.
  std::ofstream(folder.File("ask"))
      << "zmodload zsh/zpty\nzpty shell zsh -f -i\n"
         "zpty -w shell \"PS1='> '; fpath=("
      << folder.path().string() << " \\$fpath); autoload -Uz compinit; compinit -u -d "
      << folder.File("dump")
      << "; weft() { echo called with \\$*. }; echo rea''dy\"\n"
         "zpty -r -m shell text '*ready*'\n"
         "zpty -n -w shell $'weft undr\\tx\\n'\n"
         "zpty -r -m shell text '*called with*.*'\nprint -r -- $text\nzpty -d shell\n";
  std::ostringstream all;
  for (const std::string& line : LinesOf("timeout 60 zsh -f " + folder.File("ask"))) {
    all << line << "\n";
  }
  EXPECT_THAT(all.str(), HasSubstr("called with undrain x."));
}

TEST(CommandShape, TellsOptionsThatTakeAValueFromThoseThatDoNot) {
  for (const CommandShape& command : AllShapes()) {
    EXPECT_THAT(command.help, Not(IsEmpty())) << command.name;
    for (const OptionShape& option : command.options) {
      const bool is_switch = option.names.front() == "--json" || option.names.front() == "--yes" ||
                             option.names.front() == "--help";
      EXPECT_TRUE(!is_switch || option.value.empty()) << command.name << option.names.front();
    }
  }
}

// NOLINTEND(cert-env33-c,concurrency-mt-unsafe)

}  // namespace
}  // namespace weft::cli
