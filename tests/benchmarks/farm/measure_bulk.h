// How fast the coordinator stores blobs: the real program, its store on disk, over TCP, with
// several connections that each put one blob after the other and wait until it is durable.

#pragma once

#include <cstdint>

#include "common/result.h"
#include "tests/benchmarks/farm/measure_farm.h"

namespace weft::bench {

struct BulkOrder {
  int blobs = 1000;
  std::uint64_t blob_bytes = 1'000'000;
  int connections = 8;
};

struct BulkFigures {
  double put_mb_per_s = 0;   // Millions of bytes, each acknowledged after it was durable.
  double get_mb_per_s = 0;   // Read back, and compared.
  double disk_mb_per_s = 0;  // The same blobs by one thread into one file, with fdatasync for each.
  double cpu_ms_per_blob = 0;  // Of the coordinator, per put.
  std::uint64_t memory_bytes = 0;
};

// Errors: those of MeasureThroughput(), and kDataLoss where a blob comes back as another.
Result<BulkFigures> MeasureBulk(const FarmOrder& farm, const BulkOrder& bulk);

}  // namespace weft::bench
