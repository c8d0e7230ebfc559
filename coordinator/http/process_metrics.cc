#include "coordinator/http/process_metrics.h"

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>
#include <string>
#include <system_error>
#include <vector>

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>
#include <sys/resource.h>
#include <unistd.h>

namespace weft::coordinator {
namespace {

struct Vitals {
  double cpu_seconds = 0;
  double resident_bytes = 0;
  double started = 0;  // Seconds since 1970.
};

// When the system was started; 0 where it does not say.
double BootTime() {
  std::ifstream file("/proc/stat");
  std::string word;
  while (file >> word) {
    if (double seconds = 0; word == "btime" && file >> seconds) {
      return seconds;
    }
  }
  return 0;
}

std::optional<Vitals> ReadVitals() {
  std::ifstream file("/proc/self/stat");
  std::string line;
  std::getline(file, line);
  // The program's name, in brackets, may hold anything.
  const std::size_t name_end = line.rfind(')');
  if (name_end == std::string::npos) {
    return std::nullopt;
  }
  std::istringstream rest(line.substr(name_end + 1));
  const std::vector<std::string> fields{std::istream_iterator<std::string>(rest), {}};
  constexpr std::size_t kUserTime = 11;  // Numbers 14, 15, 22 and 24 of proc(5).
  constexpr std::size_t kSystemTime = 12;
  constexpr std::size_t kStarted = 19;
  constexpr std::size_t kResidentPages = 21;
  if (fields.size() <= kResidentPages) {
    return std::nullopt;
  }
  const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
  return Vitals{(std::stod(fields[kUserTime]) + std::stod(fields[kSystemTime])) / ticks,
                std::stod(fields[kResidentPages]) * static_cast<double>(::sysconf(_SC_PAGESIZE)),
                BootTime() + std::stod(fields[kStarted]) / ticks};
}

void SetOne(prometheus::Registry& registry,
            const std::string& name,
            const std::string& help,
            double value) {
  prometheus::BuildGauge().Name(name).Help(help).Register(registry).Add({}).Set(value);
}

void AddVitals(prometheus::Registry& registry, const Vitals& vitals) {
  prometheus::BuildCounter()
      .Name("process_cpu_seconds_total")
      .Help("Processor time of this process, user and system.")
      .Register(registry)
      .Add({})
      .Increment(vitals.cpu_seconds);
  SetOne(registry, "process_resident_memory_bytes", "Memory that this process holds.",
         vitals.resident_bytes);
  SetOne(registry, "process_start_time_seconds", "When this process started, since 1970.",
         vitals.started);
}

void AddDescriptors(prometheus::Registry& registry) {
  std::error_code error;
  const auto open = std::filesystem::directory_iterator("/proc/self/fd", error);
  if (!error) {
    // One of them looks.
    SetOne(registry, "process_open_fds", "Files and sockets that are open.",
           static_cast<double>(std::distance(begin(open), end(open)) - 1));
  }
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    SetOne(registry, "process_max_fds", "Files and sockets that may be open.",
           static_cast<double>(limit.rlim_cur));
  }
}

}  // namespace

std::string ProcessMetricsText() {
  prometheus::Registry registry;
  if (const auto vitals = ReadVitals(); vitals.has_value()) {
    AddVitals(registry, *vitals);
  }
  AddDescriptors(registry);
  prometheus::BuildGauge()
      .Name("weft_build_info")
      .Help("1, of this version.")
      .Register(registry)
      .Add({{"version", WEFT_VERSION}})
      .Set(1);
  return prometheus::TextSerializer().Serialize(registry.Collect());
}

}  // namespace weft::coordinator
