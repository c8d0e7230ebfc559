#include "common/bulk/remote_blob_store.h"

#include <atomic>
#include <functional>

#include <google/protobuf/stubs/logging.h>

#include "common/blob/memory_blob_store.h"
#include "common/bulk/bulk_server.h"
#include "common/transport/memory_transport.h"
#include "common/transport/zmq_transport.h"
#include "tests/common/blob/blob_store_contract.h"

namespace weft {
namespace {

// Serves in a thread of its own until it is destroyed.
class RunningServer {
 public:
  RunningServer(Listener& listener, BlobStore& store, const BulkServerOptions& options = {})
      : server_(listener, store, clock_, options) {}
  RunningServer(const RunningServer&) = delete;
  RunningServer& operator=(const RunningServer&) = delete;
  ~RunningServer() {
    stop_ = true;
    thread_.join();
  }

 private:
  SteadyClock clock_;
  BulkServer server_;
  std::atomic<bool> stop_{false};
  std::thread thread_{[this] {
    while (!stop_) {
      EXPECT_TRUE(server_.ServeOnce(std::chrono::milliseconds(1)));
    }
  }};
};

class OverMemory {
 public:
  BlobStore& Store() { return remote_; }

 private:
  MemoryNetwork network_;
  MemoryBlobStore blobs_;
  std::unique_ptr<Listener> listener_ = network_.Listen("store").value();
  RunningServer server_{*listener_, blobs_};
  RemoteBlobStore remote_{network_.Connect("store").value()};
};

class OverMemoryByThreads {
 public:
  BlobStore& Store() { return remote_; }

 private:
  MemoryNetwork network_;
  MemoryBlobStore blobs_;
  std::unique_ptr<BoundListener> listener_ = network_.Listen("store").value();
  RunningServer server_{
      *listener_, blobs_, {.put_threads = 3, .wake = [this] { listener_->Interrupt(); }}};
  RemoteBlobStore remote_{network_.Connect("store").value()};
};

class OverZmq {
 public:
  BlobStore& Store() { return remote_; }

 private:
  std::unique_ptr<ZmqContext> context_ = ZmqContext::Open().value();
  MemoryBlobStore blobs_;
  std::unique_ptr<BoundListener> listener_ = context_->Listen("tcp://127.0.0.1:*").value();
  RunningServer server_{*listener_, blobs_};
  RemoteBlobStore remote_{context_->Connect(listener_->address()).value()};
};

INSTANTIATE_TYPED_TEST_SUITE_P(OverMemoryByThreads, BlobStoreContract, OverMemoryByThreads);
INSTANTIATE_TYPED_TEST_SUITE_P(OverMemory, BlobStoreContract, OverMemory);
INSTANTIATE_TYPED_TEST_SUITE_P(OverZmq, BlobStoreContract, OverZmq);

// A connection whose received messages pass through a filter, which may change them; false drops.
class FilteredConnection : public Connection {
 public:
  using Filter = std::function<bool(std::string&)>;

  FilteredConnection(std::unique_ptr<Connection> inner, Filter sent, Filter received)
      : inner_(std::move(inner)), sent_(std::move(sent)), received_(std::move(received)) {}

  Status Send(std::string_view bytes) override {
    std::string copy(bytes);
    return sent_(copy) ? inner_->Send(copy) : Status();
  }

  Result<std::optional<std::string>> Receive(Duration timeout) override {
    auto bytes = inner_->Receive(timeout);
    return !bytes || !*bytes || received_(**bytes) ? std::move(bytes) : std::nullopt;
  }

 private:
  std::unique_ptr<Connection> inner_;
  Filter sent_;
  Filter received_;
};

bool Pass(std::string& bytes) {
  return !bytes.empty();
}

class RemoteBlobStoreTest : public ::testing::Test {
 protected:
  RemoteBlobStore Remote(const FilteredConnection::Filter& sent,
                         const FilteredConnection::Filter& received,
                         int tries_max = 4) {
    return RemoteBlobStore(
        std::make_unique<FilteredConnection>(network_.Connect("store").value(), sent, received),
        {.silence_max = std::chrono::milliseconds(50), .tries_max = tries_max});
  }

