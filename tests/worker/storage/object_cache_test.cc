#include "worker/storage/object_cache.h"

#include <chrono>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <optional>
#include <thread>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/common/storage/s3_service.h"
#include "tests/common/temporary_folder.h"

namespace weft::worker {
namespace {

namespace fs = std::filesystem;
using ::testing::EndsWith;
using ::testing::HasSubstr;

class ObjectCacheTest : public ::testing::Test {
 protected:
  ObjectPlace Put(const std::string& key, std::size_t size, char letter = 'x') {
    std::ofstream(folder_.File("put"), std::ios::binary) << std::string(size, letter);
    ObjectPlace place{"reels", key};
    EXPECT_TRUE(store_.Write(place, folder_.File("put"), {}));
    return place;
  }

  ObjectCache Cache(std::uint64_t bytes_max = 1'000'000) {
    return *ObjectCache::Open(folder_.File("cache"), bytes_max);
  }

  static Result<CachedObject> Fetch(ObjectCache& cache,
                                    const ObjectPlace& place,
                                    S3Store& store,
                                    const ObjectVersion& version,
                                    const TransferWatch& watch = {}) {
    return cache.Fetch(
        {"here", place.Url(), version},
        [&](const std::string& file) { return store.Read(place, version, file, watch); },
        watch.is_stopped);
  }
  Result<CachedObject> Fetch(ObjectCache& cache, const ObjectPlace& place) {
    return Fetch(cache, place, store_, *store_.Look(place, {}));
  }

  static void SetUsed(const std::string& path, std::chrono::hours ago) {
    const timespec times[] = {{std::time(nullptr) - std::chrono::seconds(ago).count(), 0},
                              {0, UTIME_OMIT}};
    ASSERT_EQ(utimensat(AT_FDCWD, path.c_str(), &times[0], 0), 0);
  }

  std::size_t FileCount() {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(folder_.File("cache")), fs::directory_iterator()));
  }

  TemporaryFolder folder_;
  S3Service service_;
  S3Store store_{service_.Access()};
};

TEST_F(ObjectCacheTest, FetchesAVersionOnce) {
  ObjectCache cache = Cache();
  const ObjectPlace place = Put("reel 1/take.mp4", 1000);
  const ObjectVersion version = *store_.Look(place, {});
  const auto first = Fetch(cache, place, store_, version);
  ASSERT_TRUE(first) << first.error().message();
  EXPECT_EQ(fs::file_size(first->Path()), 1000U);
  EXPECT_THAT(first->Path(), EndsWith("-take.mp4")) << "FFmpeg looks at names";
  service_.Tell("requests");
  const auto second = Fetch(cache, place, store_, version);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->Path(), first->Path());
  EXPECT_EQ(service_.Count("requests"), 0);
  EXPECT_EQ(FileCount(), 1U);
}

TEST_F(ObjectCacheTest, KeepsVersionsApart) {
  ObjectCache cache = Cache();
  const auto before = Fetch(cache, Put("take.mp4", 1000, 'a'));
  const auto behind = Fetch(cache, Put("take.mp4", 1000, 'b'));
  ASSERT_TRUE(before && behind);
  EXPECT_NE(before->Path(), behind->Path());
}

TEST_F(ObjectCacheTest, DropsWhatWasUsedLongestAgo) {
  ObjectCache cache = Cache(2500);
  const ObjectPlace old_one = Put("old.mp4", 1000, 'a');
  const ObjectPlace used = Put("used.mp4", 1000, 'b');
  std::string old_path = Fetch(cache, old_one)->Path();
  std::string used_path = Fetch(cache, used)->Path();
  SetUsed(old_path, std::chrono::hours(1));
  SetUsed(used_path, std::chrono::hours(2));
  const auto changed = fs::last_write_time(used_path);
  ASSERT_TRUE(Fetch(cache, used)) << "that makes it the younger one";
  EXPECT_EQ(fs::last_write_time(used_path), changed) << "models are loaded anew where that changes";
  const auto third = Fetch(cache, Put("new.mp4", 1000, 'c'));
  ASSERT_TRUE(third) << third.error().message();
  EXPECT_FALSE(fs::exists(old_path));
  EXPECT_TRUE(fs::exists(used_path));
}

