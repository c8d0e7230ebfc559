// What every blob store promises. A test file names its store and instantiates the suite:
//
//   struct Fixture { BlobStore& Store(); };  // Empty at first.
//   INSTANTIATE_TYPED_TEST_SUITE_P(Memory, BlobStoreContract, Fixture);

#pragma once

#include <map>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/blob_store.h"

namespace weft {

template <typename Fixture>
class BlobStoreContract : public ::testing::Test {
 protected:
  BlobStore& Store() { return fixture_.Store(); }

  Fixture fixture_;
};

inline std::string SomeBytes(std::size_t count) {
  std::mt19937 random(static_cast<unsigned>(count));
  std::string bytes(count, '\0');
  for (char& byte : bytes) {
    byte = static_cast<char>(random());
  }
  return bytes;
}

TYPED_TEST_SUITE_P(BlobStoreContract);

TYPED_TEST_P(BlobStoreContract, ReturnsWhatWasPut) {
  std::map<std::string, std::string> blobs;
  for (const std::size_t size : {0U, 1U, 4095U, 300000U, 3000000U}) {
    blobs["j-1/denoise/" + std::to_string(size)] = SomeBytes(size);
  }
  for (const auto& [key, bytes] : blobs) {
    ASSERT_TRUE(this->Store().Put(key, bytes)) << key;
  }
  for (const auto& [key, bytes] : blobs) {
    EXPECT_TRUE(this->Store().Get(key).value() == bytes) << key;
  }
}

TYPED_TEST_P(BlobStoreContract, SaysThatABlobIsNotThere) {
  ASSERT_TRUE(this->Store().Put("a/b", "x"));
  for (const std::string key : {"a", "a/", "a/bc", "b", ""}) {
    const auto blob = this->Store().Get(key);
    ASSERT_FALSE(blob.has_value()) << key;
    EXPECT_EQ(blob.error().code(), ErrorCode::kNotFound) << blob.error().message();
  }
}

TYPED_TEST_P(BlobStoreContract, TakesTheSameBytesTwice) {
  const std::string bytes = SomeBytes(10000);
  ASSERT_TRUE(this->Store().Put("a", bytes));
  EXPECT_TRUE(this->Store().Put("a", bytes));
}

TYPED_TEST_P(BlobStoreContract, NeverReplacesABlob) {
  const std::string bytes = SomeBytes(10000);
  ASSERT_TRUE(this->Store().Put("a", bytes));
  for (const std::string& other : {std::string(), bytes + "x", bytes.substr(1) + "x"}) {
    const Status put = this->Store().Put("a", other);
    ASSERT_FALSE(put.has_value());
    EXPECT_EQ(put.error().code(), ErrorCode::kAlreadyExists);
  }
  EXPECT_EQ(this->Store().Get("a").value(), bytes);
}

TYPED_TEST_P(BlobStoreContract, TakesGoodKeysOnly) {
  for (const std::string& key :
       {std::string("azAZ09._-/"), std::string(512, 'k'), std::string("/"), std::string("..")}) {
    EXPECT_TRUE(this->Store().Put(key, "x")) << key;
    EXPECT_EQ(this->Store().Get(key).value(), "x");
  }
  for (const std::string& key : {std::string(), std::string(513, 'k'), std::string("a b"),
                                 std::string("a\nb"), std::string("a\0b", 3), std::string("a:b"),
                                 std::string("\xc3\xa4"), std::string("a\xff")}) {
    const Status put = this->Store().Put(key, "x");
    ASSERT_FALSE(put.has_value()) << key;
    EXPECT_EQ(put.error().code(), ErrorCode::kInvalidArgument);
  }
}

TYPED_TEST_P(BlobStoreContract, ListsTheKeysOfAPrefixInOrder) {
  using ::testing::ElementsAre;
  for (const std::string key : {"j/b", "j/a", "j/a/1", "j/a.1", "j", "k/a", "i/z"}) {
    ASSERT_TRUE(this->Store().Put(key, key));
  }
  EXPECT_THAT(this->Store().List("j/").value(), ElementsAre("j/a", "j/a.1", "j/a/1", "j/b"));
  EXPECT_THAT(this->Store().List("j/a").value(), ElementsAre("j/a", "j/a.1", "j/a/1"));
  EXPECT_THAT(this->Store().List("").value(), ::testing::SizeIs(7));
  EXPECT_THAT(this->Store().List("nothing").value(), ::testing::IsEmpty());
}

TYPED_TEST_P(BlobStoreContract, DeletesAPrefixAndNothingElse) {
  using ::testing::ElementsAre;
  for (const std::string key : {"a/1", "a/10", "a/2", "b/1"}) {
    ASSERT_TRUE(this->Store().Put(key, SomeBytes(5000)));
  }
  EXPECT_TRUE(this->Store().DeletePrefix("c/"));
  EXPECT_TRUE(this->Store().DeletePrefix("a/1"));
  EXPECT_THAT(this->Store().List("").value(), ElementsAre("a/2", "b/1"));
  EXPECT_EQ(this->Store().Get("a/10").error().code(), ErrorCode::kNotFound);
  EXPECT_TRUE(this->Store().Put("a/1", "another"));
  EXPECT_EQ(this->Store().Get("a/1").value(), "another");
  EXPECT_TRUE(this->Store().DeletePrefix(""));
  EXPECT_THAT(this->Store().List("").value(), ::testing::IsEmpty());
}

inline void ExpectSameAsAModel(BlobStore& store, unsigned seed) {
  std::mt19937 random(seed);
  std::map<std::string, std::string> model;
  for (int step = 0; step < 150; ++step) {
    const std::string prefix(1, static_cast<char>('a' + random() % 3));
    const std::string key = prefix + std::to_string(random() % 5);
    if (random() % 12 == 0) {
      ASSERT_TRUE(store.DeletePrefix(prefix));
      model.erase(model.lower_bound(prefix), model.lower_bound(prefix + "~"));
    } else {
      const std::string bytes = SomeBytes(random() % 3 * 5000);
      const bool same = model.emplace(key, bytes).first->second == bytes;
      ASSERT_EQ(store.Put(key, bytes).has_value(), same);
    }
    const auto blob = store.Get(key);
    ASSERT_EQ(blob.has_value(), model.count(key) == 1);
    ASSERT_TRUE(!blob || *blob == model[key]);
    std::vector<std::string> keys;
    keys.reserve(model.size());
    for (const auto& [name, bytes] : model) {
      keys.push_back(name);
    }
    ASSERT_EQ(store.List("").value(), keys);
  }
}

TYPED_TEST_P(BlobStoreContract, AgreesWithAModelUnderRandomOperations) {
  const unsigned seed = 20;
  SCOPED_TRACE(seed);
  ExpectSameAsAModel(this->Store(), seed);
}

inline void JoinAll(std::vector<std::thread>& threads) {
  for (std::thread& thread : threads) {
    thread.join();
  }
}

// Blobs of one thread's own, and blobs that all threads put.
inline void PutMany(BlobStore& store, int thread) {
  for (int k = 0; k < 20; ++k) {
    const std::string own = std::to_string(thread) + "/" + std::to_string(k);
    EXPECT_TRUE(store.Put(own, own));
    EXPECT_TRUE(store.Put("shared/" + std::to_string(k), "the same"));
    EXPECT_EQ(store.Get(own).value(), own);
  }
}

TYPED_TEST_P(BlobStoreContract, ServesManyThreads) {
  std::vector<std::thread> threads(4);
  for (int i = 0; i < 4; ++i) {
    threads[i] = std::thread([this, i] { PutMany(this->Store(), i); });
  }
  JoinAll(threads);
  EXPECT_THAT(this->Store().List("").value(), ::testing::SizeIs(100));
}

// One wins, and all who read see the winner's bytes.
inline void ExpectOneWinner(BlobStore& store, const std::string& key) {
  std::vector<int> wins(2, 0);
  std::vector<std::thread> rivals(2);
  for (int i = 0; i < 2; ++i) {
    rivals[i] = std::thread([&, i] { wins[i] = store.Put(key, std::to_string(i)) ? 1 : 0; });
  }
  JoinAll(rivals);
  EXPECT_EQ(wins[0] + wins[1], 1);
  EXPECT_EQ(store.Get(key).value(), wins[0] == 1 ? "0" : "1");
}

TYPED_TEST_P(BlobStoreContract, LetsOneOfTwoRivalsWin) {
  for (int round = 0; round < 20; ++round) {
    ExpectOneWinner(this->Store(), "contested/" + std::to_string(round));
  }
}

REGISTER_TYPED_TEST_SUITE_P(BlobStoreContract,
                            ReturnsWhatWasPut,
                            SaysThatABlobIsNotThere,
                            TakesTheSameBytesTwice,
                            NeverReplacesABlob,
                            TakesGoodKeysOnly,
                            ListsTheKeysOfAPrefixInOrder,
                            DeletesAPrefixAndNothingElse,
                            AgreesWithAModelUnderRandomOperations,
                            ServesManyThreads,
                            LetsOneOfTwoRivalsWin);

}  // namespace weft
