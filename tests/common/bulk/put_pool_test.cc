#include "common/bulk/put_pool.h"

#include <condition_variable>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "common/blob/memory_blob_store.h"
#include "common/bulk/bulk_server.h"
#include "common/bulk/outgoing_blob.h"
#include "common/checksum.h"
#include "common/transport/memory_transport.h"

namespace weft {
namespace {

// Nothing is stored before it is let.
class LockedStore : public MemoryBlobStore {
 public:
  Status Put(const std::string& key, std::string_view bytes) override {
    std::unique_lock lock(mutex_);
    ++waiting_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return open_; });
    return MemoryBlobStore::Put(key, bytes);
  }

  void WaitFor(int waiting) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return waiting_ >= waiting; });
  }

  void Unlock() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int waiting_ = 0;
  bool open_ = false;
};

class Bell {
 public:
  void Ring() {
    const std::lock_guard lock(mutex_);
    ++rung_;
    changed_.notify_all();
  }

  void WaitFor(int times) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return rung_ >= times; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int rung_ = 0;
};

TEST(PutPool, StoresSeveralAtATime) {
  LockedStore store;
  Bell bell;
  PutPool pool(store, 3, [&] { bell.Ring(); });
  for (const std::uint64_t ticket : {1, 2, 3}) {
    pool.Put({ticket, "key-" + std::to_string(ticket), "bytes"});
  }
  store.WaitFor(3);
  EXPECT_TRUE(pool.Take().empty());
  store.Unlock();
  bell.WaitFor(3);
  std::set<std::uint64_t> tickets;
  for (const PutPool::Outcome& outcome : pool.Take()) {
    EXPECT_TRUE(outcome.stored);
    tickets.insert(outcome.ticket);
  }
  EXPECT_EQ(tickets, (std::set<std::uint64_t>{1, 2, 3}));
  EXPECT_EQ(store.Get("key-3").value(), "bytes");
}

TEST(PutPool, SaysWhatCouldNotBeStored) {
  MemoryBlobStore store;
  ASSERT_TRUE(store.Put("key", "others"));
  Bell bell;
  PutPool pool(store, 1, [&] { bell.Ring(); });
  pool.Put({9, "key", "bytes"});
  bell.WaitFor(1);
  const auto outcomes = pool.Take();
  ASSERT_EQ(outcomes.size(), 1U);
  EXPECT_EQ(outcomes[0].ticket, 9U);
  EXPECT_EQ(outcomes[0].stored.error().code(), ErrorCode::kAlreadyExists);
}

class ThreadedBulkServerTest : public ::testing::Test {
 protected:
  void Say(Connection& peer, std::uint64_t number, v1::BulkMessage message) {
    message.set_transfer(number);
    ASSERT_TRUE(peer.Send(message.SerializeAsString()));
    Serve();
  }

  void Serve() { ASSERT_TRUE(server_.ServeOnce(Duration::zero())); }

  // A whole blob; the credit for it is taken for granted.
  void Put(Connection& peer, std::uint64_t number, const std::string& key) {
    const std::string bytes = "bytes of " + key;
    v1::BulkMessage begin;
    begin.mutable_put_begin()->set_key(key);
    begin.mutable_put_begin()->set_size_bytes(bytes.size());
    begin.mutable_put_begin()->set_checksum(Xxh3(bytes));
    Say(peer, number, begin);
    v1::BulkMessage piece;
    piece.mutable_piece()->set_data(bytes);
    Say(peer, number, piece);
  }

  // Transfers of which the peer hears that they are stored, or that they have failed.
  static std::set<std::uint64_t> Ended(Connection& peer) {
    std::set<std::uint64_t> ended;
    while (const auto bytes = peer.Receive(Duration::zero()).value()) {
      v1::BulkMessage message;
      EXPECT_TRUE(message.ParseFromString(*bytes));
      EXPECT_FALSE(message.has_transfer_failed());
      if (message.has_stored()) {
        ended.insert(message.transfer());
      }
    }
    return ended;
  }

  MemoryNetwork network_;
  std::unique_ptr<Listener> listener_ = network_.Listen("store").value();
  std::unique_ptr<Connection> peer_ = network_.Connect("store").value();
  LockedStore store_;
  ManualClock clock_;
  Bell bell_;
  BulkServer server_{*listener_,
                     store_,
                     clock_,
                     {.silence_max = std::chrono::seconds(30), .put_threads = 2, .wake = [this] {
                        bell_.Ring();
                      }}};
};

TEST_F(ThreadedBulkServerTest, ReceivesOthersWhileOneIsBeingStored) {
  Put(*peer_, 1, "a");
  Put(*peer_, 2, "b");
  store_.WaitFor(2);
  clock_.Advance(std::chrono::seconds(60));  // It is not the peer that is silent.
  Serve();
  EXPECT_TRUE(Ended(*peer_).empty());
  store_.Unlock();
  bell_.WaitFor(2);
  Serve();
  EXPECT_EQ(Ended(*peer_), (std::set<std::uint64_t>{1, 2}));
  EXPECT_EQ(store_.Get("b").value(), "bytes of b");
}

TEST_F(ThreadedBulkServerTest, SaysNothingOfATransferThatWasGivenUp) {
  Put(*peer_, 1, "a");
  store_.WaitFor(1);
  v1::BulkMessage given_up;
  given_up.mutable_transfer_failed();
  Say(*peer_, 1, given_up);
  Put(*peer_, 1, "b");  // The number is free again.
  store_.Unlock();
  bell_.WaitFor(2);
  Serve();
  EXPECT_EQ(Ended(*peer_), (std::set<std::uint64_t>{1}));
  Serve();
  EXPECT_TRUE(Ended(*peer_).empty());
}

}  // namespace
}  // namespace weft
