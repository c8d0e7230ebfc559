// What a task asks of a worker, and what a worker has.

#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <tuple>

#include "weft/v1/client.pb.h"
#include "weft/v1/worker.pb.h"

namespace weft::coordinator {

struct Requirement {
  std::string device;                                  // Empty: any.
  std::uint64_t memory_bytes = 0;                      // Of the device.
  v1::DataType data_type = v1::DATA_TYPE_UNSPECIFIED;  // Unspecified: none.
  std::set<std::string> tags;
  std::optional<std::string> numeric_class = std::nullopt;  // Absent: any.

  friend bool operator<(const Requirement& a, const Requirement& b) {
    return std::tie(a.device, a.memory_bytes, a.data_type, a.tags, a.numeric_class) <
           std::tie(b.device, b.memory_bytes, b.data_type, b.tags, b.numeric_class);
  }
};

struct Capability {
  std::string device;                 // "cpu" or "cuda".
  std::uint64_t memory_bytes = 0;     // 0: not known, and then taken for enough.
  std::set<v1::DataType> data_types;  // None: all.
  std::set<std::string> tags;
  std::string numeric_class = {};  // Empty: not known, which is a class like any other.

  friend bool operator<(const Capability& a, const Capability& b) {
    return std::tie(a.device, a.memory_bytes, a.data_types, a.tags, a.numeric_class) <
           std::tie(b.device, b.memory_bytes, b.data_types, b.tags, b.numeric_class);
  }
};

// What most tasks of a job ask for; a job that fits nowhere in this respect cannot be served.
Requirement RequirementOf(const v1::JobSpec& spec, const v1::JobTerms& terms);

// Of a stage that only reads and writes files: any device will do.
Requirement WithoutDevice(Requirement requirement);

Capability CapabilityOf(const v1::WorkerHello& hello);

// What the worker lacks, in words: "device cuda", "tag fast-disk"; nothing when it has everything.
std::optional<std::string> FindLack(const Capability& worker, const Requirement& task);

}  // namespace weft::coordinator
