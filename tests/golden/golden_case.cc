#include "tests/golden/golden_case.h"

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <utility>

#include "worker/models/weights.h"

namespace weft::golden {

using nlohmann::json;

at::Tensor GoldenCase::Read(const std::string& tensor) const {
  const models::StoredTensor* stored = tensors->Find(tensor);
  if (stored == nullptr) {
    throw std::out_of_range("the case has no tensor " + tensor);
  }
  return models::ToTensor(*stored);
}

at::Tensor GoldenCase::Floats(const std::string& tensor) const {
  return Read(tensor).to(device, at::kFloat);
}

std::vector<double> GoldenCase::Numbers(const std::string& tensor) const {
  const at::Tensor numbers = Read(tensor).to(at::kDouble);
  const auto* first = numbers.data_ptr<double>();
  return {first, first + numbers.numel()};
}

json GoldenCase::Parameter(const std::string& field) const {
  const auto params = entry.find("params");
  return params == entry.end() ? json() : params->value(field, json());
}

Result<GoldenCase> OpenCase(const std::string& file, const json& entry) {
  WEFT_ASSIGN_OR_RETURN(auto tensors, models::SafetensorsFile::Open(file));
  return GoldenCase{std::filesystem::path(file).stem().string(), entry, std::move(tensors),
                    at::kCPU};
}

Result<std::vector<json>> ReadEntries(const std::string& path) {
  std::ifstream file(path);
  if (!file) {
    return Failure(ErrorCode::kNotFound, path + ": no such file, or it may not be read");
  }
  const json entries = json::parse(file, nullptr, /*allow_exceptions=*/false);
  if (!entries.is_array()) {
    return Failure(ErrorCode::kInvalidArgument, path + ": not a JSON list");
  }
  return std::vector<json>(entries.begin(), entries.end());
}

}  // namespace weft::golden
