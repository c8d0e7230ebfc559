#include "coordinator/server/output_check.h"

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/blob/memory_blob_store.h"
#include "common/checksum.h"

namespace weft::coordinator {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Reads nothing until it is let.
class SlowStore : public BlobStore {
 public:
  Status Put(const std::string& key, std::string_view bytes) override {
    return inner_.Put(key, bytes);
  }
  Result<std::string> Get(const std::string& key) override {
    std::unique_lock lock(mutex_);
    ++reads_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return open_; });
    if (broken_) {
      return Failure(ErrorCode::kInternal, key + ": too many open files");
    }
    return inner_.Get(key);
  }
  Result<std::vector<std::string>> List(const std::string& prefix) override {
    return inner_.List(prefix);
  }
  Status DeletePrefix(const std::string& prefix) override { return inner_.DeletePrefix(prefix); }

  void Break(bool broken) {
    const std::lock_guard lock(mutex_);
    broken_ = broken;
  }
  void Open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  void WaitUntilRead(int reads) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return reads_ >= reads; });
  }

 private:
  MemoryBlobStore inner_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;
  bool broken_ = false;
  int reads_ = 0;
};

class OutputCheckTest : public ::testing::Test {
 protected:
  static MessageArrived Completed(std::uint32_t attempt, const std::vector<std::string>& keys) {
    MessageArrived arrived{{"worker"}, {}};
    v1::TaskCompleted& done = *arrived.message.mutable_task_completed();
    done.mutable_attempt()->set_number(attempt);
    for (const std::string& key : keys) {
      v1::Output& output = *done.mutable_result()->add_outputs();
      output.set_name("of " + key);
      output.mutable_blob()->set_key(key);
      output.mutable_blob()->set_size_bytes(6);
      output.mutable_blob()->set_checksum(Xxh3("frames"));
    }
    return arrived;
  }

  // As many as that.
  std::vector<MessageArrived> TakeSoon(std::size_t count) {
    std::vector<MessageArrived> taken;
    bool in_time = true;
    while (taken.size() < count && in_time) {
      for (MessageArrived& more : check_->Take()) {
        taken.push_back(std::move(more));
      }
      std::unique_lock lock(mutex_);
      in_time = taken.size() >= count ||
                woken_.wait_for(lock, std::chrono::seconds(30), [this] { return wakes_ > 0; });
      wakes_ = 0;
    }
    return taken;
  }

  std::mutex mutex_;
  std::condition_variable woken_;
  int wakes_ = 0;
  std::unique_ptr<SlowStore> owned_ = std::make_unique<SlowStore>();
  SlowStore& store_ = *owned_;
  BlobWitness witness_{std::move(owned_)};
  std::unique_ptr<OutputCheck> check_ = std::make_unique<OutputCheck>(witness_, [this] {
    const std::lock_guard lock(mutex_);
    ++wakes_;
    woken_.notify_all();
  });
};

TEST_F(OutputCheckTest, WhatCameInThisLifeIsToldAtOnce) {
  ASSERT_TRUE(witness_.Put("a", "frames"));
  ASSERT_TRUE(witness_.Put("b", "fromes"));
  const auto whole = check_->Look(Completed(1, {"a"}));
  ASSERT_TRUE(whole.has_value());
  EXPECT_FALSE(whole->lie.has_value());
  const auto lie = check_->Look(Completed(2, {"a", "b"}));
  ASSERT_TRUE(lie.has_value());
  EXPECT_THAT(lie->lie.value(), HasSubstr("'of b'"));
}

TEST_F(OutputCheckTest, WhatMustBeReadKeepsNobodyWaiting) {
  ASSERT_TRUE(store_.Put("a", "frames"));  // In an earlier life.
  EXPECT_FALSE(check_->Look(Completed(1, {"a"})).has_value());
  store_.WaitUntilRead(1);
  EXPECT_FALSE(check_->Look(Completed(1, {"a"})).has_value()) << "said again";
  EXPECT_FALSE(check_->Look(Completed(2, {"a", "gone"})).has_value());
  EXPECT_THAT(check_->Take(), IsEmpty());
  store_.Open();
  const std::vector<MessageArrived> taken = TakeSoon(2);
  ASSERT_EQ(taken.size(), 2U);
  EXPECT_EQ(taken[0].from, PeerId{"worker"});
  EXPECT_EQ(taken[0].message.task_completed().attempt().number(), 1U);
  EXPECT_FALSE(taken[0].lie.has_value());
  EXPECT_THAT(taken[1].lie.value(), HasSubstr("'of gone'"));
  EXPECT_FALSE(check_->Look(Completed(1, {"a"})).has_value()) << "it may be said once more";
  EXPECT_EQ(TakeSoon(1).size(), 1U);
}

TEST_F(OutputCheckTest, WhatCannotBeReadForNowIsNoLie) {
  ASSERT_TRUE(store_.Put("a", "frames"));  // In an earlier life.
  store_.Open();
  store_.Break(true);
  EXPECT_FALSE(check_->Look(Completed(1, {"a"})).has_value());
  store_.WaitUntilRead(1);
  store_.Break(false);
  std::vector<MessageArrived> taken;
  while (taken.empty()) {  // Its worker says it again, until it is judged.
    EXPECT_FALSE(check_->Look(Completed(1, {"a"})).has_value());
    taken = check_->Take();
  }
  EXPECT_FALSE(taken[0].lie.has_value());
}

TEST_F(OutputCheckTest, EndsInTheMidstOfALongResult) {
  ASSERT_TRUE(store_.Put("a", "frames"));
  EXPECT_FALSE(check_->Look(Completed(1, {"a", "a", "a", "a"})).has_value());
  EXPECT_FALSE(check_->Look(Completed(2, {"a"})).has_value());
  store_.WaitUntilRead(1);
  store_.Open();
  check_.reset();
}

}  // namespace
}  // namespace weft::coordinator
