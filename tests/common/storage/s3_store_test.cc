// Against s3rver, behind a door that checks signatures and mistreats requests.

#include "common/storage/s3_store.h"

#include <filesystem>
#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/common/storage/s3_service.h"
#include "tests/common/temporary_folder.h"
#include "tests/common/transport/chaos_proxy.h"

namespace weft {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::uint64_t kPartBytes = 5 << 20;  // The least that S3 takes.
const ObjectPlace kClip{"reels", "2024/täke 1 (b)+=&'!*.mp4"};

S3Patience Quick() {
  return {.tries_max = 4,
          .pause = std::chrono::milliseconds(4),
          .pause_max = std::chrono::milliseconds(16),
          .silence = std::chrono::seconds(20),
          .part_bytes = kPartBytes};
}

// Bytes that are not alike anywhere.
std::string Bytes(std::size_t size) {
  std::string bytes(size, '\0');
  std::uint32_t state = 1;
  for (char& byte : bytes) {
    state = state * 1664525 + 1013904223;
    byte = static_cast<char>(state >> 24U);
  }
  return bytes;
}

std::string ContentOf(const std::string& file) {
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

class S3StoreTest : public ::testing::Test {
 protected:
  std::string Keep(const std::string& name, const std::string& bytes) {
    std::ofstream(folder_.File(name), std::ios::binary) << bytes;
    return folder_.File(name);
  }

  // The object's bytes; what is wrong where there are none.
  std::string Fetch(S3Store& store, const ObjectPlace& place) {
    const auto version = store.Look(place, {});
    if (!version) {
      return version.error().message();
    }
    const std::string file = folder_.File("fetched");
    std::filesystem::remove(file);
    const Status read = store.Read(place, *version, file, {});
    return read ? ContentOf(file) : read.error().message();
  }

  void Put(const ObjectPlace& place, const std::string& bytes) {
    ASSERT_TRUE(store_.Write(place, Keep("put", bytes), {}));
  }

  TemporaryFolder folder_;
  S3Service service_;
  S3Store store_{service_.Access(), Quick()};
};

TEST_F(S3StoreTest, WritesAndReadsAnObject) {
  const std::string bytes = Bytes(100'000);
  const Status written = store_.Write(kClip, Keep("clip", bytes), {});
  ASSERT_TRUE(written) << written.error().message();
  const auto version = store_.Look(kClip, {});
  ASSERT_TRUE(version) << version.error().message();
  EXPECT_EQ(version->size_bytes, bytes.size());
  EXPECT_EQ(Fetch(store_, kClip), bytes);
}

TEST_F(S3StoreTest, FindsBucketsInTheHostsName) {
  S3Access access = service_.Access();
  access.path_style = false;
  access.host = "s3.localhost:" + std::to_string(service_.Port());
  S3Store store(access, Quick());
  const Status written = store.Write(kClip, Keep("clip", "abc"), {});
  ASSERT_TRUE(written) << written.error().message();
  EXPECT_EQ(Fetch(store, kClip), "abc");
  EXPECT_EQ(Fetch(store_, kClip), "abc") << "the same one in the path";
}

TEST_F(S3StoreTest, SendsTheSessionToken) {
  service_.Tell("token IQoJb3JpZ2lu//8aCXVzLWVhc3Q=");
  EXPECT_THAT(Fetch(store_, kClip), HasSubstr("renew the session token"));
  S3Access access = service_.Access();
  access.credentials.session_token = "IQoJb3JpZ2lu//8aCXVzLWVhc3Q=";
  S3Store store(access, Quick());
  ASSERT_TRUE(store.Write(kClip, Keep("clip", "abc"), {}));
  EXPECT_EQ(Fetch(store, kClip), "abc");
}

TEST_F(S3StoreTest, WritesLargeFilesInPartsThatAppearTogether) {
  const std::string bytes = Bytes(2 * kPartBytes + 1234);
  std::vector<std::string> uploads;
  std::vector<std::string> ended;
  std::vector<double> shares;
  TransferWatch watch;
  watch.began = [&](const std::string& upload) -> Status {
    uploads.push_back(upload);
    EXPECT_EQ(service_.Count("uploads reels"), 1);
    return {};
  };
  watch.ended = [&](const std::string& upload) { ended.push_back(upload); };
  watch.moved = [&](double share) {
    shares.push_back(share);
    EXPECT_EQ(service_.Count("objects reels"), 0) << "nothing is to be seen of it yet";
  };
  const Status written = store_.Write(kClip, Keep("clip", bytes), watch);
  ASSERT_TRUE(written) << written.error().message();
  EXPECT_EQ(Fetch(store_, kClip), bytes);
  EXPECT_EQ(uploads.size(), 1U);
  EXPECT_EQ(ended, uploads);
  EXPECT_EQ(shares.size(), 3U);
  EXPECT_EQ(shares.back(), 1.0);
  EXPECT_EQ(service_.Count("uploads reels"), 0);
}

TEST_F(S3StoreTest, RefusesAWrongSecretAtOnce) {
  service_.Tell("secret another");
  service_.Tell("requests");
  const auto version = store_.Look(kClip, {});
  ASSERT_FALSE(version);
  EXPECT_EQ(version.error().code(), ErrorCode::kPermissionDenied);
  EXPECT_THAT(version.error().message(),
              AllOf(HasSubstr("cannot read " + kClip.Url() +
                              ": the store answers 403 "
                              "SignatureDoesNotMatch"),
                    HasSubstr("look at the credentials"), Not(HasSubstr("S3RVER"))));
  EXPECT_EQ(service_.Count("requests"), 1) << "another try cannot help";
  const Status written = store_.Write(kClip, Keep("clip", "abc"), {});
  EXPECT_EQ(written.error().code(), ErrorCode::kPermissionDenied);
  EXPECT_EQ(store_.CheckWritable(kClip, {}).error().code(), ErrorCode::kPermissionDenied);
}

TEST_F(S3StoreTest, SaysWhatIsNotThere) {
  const auto version = store_.Look({"reels", "none.mp4"}, {});
  ASSERT_FALSE(version);
  EXPECT_EQ(version.error().code(), ErrorCode::kNotFound);
  EXPECT_THAT(version.error().message(), HasSubstr("404 NoSuchKey"));
  const auto bucket = store_.Look({"nowhere", "none.mp4"}, {});
  EXPECT_EQ(bucket.error().code(), ErrorCode::kNotFound);
  EXPECT_THAT(bucket.error().message(), HasSubstr("make the bucket, or correct its name"));
  Put(kClip, "");
  EXPECT_THAT(store_.Look(kClip, {}).error().message(), HasSubstr("it is empty"));
}

TEST_F(S3StoreTest, KeepsToTheBucketsThatAreOpen) {
  S3Access access = service_.Access();
  access.buckets = {"others"};
  S3Store store(access, Quick());
  service_.Tell("requests");
  EXPECT_EQ(store.Look(kClip, {}).error().code(), ErrorCode::kPermissionDenied);
  EXPECT_EQ(store.Write(kClip, Keep("clip", "abc"), {}).error().code(),
            ErrorCode::kPermissionDenied);
  EXPECT_EQ(service_.Count("requests"), 0);
}

TEST_F(S3StoreTest, TriesAgainWhileTheStoreIsBusy) {
  const std::string bytes = Bytes(1000);
  service_.Tell("fail 503 SlowDown 3");
  ASSERT_TRUE(store_.Write(kClip, Keep("clip", bytes), {}));
  service_.Tell("fail 500 InternalError 3");
  EXPECT_EQ(Fetch(store_, kClip), bytes);
}

TEST_F(S3StoreTest, IsUnavailableWhereTheStoreStaysBusy) {
  service_.Tell("requests");
  service_.Tell("fail 503 SlowDown 100");
  const auto version = store_.Look(kClip, {});
  EXPECT_EQ(version.error().code(), ErrorCode::kUnavailable);
  EXPECT_THAT(version.error().message(),
              HasSubstr("503 SlowDown (It was told to.); tried 4 times"));
  EXPECT_EQ(service_.Count("requests"), 4);
}

TEST_F(S3StoreTest, IsUnavailableWhereNobodyListens) {
  S3Access access = service_.Access();
  access.host = "127.0.0.1:1";
  EXPECT_EQ(S3Store(access, Quick()).Look(kClip, {}).error().code(), ErrorCode::kUnavailable);
}

TEST_F(S3StoreTest, GivesUpOnAStoreThatSaysNothing) {
  service_.Tell("hang 2");
  S3Patience patience = Quick();
  patience.tries_max = 2;
  patience.silence = std::chrono::milliseconds(300);
  const auto version = S3Store(service_.Access(), patience).Look(kClip, {});
  EXPECT_EQ(version.error().code(), ErrorCode::kUnavailable);
  EXPECT_THAT(version.error().message(), HasSubstr("nothing came any more"));
}

TEST_F(S3StoreTest, GoesOnWhereAnAnswerBrokeOff) {
  const std::string bytes = Bytes(1'000'000);
  Put(kClip, bytes);
  // More cuts than tries: each gains something.
  service_.Tell("cut 100000 9");
  EXPECT_EQ(Fetch(store_, kClip), bytes);
}

TEST_F(S3StoreTest, GoesOnWhereAnotherProcessStopped) {
  const std::string bytes = Bytes(50'000);
  Put(kClip, bytes);
  const auto version = store_.Look(kClip, {});
  const std::string file = Keep("half", bytes.substr(0, 20'000));
  std::vector<double> shares;
  TransferWatch watch;
  watch.moved = [&](double share) { shares.push_back(share); };
  ASSERT_TRUE(store_.Read(kClip, *version, file, watch));
  EXPECT_EQ(ContentOf(file), bytes);
  ASSERT_FALSE(shares.empty());
  EXPECT_GT(shares.front(), 0.4) << "what was there is not fetched again";
  service_.Tell("requests");
  ASSERT_TRUE(store_.Read(kClip, *version, file, {}));
  EXPECT_EQ(service_.Count("requests"), 0) << "it is whole";
}

TEST_F(S3StoreTest, ReadsThroughSlowAndCuttingConnections) {
  const std::string bytes = Bytes(200'000);
  Put(kClip, bytes);
  service_.Tell("slow 20000");
  EXPECT_EQ(Fetch(store_, kClip), bytes);
  service_.Tell("slow 0");
  ChaosProxy proxy(service_.Port(), 7);
  S3Access access = service_.Access();
  access.host = proxy.Address().substr(std::string("tcp://").size());
  S3Patience patience = Quick();
  patience.tries_max = 200;  // Where a cut falls is drawn: most come before the first byte.
  S3Store store(access, patience);
  proxy.SetMood(ChaosProxy::Mood::kSlow);
  EXPECT_EQ(Fetch(store, kClip), bytes);
  const auto version = store_.Look(kClip, {});
  const std::string file = folder_.File("cut");
  proxy.SetMood(ChaosProxy::Mood::kCutting);
  TransferWatch watch;
  watch.is_stopped = [&] { return proxy.CutCount() >= 3; };
  const Status cut = store.Read(kClip, *version, file, watch);
  proxy.SetMood(ChaosProxy::Mood::kCalm);
  if (!cut) {
    EXPECT_EQ(cut.error().code(), ErrorCode::kCancelled);
    ASSERT_TRUE(store.Read(kClip, *version, file, {}));
  }
  EXPECT_EQ(ContentOf(file), bytes);
}

TEST_F(S3StoreTest, RefusesAnObjectThatHasChanged) {
  const std::string bytes = Bytes(50'000);
  Put(kClip, bytes);
  const auto version = store_.Look(kClip, {});
  const std::string file = Keep("half", bytes.substr(0, 20'000));
  Put(kClip, Bytes(50'001));
  const Status read = store_.Read(kClip, *version, file, {});
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_THAT(read.error().message(), HasSubstr("the object has changed"));
  EXPECT_EQ(ContentOf(file), bytes.substr(0, 20'000)) << "nothing of the other one";
}

TEST_F(S3StoreTest, PutsPartsAgainThatWereCutOff) {
  const std::string bytes = Bytes(2 * kPartBytes);
  service_.Tell("cutparts 3");
  const Status written = store_.Write(kClip, Keep("clip", bytes), {});
  ASSERT_TRUE(written) << written.error().message();
  EXPECT_EQ(Fetch(store_, kClip), bytes);
  EXPECT_EQ(service_.Count("uploads reels"), 0);
}

TEST_F(S3StoreTest, KnowsAnUploadThatWasCompletedAlthoughNobodySaidSo) {
  const std::string bytes = Bytes(kPartBytes + 1);
  service_.Tell("lose 1");
  const Status written = store_.Write(kClip, Keep("clip", bytes), {});
  ASSERT_TRUE(written) << written.error().message();
  EXPECT_EQ(Fetch(store_, kClip), bytes);
}

TEST_F(S3StoreTest, LeavesNothingBehindWhereItIsStopped) {
  const std::string file = Keep("clip", Bytes(3 * kPartBytes));
  double reached = 0;
  std::vector<std::string> ended;
  TransferWatch watch;
  watch.moved = [&](double share) { reached = share; };
  watch.is_stopped = [&] { return reached > 0; };
  watch.ended = [&](const std::string& upload) { ended.push_back(upload); };
  const Status written = store_.Write(kClip, file, watch);
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code(), ErrorCode::kCancelled);
  EXPECT_EQ(service_.Count("uploads reels"), 0);
  EXPECT_EQ(service_.Count("objects reels"), 0);
  EXPECT_EQ(ended.size(), 1U);
}

TEST_F(S3StoreTest, FailsWhereTheBucketGoesInTheMiddle) {
  const std::string file = Keep("clip", Bytes(4 * kPartBytes));
  service_.Tell("drop reels 2");
  const Status written = store_.Write(kClip, file, {});
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code(), ErrorCode::kNotFound);
  EXPECT_THAT(written.error().message(),
              HasSubstr("cannot write " + kClip.Url() + ": the store answers 404 NoSuchBucket"));
}

TEST_F(S3StoreTest, LeavesTheEndOfAnUploadToOthersWhereTheStoreIsGone) {
  const std::string file = Keep("clip", Bytes(2 * kPartBytes));
  std::string begun;
  bool has_ended = false;
  TransferWatch watch;
  watch.began = [&](const std::string& upload) -> Status {
    begun = upload;
    service_.Tell("fail 503 SlowDown 5");  // All tries of a part, and the one to give up.
    return {};
  };
  watch.ended = [&](const std::string&) { has_ended = true; };
  EXPECT_EQ(store_.Write(kClip, file, watch).error().code(), ErrorCode::kUnavailable);
  EXPECT_FALSE(has_ended);
  EXPECT_EQ(service_.Count("uploads reels"), 1);
  ASSERT_TRUE(store_.Abort(kClip, begun, {}));
  EXPECT_EQ(service_.Count("uploads reels"), 0);
  EXPECT_TRUE(store_.Abort(kClip, begun, {})) << "once more does no harm";
}

TEST_F(S3StoreTest, ChecksThatItMayWriteAndLeavesNothing) {
  const Status writable = store_.CheckWritable(kClip, {});
  EXPECT_TRUE(writable) << writable.error().message();
  EXPECT_EQ(service_.Count("uploads reels"), 0);
  EXPECT_EQ(service_.Count("objects reels"), 0);
}

}  // namespace
}  // namespace weft
