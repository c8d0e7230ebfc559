#include "common/bulk/bulk_server.h"

#include <future>
#include <random>

#include <gmock/gmock.h>
#include <google/protobuf/stubs/logging.h>
#include <gtest/gtest.h>

#include "common/blob/memory_blob_store.h"
#include "common/checksum.h"
#include "common/transport/memory_transport.h"
#include "common/wire/error_wire.h"
#include "tests/common/bulk/bulk_words.h"

namespace weft {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class BulkServerTest : public ::testing::Test {
 protected:
  std::unique_ptr<Connection> Connect() { return network_.Connect("store").value(); }

  // Sends a message of transfer `number` and lets the server serve it.
  void Say(std::uint64_t number, const v1::BulkMessage& message) { Say(*peer_, number, message); }
  void Say(Connection& peer, std::uint64_t number, v1::BulkMessage message) {
    message.set_transfer(number);
    ASSERT_TRUE(peer.Send(message.SerializeAsString()));
    ASSERT_TRUE(server_.ServeOnce(Duration::zero()));
  }

  // What the server has said since.
  std::vector<std::string> Heard() { return weft::Heard(*peer_); }

  void Pass(Duration span) {
    clock_.Advance(span);
    ASSERT_TRUE(server_.ServeOnce(Duration::zero()));
  }

  MemoryNetwork network_;
  std::unique_ptr<Listener> listener_ = network_.Listen("store").value();
  std::unique_ptr<Connection> peer_ = Connect();
  MemoryBlobStore store_;
  ManualClock clock_;
  BulkServer server_{*listener_,
                     store_,
                     clock_,
                     {.window = kSmall,
                      .transfers_max = 2,
                      .waiting_max = 3,
                      .silence_max = std::chrono::seconds(30),
                      .reassure_every = std::chrono::seconds(1)}};
};

TEST_F(BulkServerTest, StoresABlobPieceByPiece) {
  const std::string bytes(45, 'x');
  Say(7, Put("a", bytes));
  EXPECT_THAT(Heard(), ElementsAre("7: credit 40"));
  Say(7, Piece(0, bytes.substr(0, 30)));
  EXPECT_THAT(Heard(), ElementsAre("7: credit 5"));
  Say(7, Piece(30, bytes.substr(30)));
  EXPECT_THAT(Heard(), ElementsAre("7: stored"));
  EXPECT_EQ(store_.Get("a").value(), bytes);
}

TEST_F(BulkServerTest, StoresAnEmptyBlobAtOnce) {
  Say(1, Put("a", ""));
  EXPECT_THAT(Heard(), ElementsAre("1: stored"));
  EXPECT_EQ(store_.Get("a").value(), "");
}

TEST_F(BulkServerTest, SendsNoMoreThanTheReceiverCanTake) {
  ASSERT_TRUE(store_.Put("a", std::string(45, 'x')));
  Say(1, Get("a", 25));
  EXPECT_THAT(Heard(),
              ElementsAre("1: header 45", "1: piece 0+10", "1: piece 10+10", "1: piece 20+5"));
  Say(1, Credit(15));
  EXPECT_THAT(Heard(), ElementsAre("1: piece 25+10", "1: piece 35+5"));
  Say(1, Credit(100));
  EXPECT_THAT(Heard(), ElementsAre("1: piece 40+5"));
  Say(1, Credit(100));
  EXPECT_THAT(Heard(), IsEmpty());
}

TEST_F(BulkServerTest, RefusesBytesThatChangedOnTheirWay) {
  Say(1, Put("a", "12345"));
  Say(1, Piece(0, "12845"));
  EXPECT_THAT(Heard(), ElementsAre("1: credit 5", "1: failed: data loss"));
  EXPECT_EQ(store_.Get("a").error().code(), ErrorCode::kNotFound);
}

TEST_F(BulkServerTest, TellsThePeerWhyTheStoreRefused) {
  ASSERT_TRUE(store_.Put("a", "old"));
  Say(1, Put("a", "new"));
  Say(1, Piece(0, "new"));
  Say(2, Get("missing", 10));
  EXPECT_THAT(Heard(),
              ElementsAre("1: credit 3", "1: failed: already exists", "2: failed: not found"));
}

TEST_F(BulkServerTest, RefusesBadKeysAndOversizeBlobsBeforeTheBytesCome) {
  Say(1, Put("not a key", "x"));
  Say(2, Put("large", std::string(1001, 'x')));
  EXPECT_THAT(Heard(), ElementsAre("1: failed: invalid argument", "2: failed: invalid argument"));
}

TEST_F(BulkServerTest, EndsATransferThatBreaksTheRules) {
  Say(1, Put("a", std::string(100, 'x')));
  Say(1, Piece(0, std::string(41, 'x')));  // Beyond its credit.
  Say(2, Put("a", std::string(100, 'x')));
  Say(2, Piece(10, "x"));  // A gap.
  Say(3, Put("a", std::string(100, 'x')));
  Say(3, Credit(10));  // Of an upload.
  ASSERT_TRUE(store_.Put("b", std::string(100, 'x')));
  Say(4, Get("b", 0));
  Say(4, Piece(0, "x"));                                                           // Of a download.
  EXPECT_THAT(Heard(), ElementsAre("1: credit 40", "1: failed: invalid argument",  //
                                   "2: credit 40", "2: failed: unavailable",       //
                                   "3: credit 40", "3: failed: invalid argument",  //
                                   "4: header 100", "4: failed: invalid argument"));
}

TEST_F(BulkServerTest, AnswersPiecesOfATransferItDoesNotKnow) {
  Say(9, Piece(0, "x"));
  EXPECT_THAT(Heard(), ElementsAre("9: failed: unavailable"));
}

TEST_F(BulkServerTest, AnswersMessagesItDoesNotKnow) {
  v1::BulkMessage stored;
  stored.mutable_stored();
  Say(1, stored);
  Say(2, {});
  EXPECT_THAT(Heard(), ElementsAre("1: failed: unsupported", "2: failed: unsupported"));
}

TEST_F(BulkServerTest, RefusesANumberThatIsInUse) {
  Say(1, Put("a", "12345"));
  Say(1, Put("b", "12345"));
  EXPECT_THAT(Heard(), ElementsAre("1: credit 5", "1: failed: invalid argument"));
}

TEST_F(BulkServerTest, KeepsThePeersApart) {
  const auto other = Connect();
  Say(1, Put("a", "mine"));
  Say(*other, 1, Put("b", "hers"));
  Say(*other, 1, Piece(0, "hers"));
  Say(1, Piece(0, "mine"));
  EXPECT_THAT(Heard(), ElementsAre("1: credit 4", "1: stored"));
  EXPECT_THAT(weft::Heard(*other), ElementsAre("1: credit 4", "1: stored"));
  EXPECT_EQ(store_.Get("a").value() + store_.Get("b").value(), "minehers");
}

TEST_F(BulkServerTest, LetsTransfersWaitInTheOrderTheyCame) {
  for (int i = 1; i <= 4; ++i) {
    Say(i, Put(std::to_string(i), "x"));
  }
  EXPECT_THAT(Heard(), ElementsAre("1: credit 1", "2: credit 1"));
  Say(2, Piece(0, "x"));
  EXPECT_THAT(Heard(), ElementsAre("2: stored", "3: credit 1"));
  Say(1, Cancelled());
  EXPECT_THAT(Heard(), ElementsAre("4: credit 1"));
}

TEST_F(BulkServerTest, ReassuresThoseWhoWait) {
  for (int i = 1; i <= 3; ++i) {
    Say(i, Put(std::to_string(i), "x"));
  }
  Heard();
  Pass(std::chrono::seconds(1));
  EXPECT_THAT(Heard(), ElementsAre("3: credit 0"));
  Pass(std::chrono::milliseconds(999));
  EXPECT_THAT(Heard(), IsEmpty());
  Pass(std::chrono::milliseconds(1));
  EXPECT_THAT(Heard(), ElementsAre("3: credit 0"));
}

// Stores nothing until it is let.
class StuckStore : public MemoryBlobStore {
 public:
  Status Put(const std::string& key, std::string_view bytes) override {
    may_store_.get_future().wait();
    return MemoryBlobStore::Put(key, bytes);
  }
  void Let() { may_store_.set_value(); }

