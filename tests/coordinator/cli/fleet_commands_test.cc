#include "coordinator/cli/fleet_commands.h"

#include <cstdlib>
#include <fstream>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/transport/zmq_transport.h"
#include "common/wire/error_wire.h"
#include "tests/common/temporary_folder.h"
#include "tests/coordinator/cli/scripted_coordinator.h"

namespace weft::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

struct Said {
  std::optional<ExitCode> code;
  std::string out;
  std::string complaint;
};

Said Command(const std::vector<std::string>& arguments, const std::string& folder = "/") {
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  Said said;
  said.code = CommandFleet(arguments, folder);
  said.out = testing::internal::GetCapturedStdout();
  said.complaint = testing::internal::GetCapturedStderr();
  return said;
}

TEST(FleetCommands, LeavesOtherCommandsAlone) {
  EXPECT_EQ(Command({}).code, std::nullopt);
  EXPECT_EQ(Command({"render", "--help"}).code, std::nullopt);
}

TEST(FleetCommands, EveryCommandShowsAnExample) {
  for (const std::string name :
       {"submit",  "jobs",   "show",     "tasks", "workers", "watch",  "fetch",
        "preview", "logs",   "events",   "pause", "resume",  "cancel", "retry",
        "drop",    "forget", "priority", "drain", "undrain", "fsck",   "backup"}) {
    const Said said = Command({name, "--help"});
    EXPECT_EQ(said.code, ExitCode::kDone) << name;
    EXPECT_THAT(said.out, HasSubstr("Example:\n  weft " + name)) << name;
    EXPECT_THAT(FleetHelp(), HasSubstr("weft " + name + " "));
  }
}

TEST(FleetCommands, WrongUsageIsSaidBeforeAnybodyIsAsked) {
  EXPECT_EQ(Command({"show"}).code, ExitCode::kUsage);
  EXPECT_EQ(Command({"jobs", "--state", "asleep"}).code, ExitCode::kUsage);
  EXPECT_EQ(Command({"logs", "j-1", "--grep", "("}).code, ExitCode::kUsage);
  EXPECT_EQ(Command({"priority", "j-1", "101"}).code, ExitCode::kUsage);
  const Said mistyped = Command({"jobs", "--stat", "done"});
  EXPECT_EQ(mistyped.code, ExitCode::kUsage);
  EXPECT_THAT(mistyped.complaint,
              HasSubstr("--stat is no option of weft jobs; do you mean --state?"));
}

TEST(FleetCommands, ADryRunReadsTheFilesAndAsksNobody) {
  const TemporaryFolder folder;
  std::ofstream(folder.File("shots.yaml"))
      << "kind: deflicker\noutput: 'out-{name}.mp4'\nclips: [a.mp4, b.mp4]\n";
  const Said said =
      Command({"submit", "shots.yaml", "--dry-run", "--unchecked"}, folder.path().string());
  EXPECT_EQ(said.code, ExitCode::kDone) << said.complaint;
  EXPECT_EQ(said.out, "a: deflicker " + folder.File("a.mp4") + " to " + folder.File("out-a.mp4") +
                          "\nb: deflicker " + folder.File("b.mp4") + " to " +
                          folder.File("out-b.mp4") + "\n");
}

TEST(FleetCommands, AWrongJobFileIsWrongUsage) {
  const TemporaryFolder folder;
  std::ofstream(folder.File("shots.yaml")) << "stepz: 3\n";
  const Said said = Command({"submit", "shots.yaml"}, folder.path().string());
  EXPECT_EQ(said.code, ExitCode::kUsage);
  EXPECT_THAT(said.complaint, HasSubstr("shots.yaml:1:1: there is no field \"stepz\""));
}

TEST(FleetCommands, AClipThatIsNotThereIsBadInput) {
  const TemporaryFolder folder;
  std::ofstream(folder.File("shots.yaml")) << "kind: deflicker\nstyle: a.mp4\noutput: b.mp4\n";
  const Said said = Command({"submit", "shots.yaml"}, folder.path().string());
  EXPECT_EQ(said.code, ExitCode::kBadInput);
  EXPECT_THAT(said.complaint, HasSubstr("no such file: " + folder.File("a.mp4")));
}

