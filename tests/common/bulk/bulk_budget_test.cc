// How much a blob server holds in memory.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/blob/memory_blob_store.h"
#include "common/bulk/bulk_server.h"
#include "common/transport/memory_transport.h"
#include "tests/common/bulk/bulk_words.h"

namespace weft {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(BulkBudget, HoldsNoMoreInMemoryThanItMay) {
  MemoryNetwork network;
  const auto listener = network.Listen("store").value();
  const auto peer = network.Connect("store").value();
  MemoryBlobStore store;
  ASSERT_TRUE(store.Put("b", std::string(60, 'b')));
  ManualClock clock;
  BulkServer server(*listener, store, clock,
                    {.window = kSmall, .bytes_max = 100, .small_bytes_max = 20});
  const auto say = [&](std::uint64_t number, v1::BulkMessage message) {
    message.set_transfer(number);
    ASSERT_TRUE(peer->Send(message.SerializeAsString()));
    ASSERT_TRUE(server.ServeOnce(Duration::zero()));
  };
  const auto heard = [&] { return Heard(*peer); };
  const std::string large(80, 'x');
  say(1, Put("a", large));
  EXPECT_THAT(heard(), ElementsAre("1: credit 40"));
  say(2, Get("b", 10));
  EXPECT_THAT(heard(), ElementsAre("2: header 60", "2: piece 0+10")) << "there was some room";
  say(3, Put("c", std::string(30, 'c')));
  say(6, Get("b", 10));
  EXPECT_THAT(heard(), IsEmpty()) << "140 are held";
  say(4, Put("d", std::string(20, 'd')));
  say(5, Put("e", std::string(2000, 'e')));
  EXPECT_THAT(heard(), ElementsAre("4: credit 20", "5: failed: invalid argument"))
      << "small ones, and what is refused, wait for no large one";
  say(1, Piece(0, large.substr(0, 40)));
  say(1, Piece(40, large.substr(40)));
  EXPECT_THAT(heard(), ElementsAre("1: credit 40", "1: stored", "3: credit 30", "6: header 60",
                                   "6: piece 0+10"));
}

}  // namespace
}  // namespace weft
