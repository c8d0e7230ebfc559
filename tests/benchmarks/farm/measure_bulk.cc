#include "tests/benchmarks/farm/measure_bulk.h"

#include <cstdio>
#include <filesystem>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

#include "common/bulk/remote_blob_store.h"
#include "tests/benchmarks/farm/farm_stage.h"
#include "tests/benchmarks/farm/process_cost.h"

namespace weft::bench {
namespace {

constexpr double kMegabyte = 1e6;
constexpr std::size_t kMessageBytesMax = 2 << 20;

// Bytes that do not shrink, and differ from blob to blob.
class BlobMaker {
 public:
  explicit BlobMaker(std::uint64_t bytes) : bytes_(bytes, '\0') {
    std::mt19937_64 random(1);
    for (char& byte : bytes_) {
      byte = static_cast<char>(random());
    }
  }

  const std::string& Make(int number) {
    const std::string stamp = std::to_string(number);
    bytes_.replace(0, stamp.size(), stamp);
    return bytes_;
  }

 private:
  std::string bytes_;
};

std::string KeyOf(int number) {
  return "bench/" + std::to_string(number);
}

Status PutSome(BlobStore& store, int first, const BulkOrder& order, FleetBoard& board) {
  BlobMaker maker(order.blob_bytes);
  for (int number = first; number < order.blobs; number += order.connections) {
    WEFT_RETURN_IF_ERROR(store.Put(KeyOf(number), maker.Make(number)));
    ++board.assigned;
  }
  return {};
}

Status GetSome(BlobStore& store, int first, const BulkOrder& order, FleetBoard& board) {
  BlobMaker maker(order.blob_bytes);
  for (int number = first; number < order.blobs; number += order.connections) {
    WEFT_ASSIGN_OR_RETURN(const std::string bytes, store.Get(KeyOf(number)));
    if (bytes != maker.Make(number)) {
      return Failure(ErrorCode::kDataLoss, KeyOf(number) + " came back as another");
    }
    ++board.acknowledged;
  }
  return {};
}

void WaitWhile(const std::atomic<bool>& flag) {
  constexpr useconds_t kPause = 200;
  while (flag) {
    ::usleep(kPause);
  }
}

// One connection: says that it is there, puts its part, and reads it back when it may.
Status Carry(ZmqContext& context,
             const std::string& address,
             int first,
             const BulkOrder& order,
             FleetBoard& board) {
  WEFT_ASSIGN_OR_RETURN(std::unique_ptr<Connection> connection,
                        context.Connect(address, {.message_bytes_max = kMessageBytesMax}));
  RemoteBlobStore store(std::move(connection));
  WEFT_RETURN_IF_ERROR(store.Put("bench-here/" + std::to_string(first), "x"));
  ++board.welcomed;
  WaitWhile(board.hold);
  WEFT_RETURN_IF_ERROR(PutSome(store, first, order, board));
  WaitWhile(board.hold_back);
  return GetSome(store, first, order, board);
}

void RunCarriers(const std::string& address,
                 const std::optional<CurveOptions>& curve,
                 const BulkOrder& order,
                 FleetBoard& board) {
  const auto context = ZmqContext::Open({.curve = curve});
  if (!context) {
    throw std::runtime_error(context.error().message());
  }
  std::vector<std::thread> threads;
  threads.reserve(static_cast<std::size_t>(order.connections));
  for (int i = 0; i < order.connections; ++i) {
    threads.emplace_back([&, i] {
      const Status carried = Carry(**context, address, i, order, board);
      if (!carried) {
        std::fprintf(stderr, "weft-bench: connection %d: %s\n", i,
                     carried.error().message().c_str());
        board.superseded = 1;
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  while (!board.stop) {
    ::usleep(1000);
  }
}

Result<double> MeasureDisk(const std::string& folder, const BulkOrder& order) {
  const std::string path = folder + "/disk";
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  BlobMaker maker(order.blob_bytes);
  const std::int64_t begin = SteadyNanoseconds();
  bool written = file >= 0;
  for (int number = 0; number < order.blobs && written; ++number) {
    const std::string& bytes = maker.Make(number);
    written = ::write(file, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()) &&
              ::fdatasync(file) == 0;
  }
  const double seconds = static_cast<double>(SteadyNanoseconds() - begin) * 1e-9;
  ::close(file);
  ::unlink(path.c_str());
  if (!written) {
    return Failure(ErrorCode::kNoSpace, path + ": cannot be written");
  }
  return static_cast<double>(order.blobs) * static_cast<double>(order.blob_bytes) / kMegabyte /
         seconds;
}

}  // namespace

Result<BulkFigures> MeasureBulk(const FarmOrder& farm, const BulkOrder& bulk) {
  WEFT_ASSIGN_OR_RETURN(const std::unique_ptr<FarmStage> stage, FarmStage::Open(farm));
  BulkFigures figures;
  WEFT_ASSIGN_OR_RETURN(figures.disk_mb_per_s, MeasureDisk(stage->Folder(), bulk));
  WEFT_ASSIGN_OR_RETURN(const std::unique_ptr<FleetProcess> carriers,
                        FleetProcess::Start([&stage, &bulk](FleetBoard& board) {
                          RunCarriers(stage->BulkAddress(), stage->Curve(), bulk, board);
                        }));
  FleetBoard& board = carriers->Board();
  board.hold = true;
  board.hold_back = true;
  WEFT_RETURN_IF_ERROR(stage->StartCoordinator());
  const auto reaches = [&](const auto& count, int goal) {
    return stage->WaitUntil([&count, goal, &board] {
      return count == static_cast<std::uint64_t>(goal) || board.superseded != 0;
    });
  };
  WEFT_RETURN_IF_ERROR(reaches(board.welcomed, bulk.connections));
  const pid_t pid = stage->Coordinator().Pid();
  const double bytes = static_cast<double>(bulk.blobs) * static_cast<double>(bulk.blob_bytes);
  const double cpu = CpuSecondsOf(pid);
  std::int64_t begin = SteadyNanoseconds();
  board.hold = false;
  WEFT_RETURN_IF_ERROR(reaches(board.assigned, bulk.blobs));
  figures.put_mb_per_s = bytes * 1e3 / static_cast<double>(SteadyNanoseconds() - begin);
  figures.cpu_ms_per_blob = (CpuSecondsOf(pid) - cpu) * 1e3 / bulk.blobs;
  begin = SteadyNanoseconds();
  board.hold_back = false;
  WEFT_RETURN_IF_ERROR(reaches(board.acknowledged, bulk.blobs));
  figures.get_mb_per_s = bytes * 1e3 / static_cast<double>(SteadyNanoseconds() - begin);
  figures.memory_bytes = PeakMemoryOf(pid);
  if (board.superseded != 0) {
    return Failure(ErrorCode::kDataLoss, "a connection has failed");
  }
  return figures;
}

}  // namespace weft::bench
