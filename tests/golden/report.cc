#include "tests/golden/report.h"

#include <cmath>
#include <cstdio>
#include <limits>

namespace weft::golden {
namespace {

// The largest difference; infinite where shapes differ or a value is not a number.
double LargestError(const at::Tensor& computed, const at::Tensor& reference, bool relative) {
  if (computed.sizes() != reference.sizes()) {
    return std::numeric_limits<double>::infinity();
  }
  const at::Tensor a = computed.to(at::kCPU, at::kDouble).contiguous();
  const at::Tensor b = reference.to(at::kDouble).contiguous();
  const auto* x = a.data_ptr<double>();
  const auto* y = b.data_ptr<double>();
  double largest = 0.0;
  for (std::int64_t i = 0; i < a.numel(); ++i) {
    const double size = relative && y[i] != 0.0 ? std::abs(y[i]) : 1.0;
    const double error = std::abs(x[i] - y[i]) / size;
    if (std::isnan(error)) {
      return std::numeric_limits<double>::infinity();
    }
    largest = std::max(largest, error);
  }
  return largest;
}

void PrintLine(const char* verdict, const std::string& name, const std::string& what) {
  std::printf("%-11s  %-62s  %s\n", verdict, name.c_str(), what.c_str());
}

}  // namespace

void Report::Compare(const GoldenCase& golden,
                     const Outputs& computed,
                     const std::map<std::string, Tolerance>& tolerances) {
  double worst_share = -1.0;
  std::string worst;
  for (const auto& [output, allowed] : tolerances) {
    const double tolerance = allowed.largest;
    const auto found = computed.find(output);
    if (found == computed.end()) {
      ++unsupported_;
      PrintLine("unsupported", golden.name, output + " is not computed");
      continue;
    }
    const double error = LargestError(found->second, golden.Read(output), allowed.relative);
    const double share = error <= tolerance ? (tolerance > 0.0 ? error / tolerance : 0.0)
                                            : 1.0 + error / std::max(tolerance, 1e-30);
    if (share > worst_share) {
      worst_share = share;
      char text[160];  // NOLINT: for snprintf
      std::snprintf(text, sizeof text, "%.1e of %.0e  %s", error, tolerance, output.c_str());
      worst = text;
    }
  }
  if (worst_share > 1.0 || worst_share < 0.0) {
    Fail(golden.name, worst_share < 0.0 ? "nothing was compared" : worst);
  } else {
    Pass(golden.name, worst);
  }
}

void Report::Refuse(const std::string& name, const Error& error) {
  if (error.code() != ErrorCode::kUnsupported) {
    Fail(name, error.message());
    return;
  }
  ++unsupported_;
  PrintLine("unsupported", name, error.message());
}

void Report::Pass(const std::string& name, const std::string& what) {
  ++passed_;
  PrintLine("pass", name, what);
}

void Report::Fail(const std::string& name, const std::string& what) {
  ++failed_;
  PrintLine("FAIL", name, what);
}

void Report::PrintSummary() const {
  std::printf("%d passed, %d failed, %d unsupported\n", passed_, failed_, unsupported_);
}

}  // namespace weft::golden