 private:
  std::promise<void> may_store_;
};

TEST_F(BulkServerTest, ReassuresWhoseBlobIsBeingStored) {
  StuckStore stuck;
  const std::unique_ptr<Listener> listener = network_.Listen("slow store").value();
  const std::unique_ptr<Connection> peer = network_.Connect("slow store").value();
  BulkServer server(
      *listener, stuck, clock_,
      {.window = kSmall, .reassure_every = std::chrono::seconds(1), .put_threads = 1});
  for (v1::BulkMessage message : {Put("a", "x"), Piece(0, "x")}) {
    message.set_transfer(1);
    ASSERT_TRUE(peer->Send(message.SerializeAsString()));
    ASSERT_TRUE(server.ServeOnce(Duration::zero()));
  }
  EXPECT_THAT(weft::Heard(*peer), ElementsAre("1: credit 1"));
  for (int i = 0; i < 3; ++i) {
    clock_.Advance(std::chrono::seconds(1));
    ASSERT_TRUE(server.ServeOnce(Duration::zero()));
    EXPECT_THAT(weft::Heard(*peer), ElementsAre("1: credit 0"));
  }
  stuck.Let();
  std::vector<std::string> heard;
  while (heard.empty()) {
    ASSERT_TRUE(server.ServeOnce(Duration(1)));
    heard = weft::Heard(*peer);
  }
  EXPECT_THAT(heard, ElementsAre("1: stored"));
}

TEST_F(BulkServerTest, SendsAwayWhomItHasNoRoomFor) {
  for (int i = 1; i <= 6; ++i) {
    Say(i, Put(std::to_string(i), "x"));
  }
  EXPECT_THAT(Heard(), ElementsAre("1: credit 1", "2: credit 1", "6: failed: unavailable"));
}

TEST_F(BulkServerTest, ForgetsAWaitingTransferThatIsCancelled) {
  for (int i = 1; i <= 4; ++i) {
    Say(i, Put(std::to_string(i), "x"));
  }
  Say(3, Cancelled());
  Heard();
  Say(1, Cancelled());
  EXPECT_THAT(Heard(), ElementsAre("4: credit 1"));
}

TEST_F(BulkServerTest, DropsTransfersThatFallSilent) {
  Say(1, Put("a", std::string(100, 'x')));
  Pass(std::chrono::seconds(20));
  Say(1, Piece(0, "x"));
  Pass(std::chrono::seconds(29));
  EXPECT_THAT(Heard(), ElementsAre("1: credit 40"));
  Pass(std::chrono::seconds(1));
  EXPECT_THAT(Heard(), ElementsAre("1: failed: unavailable"));
}

TEST_F(BulkServerTest, GivesTheTurnOfAPeerThatIsGoneToTheNext) {
  auto gone = Connect();
  Say(*gone, 1, Put("a", "x"));
  Say(*gone, 2, Put("b", "x"));
  Say(*gone, 3, Put("c", "x"));
  Say(4, Put("d", "x"));
  gone.reset();
  Pass(std::chrono::seconds(30));
  EXPECT_THAT(Heard(), ElementsAre("4: credit 1"));
}

TEST_F(BulkServerTest, ListsMoreKeysThanOneMessageHolds) {
  std::vector<std::string> keys;
  for (int i = 0; i < 3000; ++i) {
    keys.push_back(std::string(500, 'k') + std::to_string(10000 + i));
    ASSERT_TRUE(store_.Put(keys.back(), ""));
  }
  v1::BulkMessage list;
  list.mutable_list_begin()->set_prefix("k");
  Say(1, list);
  std::vector<std::string> heard;
  bool more = true;
  while (more) {
    v1::BulkMessage answer;
    const auto bytes = peer_->Receive(Duration::zero()).value();
    ASSERT_TRUE(bytes && answer.ParseFromString(*bytes));
    heard.insert(heard.end(), answer.keys().keys().begin(), answer.keys().keys().end());
    more = answer.keys().more();
  }
  EXPECT_EQ(heard, keys);
}

TEST_F(BulkServerTest, DeletesAPrefix) {
  ASSERT_TRUE(store_.Put("a/1", "x"));
  ASSERT_TRUE(store_.Put("b/1", "x"));
  v1::BulkMessage message;
  message.mutable_delete_prefix()->set_prefix("a/");
  Say(1, message);
  EXPECT_THAT(Heard(), ElementsAre("1: stored"));
  EXPECT_THAT(store_.List("").value(), ElementsAre("b/1"));
}

// Messages of any kind with any numbers, cut and damaged at random.
std::string Garbage(std::mt19937& random) {
  std::vector<v1::BulkMessage> kinds = {Put("a", std::string(random() % 60, 'x')),
                                        Get("a", random() % 50),
                                        Piece(random() % 30, std::string(random() % 50, 'x')),
                                        Credit(random() % 2 == 0 ? ~std::uint64_t{0} : 10),
                                        Cancelled(),
                                        {}};
  v1::BulkMessage& message = kinds[random() % kinds.size()];
  message.set_transfer(random() % 4);
  std::string bytes = message.SerializeAsString();
  if (random() % 4 == 0) {
    bytes.resize(random() % (bytes.size() + 1));
  }
  if (random() % 4 == 0 && !bytes.empty()) {
    bytes[random() % bytes.size()] = static_cast<char>(random());
  }
  return bytes;
}

// Goal: whatever peers send, the server goes on serving the others. Method: seeded garbage from one
// peer, then an honest transfer of another.
TEST_F(BulkServerTest, SurvivesGarbage) {
  const google::protobuf::LogSilencer silence;
  for (unsigned seed = 0; seed < 60; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    const auto rude = Connect();
    for (int i = 0; i < 50; ++i) {
      ASSERT_TRUE(rude->Send(Garbage(random)));
      ASSERT_TRUE(server_.ServeOnce(Duration::zero()));
      weft::Heard(*rude);
    }
    Pass(std::chrono::seconds(30));
    Pass(std::chrono::seconds(30));
    Heard();
    const std::string key = "honest/" + std::to_string(seed);
    Say(seed, Put(key, key));
    Say(seed, Piece(0, key));
    ASSERT_EQ(store_.Get(key).value(), key);
  }
}

}  // namespace
}  // namespace weft
