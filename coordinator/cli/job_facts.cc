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

bool IsModelFile(const fs::directory_entry& entry) {
  const std::string kind = entry.path().extension().string();
  std::error_code ignored;
  return (kind == ".json" || kind == ".txt" || kind == ".safetensors") &&
         entry.is_regular_file(ignored);
}

Result<std::vector<fs::path>> ModelFiles(const fs::path& folder) {
  std::error_code error;
  std::vector<fs::path> files;
  auto walk = fs::recursive_directory_iterator(
      folder, fs::directory_options::follow_directory_symlink, error);
  for (; !error && walk != fs::recursive_directory_iterator(); walk.increment(error)) {
    if (walk.depth() >= kModelDepthMax) {
      walk.disable_recursion_pending();
    }
    if (IsModelFile(*walk)) {
      files.push_back(walk->path());
    }
    if (files.size() > kModelFilesMax) {
      return Failure(ErrorCode::kInvalidArgument,
                     "too many files for a model folder: " + folder.string());
    }
  }
  if (error) {
    return CannotRead(folder, error);
  }
  return files;
}

// what: "model", "vae". A folder counts with every file that a model reads.
Status AddModelPart(const std::string& what, const fs::path& place, JobFacts& facts) {
  std::error_code ignored;
  if (!fs::is_directory(place, ignored)) {
    return AddFile(what + " file", place, facts);
  }
  WEFT_ASSIGN_OR_RETURN(const std::vector<fs::path> files, ModelFiles(place));
  for (const fs::path& file : files) {
    const std::string name = what + " file " + file.lexically_relative(place).string();
    WEFT_RETURN_IF_ERROR(AddFile(name, file, facts));
  }
  return {};
}

Status AddAdditions(const v1::JobSpec& spec, JobFacts& facts) {
  if (!spec.vae_path().empty()) {
    WEFT_RETURN_IF_ERROR(AddModelPart("vae", spec.vae_path(), facts));
  }
  if (!spec.tokenizer_path().empty()) {
    WEFT_RETURN_IF_ERROR(AddModelPart("tokenizer", spec.tokenizer_path(), facts));
  }
  for (const v1::Lora& lora : spec.loras()) {
    WEFT_RETURN_IF_ERROR(AddFile("lora file " + lora.path(), lora.path(), facts));
  }
  for (const std::string& path : spec.embedding_paths()) {
    WEFT_RETURN_IF_ERROR(AddFile("embedding file " + path, path, facts));
  }
  return {};
}

using google::protobuf::FieldDescriptor;

std::string FieldText(const v1::JobSpec& spec, const FieldDescriptor& field) {
  google::protobuf::TextFormat::Printer printer;
  printer.SetSingleLineMode(true);
  const google::protobuf::Reflection& reflection = *v1::JobSpec::GetReflection();
  std::string text;
  if (!field.is_repeated()) {
    if (field.has_presence() && !reflection.HasField(spec, &field)) {
      return "not set";
    }
    printer.PrintFieldValueToString(spec, &field, -1, &text);
    return text;
  }
  for (int i = 0; i < reflection.FieldSize(spec, &field); ++i) {
    std::string item;
    printer.PrintFieldValueToString(spec, &field, i, &item);
    text += (i == 0 ? "" : ", ");
    text += item;
  }
  return "[" + text + "]";
}

// By reflection, so that no field can be forgotten when the specification grows.
void AddSpec(const v1::JobSpec& spec, JobFacts& facts) {
  const google::protobuf::Descriptor& type = *v1::JobSpec::descriptor();
  for (int i = 0; i < type.field_count(); ++i) {
    facts[type.field(i)->name()] = FieldText(spec, *type.field(i));
  }
}

std::string Difference(const std::string& name, const std::string& was, const std::string& is) {
  return name + ": " + was + ", now " + is;
}

}  // namespace

Result<JobFacts> CollectFacts(const v1::JobSpec& spec) {
  JobFacts facts;
  AddSpec(spec, facts);
  WEFT_RETURN_IF_ERROR(AddFile("input file", spec.input_path(), facts));
  WEFT_RETURN_IF_ERROR(AddModelPart("model", spec.model_path(), facts));
  WEFT_RETURN_IF_ERROR(AddAdditions(spec, facts));
  return facts;
}

std::string Token(const JobFacts& facts) {
  std::string all;
  for (const auto& [name, text] : facts) {
    // Lengths keep "a" + "bc" apart from "ab" + "c".
    for (const std::string& part : {name, text}) {
      all += std::to_string(part.size());
      all += ":";
      all += part;
    }
  }
  const XXH128_hash_t hash = XXH3_128bits(all.data(), all.size());
  char digits[33];
  std::snprintf(digits, sizeof(digits), "%016" PRIx64 "%016" PRIx64,
                static_cast<std::uint64_t>(hash.high64), static_cast<std::uint64_t>(hash.low64));
  return digits;
}

std::vector<std::string> Differences(const JobFacts& before, const JobFacts& now) {
  std::set<std::string> names;
  for (const JobFacts* const facts : {&before, &now}) {
    for (const auto& [name, text] : *facts) {
      names.insert(name);
    }
  }
  const auto text_of = [](const JobFacts& facts, const std::string& name) {
    const auto found = facts.find(name);
    return found == facts.end() ? std::string("not there") : found->second;
  };
  std::vector<std::string> lines;
  for (const std::string& name : names) {
    const std::string was = text_of(before, name);
    const std::string is = text_of(now, name);
    if (was != is) {
      lines.push_back(Difference(name, was, is));
    }
  }
  return lines;
}

}  // namespace weft::cli