TEST(FleetCommands, AClipInsteadOfAJobFileIsToldWhereItBelongs) {
  const TemporaryFolder folder;
  std::ofstream(folder.File("small.mp4")) << std::string(
      "\0\0\0\x20"
      "ftypisom",
      12);
  const Said said = Command({"submit", "small.mp4"}, folder.path().string());
  EXPECT_EQ(said.code, ExitCode::kUsage);
  EXPECT_EQ(said.complaint, "weft: " + folder.File("small.mp4") +
                                " is no job file (YAML), but looks like a video: weft render takes "
                                "those\n");
}

TEST(FleetCommands, APreviewOfNothingSaysThatFirstAndThenWhoCouldBeAsked) {
  ASSERT_EQ(::setenv("XDG_CONFIG_HOME", "/nowhere", 1), 0);  // NOLINT(concurrency-mt-unsafe)
  ASSERT_EQ(::unsetenv("WEFT_COORDINATOR"), 0);              // NOLINT(concurrency-mt-unsafe)
  const Said said = Command({"preview", "out/nope.weft", "-o", "sheet.png"});
  EXPECT_EQ(said.code, ExitCode::kBadInput);
  EXPECT_THAT(said.complaint,
              AllOf(StartsWith("weft: there is no folder out/nope.weft with a job's state"),
                    HasSubstr("where is the coordinator? Say --coordinator")));
}

TEST(FleetCommands, APreviewIsAPng) {
  const Said said = Command({"preview", "j-1", "-o", "sheet.jpg"});
  EXPECT_EQ(said.code, ExitCode::kUsage);
  EXPECT_THAT(said.complaint, HasSubstr("name it .png, not sheet.jpg"));
}

// Commands to a coordinator that answers by a script.
class FleetCommandsAnswered : public ::testing::Test {
 protected:
  Said Ask(std::vector<std::string> arguments, ScriptedCoordinator::Script script) {
    const std::string address = "ipc://" + folder_.File("control");
    const auto zmq = ZmqContext::Open().value();
    const ScriptedCoordinator coordinator(zmq->Listen(address).value(), std::move(script));
    arguments.insert(arguments.end(), {"--coordinator", address});
    return Command(arguments, folder_.path().string());
  }

  TemporaryFolder folder_;
};

TEST_F(FleetCommandsAnswered, WhatIsRefusedIsToldOnce) {
  std::ofstream(folder_.File("shots.yaml"))
      << "kind: deflicker\noutput: 'out-{name}.mp4'\nclips: [a.mp4, b.mp4]\n";
  const Said said =
      Ask({"submit", "shots.yaml", "--unchecked"}, [](const v1::ToCoordinator& message) {
        v1::FromCoordinator answer;
        const v1::SubmitJob& job = message.submit_job();
        answer.mutable_job_submitted()->set_job("j-1");
        answer.mutable_job_submitted()->set_client_token(job.client_token());
        if (job.terms().name() == "b") {
          *answer.mutable_request_refused()->mutable_error() =
              ToWire(Error(ErrorCode::kNoSpace, "the disk is full"));
          answer.mutable_request_refused()->set_client_token(job.client_token());
        }
        return std::vector{answer};
      });
  EXPECT_EQ(said.code, ExitCode::kCannotWrite);
  EXPECT_EQ(said.out, "j-1 a: accepted\n");
  EXPECT_EQ(said.complaint, "weft: b: the disk is full\n");
}

TEST_F(FleetCommandsAnswered, EventsNameTheirJobAndALogDoesNot) {
  const auto script = [](const v1::ToCoordinator& message) {
    v1::FromCoordinator answer;
    if (message.has_list_jobs()) {
      answer.mutable_job_list()->add_jobs()->set_job("j-1");
      return std::vector{answer};
    }
    v1::LogPage& page = *answer.mutable_log_page();
    page.set_at_end(true);
    v1::LogRecord& record = *page.add_records();
    record.set_severity(v1::LOG_SEVERITY_INFO);
    record.set_job("j-1");
    record.set_message("job accepted");
    return std::vector{answer};
  };
  EXPECT_EQ(Ask({"events"}, script).out, "1970-01-01T00:00:00.000Z info j-1: job accepted\n");
  EXPECT_EQ(Ask({"logs", "j-1"}, script).out, "1970-01-01T00:00:00.000Z info: job accepted\n");
}

}  // namespace
}  // namespace weft::cli