TEST_F(ObjectCacheTest, LeavesWhatIsInUse) {
  ObjectCache cache = Cache(1500);
  const auto used = Fetch(cache, Put("used.mp4", 1000, 'a'));
  const auto other = Fetch(cache, Put("other.mp4", 1000, 'b'));
  ASSERT_TRUE(used && other);
  EXPECT_TRUE(fs::exists(used->Path()));
  EXPECT_TRUE(fs::exists(other->Path()));
}

TEST_F(ObjectCacheTest, RefusesWhatCanNeverFit) {
  ObjectCache cache = Cache(999);
  const auto fetched = Fetch(cache, Put("take.mp4", 1000));
  ASSERT_FALSE(fetched);
  EXPECT_EQ(fetched.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_THAT(fetched.error().message(), HasSubstr("cache-size"));
}

TEST_F(ObjectCacheTest, GoesOnFromAPartUnlessTheMachineWasStartedSince) {
  ObjectCache cache = Cache();
  const ObjectPlace place = Put("take.mp4", 1000);
  const ObjectVersion version = *store_.Look(place, {});
  const std::string path = Fetch(cache, place, store_, version)->Path();
  const std::string part = path + ".part";
  const auto leave_part = [&] {
    fs::remove(path);
    std::ofstream(part) << std::string(600, 'x');
  };
  std::optional<double> first_share;
  TransferWatch watch;
  watch.moved = [&](double share) {
    if (!first_share) {
      first_share = share;
    }
  };
  leave_part();
  service_.Tell("cut 100 1");
  ASSERT_TRUE(Fetch(cache, place, store_, version, watch));
  EXPECT_GT(*first_share, 0.6);
  leave_part();
  fs::last_write_time(part, fs::file_time_type::clock::now() - std::chrono::hours(24 * 3650));
  first_share.reset();
  service_.Tell("cut 100 1");
  ASSERT_TRUE(Fetch(cache, place, store_, version, watch));
  EXPECT_LT(*first_share, 0.2);
  EXPECT_EQ(FileCount(), 1U);
}

TEST_F(ObjectCacheTest, WaitsForAnotherThatFetches) {
  ObjectCache cache = Cache();
  const ObjectPlace place = Put("take.mp4", 100'000);
  const ObjectVersion version = *store_.Look(place, {});
  service_.Tell("slow 5000");
  service_.Tell("requests");
  S3Store others(service_.Access());
  std::string theirs;
  std::thread other([&] {
    const auto fetched = Fetch(cache, place, others, version);
    theirs = fetched ? fetched->Path() : fetched.error().message();
  });
  const auto ours = Fetch(cache, place, store_, version);
  other.join();
  ASSERT_TRUE(ours) << ours.error().message();
  EXPECT_EQ(ours->Path(), theirs);
  EXPECT_EQ(service_.Count("requests"), 1);
}

TEST_F(ObjectCacheTest, SaysThatItsFileCannotBeOpened) {
  ObjectCache cache = Cache();
  const ObjectPlace place = Put("take.mp4", 1000);
  const std::string path = Fetch(cache, place)->Path();
  fs::remove(path);
  fs::create_symlink(path, path);
  const auto fetched = Fetch(cache, place);
  ASSERT_FALSE(fetched);
  EXPECT_EQ(fetched.error().code(), ErrorCode::kUnavailable);
  EXPECT_THAT(fetched.error().message(), HasSubstr(path));
}

TEST_F(ObjectCacheTest, LiesWhereTheEnvironmentSays) {
  const auto folder = [](const std::string& variable, const std::string& value) {
    return DefaultCacheFolder([&](const std::string& name) {
      return name == variable ? std::optional<std::string>(value) : std::nullopt;
    });
  };
  EXPECT_EQ(folder("CACHE_DIRECTORY", "/var/cache/weft:/other"), "/var/cache/weft");
  EXPECT_EQ(folder("XDG_CACHE_HOME", "/c"), "/c/weft");
  EXPECT_EQ(folder("HOME", "/people/ada"), "/people/ada/.cache/weft");
  EXPECT_EQ(folder("PATH", "/bin"), "");
}

}  // namespace
}  // namespace weft::worker
