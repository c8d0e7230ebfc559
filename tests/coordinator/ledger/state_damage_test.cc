// One flipped bit anywhere in the files of a stored state.

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <map>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/blob/checksummed_blob_store.h"
#include "common/blob/rocks_blob_store.h"
#include "coordinator/ledger/record_bytes.h"
#include "coordinator/ledger/rocks_ledger.h"
#include "tests/common/temporary_folder.h"

namespace weft::coordinator {
namespace {

namespace fs = std::filesystem;

constexpr int kFlipsOfAFile = 10;
constexpr std::uint32_t kTables = 8;  // Records and blobs that lie in tables and blob files,
constexpr std::uint32_t kLogged = 6;  // and that lie in the write-ahead log.

// What a program that reads a damaged state comes to.
enum Verdict { kHarmless = 0, kNoticed = 1, kWrong = 2 };

// RocksDB's threads do not survive a fork, so whoever opens a database does so in a child.
int InChild(const std::function<Verdict()>& act) {
  const pid_t child = fork();
  if (child == 0) {
    _exit(act());
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

Verdict Notice(const Error& error) {
  return error.message().empty() ? kWrong : kNoticed;
}

Record RecordNumber(std::uint32_t number) {
  v1::TaskRecord task;
  task.mutable_task()->set_job("j-1");
  task.mutable_task()->set_stage(v1::STAGE_FINISH);
  task.mutable_task()->set_chunk(number);
  task.set_attempt(number + 1);
  return ToRecord(std::move(task));
}

// Every other one is large enough for a file of its own.
std::string BlobNumber(std::uint32_t number) {
  std::mt19937_64 random(number);
  std::string bytes((number % 2 == 0 ? 20'000 : 80'000) + number, '\0');
  std::generate(bytes.begin(), bytes.end(), [&] { return static_cast<char>(random()); });
  return bytes;
}

std::string KeyOf(std::uint32_t number) {
  return "j-1/finish/" + std::to_string(number);
}

std::unique_ptr<BlobStore> OpenBlobs(const std::string& folder) {
  auto rocks = OpenRocksBlobStore(folder);
  return rocks ? std::make_unique<ChecksummedBlobStore>(*std::move(rocks)) : nullptr;
}

class StateDamageTest : public ::testing::Test {
 protected:
  // Opening a database moves what is in its log into a table.
  static Verdict MakeLedger(const std::string& folder) {
    for (const auto& [first, last] : {std::pair(0U, kTables), {kTables, kTables + kLogged}}) {
      const auto ledger = OpenRocksLedger(folder).value();
      for (std::uint32_t i = first; i < last; ++i) {
        if (!ledger->Commit({RecordNumber(i)})) {
          return kWrong;
        }
      }
    }
    return kHarmless;
  }

  static Verdict MakeBlobs(const std::string& folder) {
    for (const auto& [first, last] : {std::pair(0U, kTables), {kTables, kTables + kLogged}}) {
      const auto blobs = OpenBlobs(folder);
      for (std::uint32_t i = first; i < last; ++i) {
        if (!blobs->Put(KeyOf(i), BlobNumber(i))) {
          return kWrong;
        }
      }
    }
    return kHarmless;
  }

  // All there is, or all but the last commit: a log that was cut there by a crash looks the same,
  // and then the task runs again.
  static Verdict ReadLedger(const std::string& folder) {
    const auto ledger = OpenRocksLedger(folder);
    if (!ledger) {
      return Notice(ledger.error());
    }
    const Result<std::vector<Record>> records = (*ledger)->Load();
    if (!records) {
      return Notice(records.error());
    }
    bool same = records->size() + 1 >= kTables + kLogged;
    for (std::uint32_t i = 0; i < records->size() && same; ++i) {
      same = (*records)[i].key == RecordNumber(i).key &&
             ToBytes((*records)[i].value) == ToBytes(RecordNumber(i).value);
    }
    return same ? kHarmless : kWrong;
  }

  static Verdict ReadBlobs(const std::string& folder) {
    const auto blobs = OpenBlobs(folder);
    if (blobs == nullptr) {
      return kNoticed;
    }
    Verdict verdict = kHarmless;
    for (std::uint32_t i = 0; i < kTables + kLogged; ++i) {
      const Result<std::string> bytes = blobs->Get(KeyOf(i));
      const bool last = i + 1 == kTables + kLogged;
      if (!bytes && !(last && bytes.error().code() == ErrorCode::kNotFound)) {
        verdict = std::max(verdict, Notice(bytes.error()));
      } else if (bytes && *bytes != BlobNumber(i)) {
        return kWrong;
      }
    }
    return verdict;
  }

  struct Tally {
    int harmless = 0;
    int noticed = 0;
  };

  // Reads a copy of `whole` once for each flip of each of its files.
  Tally FlipEverywhere(const std::string& whole,
                       const std::function<Verdict(const std::string&)>& read) {
    Tally tally;
    std::mt19937 random(1);
    for (const auto& entry : fs::recursive_directory_iterator(whole)) {
      const std::string name = fs::relative(entry.path(), whole).string();
      const bool is_state = entry.is_regular_file() && name != "LOCK" &&
                            name.rfind("LOG", 0) != 0 && entry.file_size() > 0;
      for (int flip = 0; flip < kFlipsOfAFile && is_state; ++flip) {
        const auto at = static_cast<std::streamoff>(random() % entry.file_size());
        const std::string copy = folder_.File("copy");
        fs::remove_all(copy);
        fs::copy(whole, copy, fs::copy_options::recursive);
        Flip((fs::path(copy) / name).string(), at, static_cast<char>(1 << random() % 8));
        const int verdict = InChild([&] { return read(copy); });
        EXPECT_TRUE(verdict == kHarmless || verdict == kNoticed)
            << name << ", byte " << at << ": " << verdict;
        (verdict == kHarmless ? tally.harmless : tally.noticed) += 1;
      }
    }
    return tally;
  }

  static void Flip(const std::string& path, std::streamoff at, char bit) {
    std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
    file.seekg(at);
    const char byte = static_cast<char>(file.get() ^ bit);
    file.seekp(at);
    file.put(byte);
    ASSERT_TRUE(file.good());
  }

  TemporaryFolder folder_;
};

TEST_F(StateDamageTest, AFlippedBitInTheLedgerIsNoticedOrHarmless) {
  const std::string whole = folder_.File("ledger");
  ASSERT_EQ(InChild([&] { return MakeLedger(whole); }), kHarmless);
  const Tally tally = FlipEverywhere(whole, ReadLedger);
  EXPECT_GT(tally.noticed, 2 * kFlipsOfAFile) << "of log, table and manifest at least the most";
}

TEST_F(StateDamageTest, AFlippedBitInTheBlobsIsNoticedOrHarmless) {
  const std::string whole = folder_.File("blobs");
  ASSERT_EQ(InChild([&] { return MakeBlobs(whole); }), kHarmless);
  const Tally tally = FlipEverywhere(whole, ReadBlobs);
  EXPECT_GT(tally.noticed, 3 * kFlipsOfAFile) << "of log, table, manifest and blob file";
}

}  // namespace
}  // namespace weft::coordinator
