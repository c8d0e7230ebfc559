#include "coordinator/server/log_desk.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/wire/error_wire.h"
#include "tests/common/temporary_folder.h"
#include "tests/coordinator/core/farm_script.h"
#include "tests/coordinator/core/sample_job.h"

namespace weft::coordinator {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

v1::LogRecords Records(std::uint64_t first,
                       const std::vector<std::string>& messages,
                       const std::string& job = "") {
  v1::LogRecords records;
  records.set_first(first);
  for (const std::string& message : messages) {
    v1::LogRecord& record = *records.add_records();
    record.set_message(message);
    record.set_job(job);
    record.set_worker("somebody else");
  }
  return records;
}

class LogDeskTest : public ::testing::Test {
 protected:
  LogDeskTest() { farm_.Say("w", HelloMessage("w", 1)); }

  std::vector<v1::LogRecord> Kept(const std::string& job = "") {
    v1::ReadLog request;
    request.set_job(job);
    const v1::FromCoordinator answer = desk_.Answer(request);
    return {answer.log_page().records().begin(), answer.log_page().records().end()};
  }

  std::vector<std::string> Messages(const std::string& job = "") {
    std::vector<std::string> messages;
    for (const v1::LogRecord& record : Kept(job)) {
      messages.push_back(record.message());
    }
    return messages;
  }

  TemporaryFolder folder_;
  FarmScript farm_;
  LogKeeper keeper_{folder_.File("logs"), {}};
  LogDesk desk_{farm_.Subject(), keeper_};
};

TEST_F(LogDeskTest, KeepsWhatAWorkerSaysUnderTheNameThatItIsKnownBy) {
  const std::string job = farm_.Submit("token", SampleSpec());
  desk_.Hear({"w"}, Records(0, {"starts"}, job), farm_.Now());
  ASSERT_THAT(Kept(job), SizeIs(1));
  EXPECT_EQ(Kept(job)[0].worker(), "w");
  EXPECT_EQ(Kept(job)[0].message(), "starts");
}

TEST_F(LogDeskTest, StrangersAreNotHeard) {
  desk_.Hear({"stranger"}, Records(0, {"listen to me"}), farm_.Now());
  EXPECT_THAT(Messages(), IsEmpty());
}

TEST_F(LogDeskTest, RecordsAboutNoJobOfOursAreTheFarms) {
  desk_.Hear({"w"}, Records(0, {"hm"}, "../../etc"), farm_.Now());
  EXPECT_THAT(Messages(), ElementsAre("hm"));
}

TEST_F(LogDeskTest, TellsHowManyRecordsAreMissing) {
  desk_.Hear({"w"}, Records(5, {"a", "b"}), farm_.Now());
  desk_.Hear({"w"}, Records(10, {"c"}), farm_.Now());
  EXPECT_THAT(Messages(),
              ElementsAre("a", "b", HasSubstr("3 records of this worker are missing"), "c"));
}

TEST_F(LogDeskTest, AWorkerThatSaysTooMuchIsNotHeardOutAndThatIsTold) {
  const std::string long_words(15'000, 'x');
  const std::vector<std::string> flood(16, long_words);
  constexpr std::uint64_t kRecords = 1600;
  for (std::uint64_t first = 0; first < kRecords; first += flood.size()) {
    desk_.Hear({"w"}, Records(first, flood), farm_.Now());
  }
  desk_.Hear({"w"}, Records(kRecords, {"at last"}), farm_.Now() + std::chrono::hours(1));
  v1::ReadLog request;
  request.set_contains("are missing");
  std::uint64_t kept = 0;
  std::vector<std::string> gaps;
  for (bool at_end = false; !at_end;) {
    const v1::LogPage page = desk_.Answer(request).log_page();
    for (const v1::LogRecord& record : page.records()) {
      gaps.push_back(record.message());
    }
    request.set_offset(page.next());
    kept = page.next();
    at_end = page.at_end();
  }
  EXPECT_THAT(gaps, SizeIs(1));
  EXPECT_LT(kept, 5U << 20U);
}

TEST_F(LogDeskTest, ANewLifeOfAWorkerCountsAnew) {
  desk_.Hear({"w"}, Records(0, {"a"}), farm_.Now());
  farm_.Say("w again", HelloMessage("w", 2));
  desk_.Hear({"w again"}, Records(0, {"b"}), farm_.Now());
  EXPECT_THAT(Messages(), ElementsAre("a", "b"));
}

TEST_F(LogDeskTest, RefusesToReadOfAJobThatIsNotThere) {
  v1::ReadLog request;
  request.set_job("j-none");
  const auto refused = desk_.Answer(request).request_refused();
  EXPECT_EQ(FromWire(refused.error()).code(), ErrorCode::kNotFound);
}

}  // namespace
}  // namespace weft::coordinator
