#include "coordinator/core/requirement.h"

#include <algorithm>
#include <utility>

namespace weft::coordinator {

Requirement RequirementOf(const v1::JobSpec& spec, const v1::JobTerms& terms) {
  return {.device = spec.device(),
          .memory_bytes = terms.device_memory_bytes(),
          .data_type = spec.data_type(),
          .tags = {terms.tags().begin(), terms.tags().end()}};
}

Requirement WithoutDevice(Requirement requirement) {
  return {.tags = std::move(requirement.tags)};
}

Capability CapabilityOf(const v1::WorkerHello& hello) {
  Capability capability{.device = hello.device(),
                        .memory_bytes = hello.device_memory_bytes(),
                        .tags = {hello.tags().begin(), hello.tags().end()},
                        .numeric_class = hello.numeric_class()};
  for (const int type : hello.data_types()) {
    capability.data_types.insert(static_cast<v1::DataType>(type));
  }
  return capability;
}

std::optional<std::string> FindLack(const Capability& worker, const Requirement& task) {
  if (!task.device.empty() && task.device != worker.device) {
    return "device " + task.device;
  }
  if (worker.memory_bytes != 0 && worker.memory_bytes < task.memory_bytes) {
    return std::to_string(task.memory_bytes) + " bytes of device memory";
  }
  if (task.data_type != v1::DATA_TYPE_UNSPECIFIED && !worker.data_types.empty() &&
      worker.data_types.count(task.data_type) == 0) {
    return "data type " + v1::DataType_Name(task.data_type);
  }
  const auto missing =
      std::find_if(task.tags.begin(), task.tags.end(),
                   [&](const std::string& tag) { return worker.tags.count(tag) == 0; });
  if (missing != task.tags.end()) {
    return "tag " + *missing;
  }
  if (task.numeric_class.has_value() && *task.numeric_class != worker.numeric_class) {
    return "numeric class '" + *task.numeric_class + "'";
  }
  return std::nullopt;
}

}  // namespace weft::coordinator
