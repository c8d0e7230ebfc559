#include "coordinator/server/batch.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "coordinator/ledger/record_bytes.h"

namespace weft::coordinator {
namespace {

Message HelloRequired(const std::string& peer) {
  Message message{{peer}, {}};
  message.body.mutable_hello_required();
  return message;
}

v1::FromCoordinator Parsed(const std::string& bytes) {
  v1::FromCoordinator message;
  EXPECT_TRUE(message.ParseFromString(bytes));
  return message;
}

TEST(Batch, PutsWhatIsSaidToOnePeerInARowTogether) {
  Batch batch;
  for (const char* peer : {"a", "a", "b", "a"}) {
    Effects effects;  // One event each.
    effects.messages.push_back(HelloRequired(peer));
    batch.Add(effects);
  }
  std::vector<std::pair<std::string, std::size_t>> letters;
  for (const Letter& letter : batch.letters) {
    letters.emplace_back(letter.to.value, letter.messages.size());
  }
  EXPECT_EQ(letters,
            (std::vector<std::pair<std::string, std::size_t>>{{"a", 2}, {"b", 1}, {"a", 1}}));
}

TEST(Batch, HoldsRecordsAsTheyWere) {
  Batch batch;
  Effects effects;
  for (const std::uint64_t epoch : {7U, 8U}) {
    v1::EpochRecord record;
    record.set_epoch(epoch);
    effects.records.push_back(ToRecord(std::move(record)));
  }
  batch.Add(effects);
  EXPECT_TRUE(effects.records.empty());
  ASSERT_EQ(batch.records.size(), 2U);
  for (std::size_t i = 0; i < 2; ++i) {
    const auto [key, bytes] = batch.records.At(i);
    EXPECT_EQ(key, "epoch");
    EXPECT_EQ(FromBytes(key, bytes)->epoch().epoch(), 7 + i);
  }
}

TEST(Batch, MergesWhatManyMessagesHaveInCommon) {
  v1::FromCoordinator common;
  common.mutable_assign_task()->mutable_task()->mutable_job()->set_prompt("a cat");
  const auto rest = std::make_shared<const std::string>(common.SerializeAsString());
  Effects effects;
  for (const std::uint32_t number : {1U, 2U}) {
    Message message{{"w"}, {}, rest};
    message.body.mutable_assign_task()->mutable_task()->mutable_attempt()->set_number(number);
    EXPECT_EQ(message.Whole().assign_task().task().job().prompt(), "a cat");
    effects.messages.push_back(std::move(message));
  }
  Batch batch;
  batch.Add(effects);
  ASSERT_EQ(batch.letters.size(), 1U);
  for (const std::uint32_t number : {1U, 2U}) {
    const v1::Task task = Parsed(batch.letters[0].messages[number - 1]).assign_task().task();
    EXPECT_EQ(task.attempt().number(), number);
    EXPECT_EQ(task.job().prompt(), "a cat");
  }
}

TEST(Batch, IsEmptyOnceItIsCleared) {
  Batch batch;
  EXPECT_TRUE(batch.empty());
  Effects effects;
  effects.notes.push_back({.text = "noted"});
  effects.drops.emplace_back("j-1/");
  effects.messages.push_back(HelloRequired("a"));
  batch.Add(effects);
  EXPECT_TRUE(effects.notes.empty() && effects.drops.empty() && effects.messages.empty());
  EXPECT_FALSE(batch.empty());
  batch.clear();
  EXPECT_TRUE(batch.empty());
}

}  // namespace
}  // namespace weft::coordinator
