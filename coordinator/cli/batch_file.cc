#include "coordinator/cli/batch_file.h"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <iterator>
#include <set>
#include <utility>

#include <glob.h>

#include "common/storage/object_place.h"
#include "coordinator/cli/job_fields.h"
#include "coordinator/cli/output_name.h"
#include "coordinator/cli/yaml_node.h"

namespace weft::cli {
namespace {

using Variables = std::map<std::string, std::string>;

constexpr const char* kClips = "clips";
constexpr const char* kName = "name";
constexpr const char* kAfter = "after";

Result<std::string> Filled(const std::string& text,
                           const Variables& variables,
                           const std::string& place) {
  std::string filled;
  std::size_t from = 0;
  while (true) {
    const std::size_t begin = text.find("${", from);
    const std::size_t end = begin == std::string::npos ? begin : text.find('}', begin);
    if (end == std::string::npos) {
      return filled + text.substr(from);
    }
    const std::string name = text.substr(begin + 2, end - begin - 2);
    const auto value = variables.find(name);
    if (value == variables.end()) {
      return Wrong(
          place, std::string("${").append(name).append("} has no value: give it one with --set ") +
                     name + "=…");
    }
    filled.append(text, from, begin - from).append(value->second);
    from = end + 1;
  }
}

// In every value below the node.
Status FillIn(YAML::Node node, const Variables& variables, const std::string& path) {
  if (node.IsScalar()) {
    WEFT_ASSIGN_OR_RETURN(const std::string filled,
                          Filled(node.Scalar(), variables, Where(path, node.Mark())));
    if (filled != node.Scalar()) {
      node = filled;
    }
    return {};
  }
  for (auto entry = node.begin(); entry != node.end(); ++entry) {
    WEFT_RETURN_IF_ERROR(FillIn(node.IsMap() ? entry->second : *entry, variables, path));
  }
  return {};
}

// Every file that fits the pattern, sorted; the pattern itself where it has nothing to fit or is a
// file's name, and an object's URL.
Result<std::vector<std::string>> FilesOf(const std::string& pattern, const std::string& place) {
  std::error_code error;
  if (IsObjectUrl(pattern) || pattern.find_first_of("*?[") == std::string::npos ||
      std::filesystem::exists(pattern, error)) {
    return std::vector<std::string>{pattern};
  }
  glob_t found{};
  // One thread runs yet.  NOLINTNEXTLINE(concurrency-mt-unsafe)
  const int outcome = ::glob(pattern.c_str(), 0, nullptr, &found);
  std::vector<std::string> files(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  ::globfree(&found);
  if (outcome != 0) {
    return Wrong(place, "no file fits " + pattern);
  }
  return files;
}

// The value of the first field of this name, or nullptr.
const YAML::Node* Find(const FieldNodes& job, const std::string& name) {
  const auto field = std::find_if(
      job.begin(), job.end(), [&](const FieldNode& entry) { return entry.name.Scalar() == name; });
  return field == job.end() ? nullptr : &field->value;
}

// The same where it is a single value.
const YAML::Node* FindScalar(const FieldNodes& job, const std::string& name) {
  const YAML::Node* const value = Find(job, name);
  return value != nullptr && value->IsScalar() ? value : nullptr;
}

// What stands in `over`, and what else stands in `base`.
FieldNodes Merged(const FieldNodes& base, const FieldNodes& over) {
  FieldNodes merged;
  std::copy_if(base.begin(), base.end(), std::back_inserter(merged),
               [&](const FieldNode& field) { return Find(over, field.name.Scalar()) == nullptr; });
  std::copy(over.begin(), over.end(), std::back_inserter(merged));
  return merged;
}

FieldNodes Having(const FieldNodes& base, const std::string& name, const std::string& value) {
  return Merged(base, {{YAML::Node(name), YAML::Node(value)}});
}

FieldNodes Without(const FieldNodes& job, const std::string& name) {
  FieldNodes rest;
  std::copy_if(job.begin(), job.end(), std::back_inserter(rest),
               [&](const FieldNode& field) { return field.name.Scalar() != name; });
  return rest;
}

// The field that holds the clip, by kind of job: see job_fields.h.
std::string InputField(const FieldNodes& job) {
  const YAML::Node* const kind = FindScalar(job, "kind");
  return kind != nullptr && kind->Scalar() == "deflicker" ? "style" : "input";
}

// One file's jobs.
class Batch {
 public:
  Batch(const std::string& path, const YAML::Node& root)
      : path_(path),
        folder_(std::filesystem::path(path).parent_path().string()),
        root_(root),
        shared_(Without(FieldsOf(root), kClips)) {}

  Result<std::vector<BatchJob>> Read() {
    const YAML::Node clips = root_[kClips];
    if (!clips) {
      WEFT_RETURN_IF_ERROR(Add(shared_, Where(path_, root_.Mark())));
      return std::move(jobs_);
    }
    if (!clips.IsSequence() || clips.size() == 0) {
      return Wrong(Where(path_, clips.Mark()), "clips must be a list of clips");
    }
    for (const YAML::Node& clip : clips) {
      WEFT_RETURN_IF_ERROR(AddClip(clip));
    }
    return std::move(jobs_);
  }

 private:
  Status AddClip(const YAML::Node& clip) {
    const std::string place = Where(path_, clip.Mark());
    if (!clip.IsMap() && !clip.IsScalar()) {
      return Wrong(place, "a clip must be a path or a map of fields, not " + Shape(clip));
    }
    const FieldNodes job = clip.IsMap() ? Merged(shared_, FieldsOf(clip))
                                        : Having(shared_, InputField(shared_), clip.Scalar());
    const std::string field = InputField(job);
    const YAML::Node* const input = FindScalar(job, field);
    if (input == nullptr) {
      return Wrong(place, "a clip needs a field \"" + field + "\"");
    }
    WEFT_ASSIGN_OR_RETURN(const std::vector<std::string> files,
                          FilesOf(AbsolutePath(input->Scalar(), folder_), place));
    for (const std::string& file : files) {
      WEFT_RETURN_IF_ERROR(Add(Having(job, field, file), place));
    }
    return {};
  }

  Status Add(const FieldNodes& clip, const std::string& place) {
    BatchJob added;
    const YAML::Node* const input = FindScalar(clip, InputField(clip));
    added.name = std::filesystem::path(input != nullptr ? input->Scalar() : path_).stem().string();
    if (const YAML::Node* const name = Find(clip, kName); name != nullptr) {
      added.name = name->Scalar();
    }
    WEFT_RETURN_IF_ERROR(ReadAfter(clip, added.after));
    FieldNodes job = Without(Without(clip, kName), kAfter);
    if (const YAML::Node* const output = FindScalar(job, "output"); output != nullptr) {
      const Status known = CheckOutputWords(output->Scalar());
      if (!known) {
        return Wrong(Where(path_, output->Mark()) + ": output", known.error().message());
      }
      const auto number = static_cast<std::uint32_t>(jobs_.size() + 1);
      job = Having(job, "output", FilledOutput(output->Scalar(), {added.name, number}));
    }
    WEFT_RETURN_IF_ERROR(ReadJobNode(job, path_, added.options));
    if (!names_.insert(added.name).second) {
      return Wrong(place, "two clips are named " + added.name + ": give one a name of its own");
    }
    if (!outputs_.insert(added.options.output).second) {
      const std::string& file = added.options.output;
      return Wrong(place, file.empty() ? "two clips have no output: add output: FOLDER/{name}.mp4"
                                       : "two clips would write " + file +
                                             ": put {name} into the output's name");
    }
    jobs_.push_back(std::move(added));
    return {};
  }

  // A name, or a list of them.
  Status ReadAfter(const FieldNodes& clip, std::vector<std::string>& after) const {
    const YAML::Node* const value = Find(clip, kAfter);
    if (value == nullptr) {
      return {};
    }
    const std::vector<YAML::Node> names =
        value->IsSequence() ? std::vector<YAML::Node>(value->begin(), value->end())
                            : std::vector<YAML::Node>{*value};
    for (const YAML::Node& name : names) {
      if (!name.IsScalar()) {
        return Wrong(Where(path_, name.Mark()), "after must be names of clips, not " + Shape(name));
      }
      const bool is_id = name.Scalar().rfind("j-", 0) == 0;
      if (!is_id && names_.count(name.Scalar()) == 0) {
        return Wrong(Where(path_, name.Mark()),
                     "after " + name.Scalar() + ": no clip further up is called that");
      }
      after.push_back(name.Scalar());
    }
    return {};
  }

  const std::string& path_;
  const std::string folder_;
  const YAML::Node root_;
  const FieldNodes shared_;  // The fields of all clips.
  std::vector<BatchJob> jobs_;
  std::set<std::string> names_;
  std::set<std::string> outputs_;
};

}  // namespace

Result<std::vector<BatchJob>> ReadBatchText(const std::string& text,
                                            const std::string& path,
                                            const Variables& variables) {
  WEFT_ASSIGN_OR_RETURN(const YAML::Node root, YamlMapOf(text, path));
  try {
    WEFT_RETURN_IF_ERROR(FillIn(root, variables, path));
    return Batch(path, root).Read();
  } catch (const YAML::Exception& exception) {
    return Wrong(Where(path, exception.mark), exception.msg);
  }
}

Result<std::vector<BatchJob>> ReadBatchFile(const std::string& path, const Variables& variables) {
  WEFT_ASSIGN_OR_RETURN(const std::string text, TextOf(path));
  return ReadBatchText(text, path, variables);
}

}  // namespace weft::cli
