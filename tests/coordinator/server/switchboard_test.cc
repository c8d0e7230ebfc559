#include "coordinator/server/switchboard.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weft::coordinator {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(Switchboard, HandsOverWhatIsAskedAndBringsBackTheFirstAnswer) {
  int woken = 0;
  int answers = 0;
  Switchboard board([&] { ++woken; });
  v1::ToCoordinator question;
  question.mutable_show_farm();
  board.Ask({Role::kSubmit, "ada"}, question, [&](const v1::FromCoordinator& answer) {
    ++answers;
    EXPECT_TRUE(answer.has_farm_status());
  });
  EXPECT_EQ(woken, 1);
  const std::vector<Switchboard::Call> calls = board.Take();
  ASSERT_THAT(calls, SizeIs(1));
  EXPECT_TRUE(calls[0].question.has_show_farm());
  EXPECT_EQ(calls[0].guest.name, "ada");
  EXPECT_TRUE(Switchboard::IsHere(calls[0].from));
  EXPECT_THAT(board.Take(), IsEmpty());
  v1::FromCoordinator answer;
  answer.mutable_farm_status();
  board.Deliver(calls[0].from, answer);
  board.Deliver(calls[0].from, answer);
  EXPECT_EQ(answers, 1);
}

TEST(Switchboard, EveryoneIsAnsweredByTheirOwnName) {
  Switchboard board([] {});
  std::vector<int> answered;
  for (int number = 0; number < 2; ++number) {
    board.Ask({}, {}, [&answered, number](const v1::FromCoordinator& /*answer*/) {
      answered.push_back(number);
    });
  }
  const auto calls = board.Take();
  board.Deliver(calls[1].from, {});
  board.Deliver(calls[0].from, {});
  EXPECT_THAT(answered, ::testing::ElementsAre(1, 0));
}

TEST(Switchboard, PeersBeyondASocketAreNotHere) {
  EXPECT_FALSE(Switchboard::IsHere({std::string("\0abcd", 5)}));
  EXPECT_FALSE(Switchboard::IsHere({"peer 1"}));
}

}  // namespace
}  // namespace weft::coordinator
