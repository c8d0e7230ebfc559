#include "coordinator/cli/job_facts.h"

#include <cerrno>
#include <cinttypes>
#include <cstdio>
#include <filesystem>
#include <set>
#include <system_error>

#include <google/protobuf/text_format.h>
#include <sys/stat.h>
#include <xxhash.h>

namespace weft::cli {
namespace {

namespace fs = std::filesystem;

// A diffusers folder has a few dozen files; one that has more than this is something else.
constexpr std::size_t kModelFilesMax = 1000;
constexpr int kModelDepthMax = 3;

tl::unexpected<Error> CannotRead(const fs::path& path, const std::error_code& error) {
  return Failure(ErrorCode::kInvalidArgument,
                 "cannot read " + path.string() + ": " + error.message());
}

Status AddFile(const std::string& name, const fs::path& path, JobFacts& facts) {
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0) {
    return CannotRead(path, std::error_code(errno, std::generic_category()));
  }
  char changed[48];
  std::snprintf(changed, sizeof(changed), "%lld.%09lld",
                static_cast<long long>(found.st_mtim.tv_sec),
                static_cast<long long>(found.st_mtim.tv_nsec));
  facts[name] = std::to_string(found.st_size) + " bytes, changed at " + changed;
  return {};
}

Status AddModelFiles(const fs::path& folder, JobFacts& facts) {
  const std::set<std::string> kinds = {".json", ".txt", ".safetensors"};
  std::error_code error;
  std::size_t count = 0;
  auto walk = fs::recursive_directory_iterator(
      folder, fs::directory_options::follow_directory_symlink, error);
  for (; !error && walk != fs::recursive_directory_iterator(); walk.increment(error)) {
    if (walk.depth() >= kModelDepthMax) {
      walk.disable_recursion_pending();
    }
    const fs::path& path = walk->path();
    if (kinds.count(path.extension().string()) == 0 || !walk->is_regular_file(error)) {
      continue;
    }
    if (++count > kModelFilesMax) {
      return Failure(ErrorCode::kInvalidArgument,
                     "too many files for a model folder: " + folder.string());
    }
    WEFT_RETURN_IF_ERROR(
        AddFile("model file " + path.lexically_relative(folder).string(), path, facts));
  }
  if (error) {
    return CannotRead(folder, error);
  }
  return {};
}

// By reflection, so that no field can be forgotten when the specification grows.
void AddSpec(const v1::JobSpec& spec, JobFacts& facts) {
  google::protobuf::TextFormat::Printer printer;
  printer.SetSingleLineMode(true);
  const google::protobuf::Descriptor* const type = v1::JobSpec::descriptor();
  for (int i = 0; i < type->field_count(); ++i) {
    const google::protobuf::FieldDescriptor* const field = type->field(i);
    const google::protobuf::Reflection* const reflection = v1::JobSpec::GetReflection();
    std::string text = "not set";
    if (field->is_repeated()) {
      text = "[";
      for (int k = 0; k < reflection->FieldSize(spec, field); ++k) {
        std::string item;
        printer.PrintFieldValueToString(spec, field, k, &item);
        text += (k == 0 ? "" : ", ") + item;
      }
      text += "]";
    } else if (!field->has_presence() || reflection->HasField(spec, field)) {
      printer.PrintFieldValueToString(spec, field, -1, &text);
    }
    facts[field->name()] = text;
  }
}

}  // namespace

Result<JobFacts> CollectFacts(const v1::JobSpec& spec) {
  JobFacts facts;
  AddSpec(spec, facts);
  WEFT_RETURN_IF_ERROR(AddFile("input file", spec.input_path(), facts));
  WEFT_RETURN_IF_ERROR(AddModelFiles(spec.model_path(), facts));
  return facts;
}

std::string Token(const JobFacts& facts) {
  std::string all;
  for (const auto& [name, text] : facts) {
    // Lengths keep "a" + "bc" apart from "ab" + "c".
    all += std::to_string(name.size()) + ":" + name + std::to_string(text.size()) + ":" + text;
  }
  const XXH128_hash_t hash = XXH3_128bits(all.data(), all.size());
  char digits[33];
  std::snprintf(digits, sizeof(digits), "%016" PRIx64 "%016" PRIx64,
                static_cast<std::uint64_t>(hash.high64), static_cast<std::uint64_t>(hash.low64));
  return digits;
}

std::vector<std::string> Differences(const JobFacts& before, const JobFacts& now) {
  std::vector<std::string> lines;
  for (const auto& [name, text] : before) {
    const auto found = now.find(name);
    if (found == now.end()) {
      lines.push_back(name + ": " + text + ", now gone");
    } else if (found->second != text) {
      lines.push_back(name + ": " + text + ", now " + found->second);
    }
  }
  for (const auto& [name, text] : now) {
    if (before.count(name) == 0) {
      lines.push_back(name + ": new, " + text);
    }
  }
  return lines;
}

}  // namespace weft::cli