  MemoryNetwork network_;
  MemoryBlobStore blobs_;
  std::unique_ptr<Listener> listener_ = network_.Listen("store").value();
  RunningServer server_{*listener_, blobs_};
};

// Each message in turn is lost once, on its way there or back.
TEST_F(RemoteBlobStoreTest, BeginsAnewWhenAMessageIsLost) {
  constexpr int kManyTries = 100;  // A busy machine may be slower than the silence allowed.
  const std::string bytes = SomeBytes(700000);
  int messages = 0;
  int lost = 0;
  const auto lose = [&](std::string&) { return ++messages != lost; };
  RemoteBlobStore there = Remote(lose, Pass, kManyTries);
  RemoteBlobStore back = Remote(Pass, lose, kManyTries);
  for (RemoteBlobStore* remote : {&there, &back}) {
    for (lost = 1; lost <= 5; ++lost) {
      const std::string key = (remote == &there ? "there/" : "back/") + std::to_string(lost);
      messages = 0;
      ASSERT_TRUE(remote->Put(key, bytes)) << key;
      messages = 0;
      ASSERT_TRUE(remote->Get(key).value() == bytes) << key;
      messages = 0;
      ASSERT_EQ(remote->List(key).value(), std::vector<std::string>{key});
    }
  }
}

TEST_F(RemoteBlobStoreTest, GivesUpOnAStoreThatStaysSilent) {
  int sent = 0;
  const auto lose = [&](std::string&) { return ++sent < 0; };
  RemoteBlobStore remote = Remote(lose, Pass);
  const auto blob = remote.Get("a");
  ASSERT_FALSE(blob.has_value());
  EXPECT_EQ(blob.error().code(), ErrorCode::kUnavailable);
  EXPECT_EQ(sent, 8);  // Four times: the request, and that it is abandoned.
}

TEST_F(RemoteBlobStoreTest, GivesUpWhereNobodyListens) {
  RemoteBlobStore remote(network_.Connect("nobody").value(),
                         {.silence_max = std::chrono::milliseconds(10), .tries_max = 2});
  EXPECT_EQ(remote.Put("a", "x").error().code(), ErrorCode::kUnavailable);
  EXPECT_EQ(remote.DeletePrefix("a").error().code(), ErrorCode::kUnavailable);
}

// Flips a byte of every piece.
bool DamagePieces(std::string& bytes) {
  v1::BulkMessage message;
  EXPECT_TRUE(message.ParseFromString(bytes));
  if (message.has_piece()) {
    (*message.mutable_piece()->mutable_data())[0] ^= 1;
  }
  bytes = message.SerializeAsString();
  return true;
}

TEST_F(RemoteBlobStoreTest, NoticesBytesThatChangedOnTheirWay) {
  EXPECT_EQ(Remote(DamagePieces, Pass).Put("a", "some bytes").error().code(), ErrorCode::kDataLoss);
  EXPECT_EQ(blobs_.Get("a").error().code(), ErrorCode::kNotFound);
  ASSERT_TRUE(blobs_.Put("b", "some bytes"));
  EXPECT_EQ(Remote(Pass, DamagePieces).Get("b").error().code(), ErrorCode::kDataLoss);
}

TEST_F(RemoteBlobStoreTest, SurvivesGarbage) {
  const google::protobuf::LogSilencer silence;
  ASSERT_TRUE(blobs_.Put("a", SomeBytes(1000)));
  std::mt19937 random(7);
  const auto damage = [&](std::string& bytes) {
    bytes[random() % bytes.size()] = static_cast<char>(random());
    return true;
  };
  RemoteBlobStore remote = Remote(Pass, damage);
  for (int i = 0; i < 20; ++i) {
    const auto blob = remote.Get("a");
    EXPECT_TRUE(!blob || *blob == SomeBytes(1000));
  }
}

}  // namespace
}  // namespace weft
