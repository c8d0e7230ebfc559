#include "coordinator/cli/exit_codes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weft::cli {
namespace {

TEST(ExitCodes, TellBadInputFromAPlaceThatCannotBeWritten) {
  EXPECT_EQ(ExitCodeFor(ErrorCode::kInvalidArgument), ExitCode::kBadInput);
  EXPECT_EQ(ExitCodeFor(ErrorCode::kNotFound), ExitCode::kBadInput);
  EXPECT_EQ(ExitCodeFor(ErrorCode::kUnsupported), ExitCode::kBadInput);
  EXPECT_EQ(ExitCodeFor(ErrorCode::kNoSpace), ExitCode::kCannotWrite);
  EXPECT_EQ(ExitCodeFor(ErrorCode::kPermissionDenied), ExitCode::kCannotWrite);
}

TEST(ExitCodes, SayThatTryingAgainMayHelpWhereItMay) {
  for (const ErrorCode code :
       {ErrorCode::kInternal, ErrorCode::kFailedPrecondition, ErrorCode::kResourceExhausted,
        ErrorCode::kDataLoss, ErrorCode::kUnavailable}) {
    EXPECT_TRUE(IsRetryable(code));
    EXPECT_EQ(ExitCodeFor(code), ExitCode::kFailed);
  }
}

TEST(ExitCodes, AreAllInTheHelp) {
  const std::string help = ExitCodeHelp();
  for (const ExitCode code :
       {ExitCode::kDone, ExitCode::kFailed, ExitCode::kUsage, ExitCode::kBadInput,
        ExitCode::kCannotWrite, ExitCode::kInterrupted}) {
    EXPECT_THAT(help, testing::HasSubstr(" " + std::to_string(static_cast<int>(code)) + "  "));
  }
}

}  // namespace
}  // namespace weft::cli
