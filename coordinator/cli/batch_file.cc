#include "coordinator/cli/batch_file.h"

#include <filesystem>
#include <set>
#include <utility>

#include <glob.h>

#include "coordinator/cli/job_fields.h"
#include "coordinator/cli/yaml_node.h"

namespace weft::cli {
namespace {

using Variables = std::map<std::string, std::string>;

constexpr const char* kClips = "clips";
constexpr const char* kName = "name";

// The field that holds the clip, by kind of job: see job_fields.h.
std::string InputField(const YAML::Node& job) {
  return job["kind"] && job["kind"].Scalar() == "deflicker" ? "style" : "input";
}

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

// Every file that fits the pattern, sorted; the pattern itself where it has nothing to fit.
Result<std::vector<std::string>> FilesOf(const std::string& pattern, const std::string& place) {
  if (pattern.find_first_of("*?[") == std::string::npos) {
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

// What stands in `over`, and what else stands in `base`. Nodes are shared with both, so that they
// still know their places.
YAML::Node Merged(const YAML::Node& base, const YAML::Node& over) {
  YAML::Node merged(YAML::NodeType::Map);
  for (const auto& field : base) {
    if (!over[field.first.Scalar()]) {
      merged.force_insert(field.first, field.second);
    }
  }
  for (const auto& field : over) {
    merged.force_insert(field.first, field.second);
  }
  return merged;
}

YAML::Node Having(const YAML::Node& base, const std::string& field, const std::string& value) {
  YAML::Node over(YAML::NodeType::Map);
  over[field] = value;
  return Merged(base, over);
}

YAML::Node Without(const YAML::Node& base, const std::string& name) {
  YAML::Node rest(YAML::NodeType::Map);
  for (const auto& field : base) {
    if (field.first.Scalar() != name) {
      rest.force_insert(field.first, field.second);
    }
  }
  return rest;
}

std::string With(std::string text, const std::string& word, const std::string& value) {
  for (std::size_t at = text.find(word); at != std::string::npos;
       at = text.find(word, at + value.size())) {
    text.replace(at, word.size(), value);
  }
  return text;
}

// One file's jobs.
class Batch {
 public:
  Batch(const std::string& path, const YAML::Node& root)
      : path_(path),
        folder_(std::filesystem::path(path).parent_path().string()),
        shared_(Without(root, kClips)) {}

  Result<std::vector<BatchJob>> Read(const YAML::Node& clips) {
    if (!clips) {
      WEFT_RETURN_IF_ERROR(Add(shared_, Where(path_, shared_.Mark())));
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
    const YAML::Node job =
        clip.IsMap() ? Merged(shared_, clip) : Having(shared_, InputField(shared_), clip.Scalar());
    const std::string field = InputField(job);
    if (!job[field] || !job[field].IsScalar()) {
      return Wrong(place, "a clip needs a field \"" + field + "\"");
    }
    WEFT_ASSIGN_OR_RETURN(const std::vector<std::string> files,
                          FilesOf(AbsolutePath(job[field].Scalar(), folder_), place));
    for (const std::string& file : files) {
      WEFT_RETURN_IF_ERROR(Add(Having(job, field, file), place));
    }
    return {};
  }

  Status Add(const YAML::Node& clip, const std::string& place) {
    BatchJob added;
    const YAML::Node input = clip[InputField(clip)];
    added.name = input && input.IsScalar() ? std::filesystem::path(input.Scalar()).stem().string()
                                           : std::filesystem::path(path_).stem().string();
    if (clip[kName]) {
      added.name = clip[kName].Scalar();
    }
    YAML::Node job = Without(clip, kName);
    if (const YAML::Node output = job["output"]; output && output.IsScalar()) {
      const std::string number = std::to_string(jobs_.size() + 1);
      job.reset(Having(job, "output",
                       With(With(output.Scalar(), "{name}", added.name), "{number}", number)));
    }
    WEFT_RETURN_IF_ERROR(ReadJobNode(job, path_, added.options));
    if (!names_.insert(added.name).second) {
      return Wrong(place, "two clips are named " + added.name + ": give one a name of its own");
    }
    if (!outputs_.insert(added.options.output).second) {
      return Wrong(place, "two clips would write " + added.options.output +
                              ": put {name} into the output's name");
    }
    jobs_.push_back(std::move(added));
    return {};
  }

  const std::string& path_;
  const std::string folder_;
  const YAML::Node shared_;  // The fields of all clips.
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
    return Batch(path, root).Read(root[kClips]);
  } catch (const YAML::Exception& exception) {
    return Wrong(Where(path, exception.mark), exception.msg);
  }
}

Result<std::vector<BatchJob>> ReadBatchFile(const std::string& path, const Variables& variables) {
  WEFT_ASSIGN_OR_RETURN(const std::string text, TextOf(path));
  return ReadBatchText(text, path, variables);
}

}  // namespace weft::cli
