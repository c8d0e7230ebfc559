#include "tests/golden/tokenizer_cases.h"

#include <filesystem>
#include <fstream>
#include <vector>

#include "worker/models/tokenizer.h"

namespace weft::golden {
namespace {

using nlohmann::json;
using Ids = std::vector<std::int64_t>;

bool Matches(const models::Tokenizer& tokenizer, const json& entry) {
  const auto prompt = entry.at("prompt").get<std::string>();
  const Ids ids = tokenizer.Encode(prompt);
  const Ids padded = tokenizer.EncodePadded(prompt);
  if (ids == entry.at("ids").get<Ids>() && padded == entry.at("ids_77").get<Ids>()) {
    return true;
  }
  return !entry.at("agree").get<bool>() && ids == entry.value("ids_fast", Ids{}) &&
         padded == entry.value("ids_77_fast", Ids{});
}

}  // namespace

void RunTokenizerCases(const std::string& file, const std::string& root, Report& report) {
  const std::string name = std::filesystem::path(file).stem().string();
  std::ifstream stream(file);
  const json cases = json::parse(stream, nullptr, /*allow_exceptions=*/false);
  if (!cases.is_object() || !cases.contains("cases")) {
    report.Fail(name, file + ": not a file of tokenizer cases");
    return;
  }
  const auto tokenizer = models::Tokenizer::Open(root + "/" + cases.value("tokenizer", ""));
  if (!tokenizer) {
    report.Refuse(name, tokenizer.error());
    return;
  }
  std::size_t right = 0;
  for (const json& entry : cases["cases"]) {
    if (Matches(**tokenizer, entry)) {
      ++right;
    } else {
      report.Fail(name, "other ids for " + entry.at("prompt").dump());
    }
  }
  if (right == cases["cases"].size()) {
    report.Pass(name, std::to_string(right) + " prompts, every id");
  }
}

}  // namespace weft::golden
