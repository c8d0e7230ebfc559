#include "coordinator/cli/job_facts.h"

#include <algorithm>
#include <cctype>
#include <cinttypes>
#include <cstdio>
#include <set>

#include <google/protobuf/text_format.h>
#include <xxhash.h>

#include "common/file_stamps.h"

namespace weft::cli {
namespace {

// what: "input", "model", "control 1 net".
Status AddPlace(const std::string& what, const std::string& place, JobFacts& facts) {
  WEFT_ASSIGN_OR_RETURN(const FileStamps stamps, StampsOf(place));
  for (const auto& [name, stamp] : stamps) {
    std::string fact = what + " file";
    if (!name.empty()) {
      fact += " ";
      fact += name;
    }
    facts[fact] = stamp;
  }
  return {};
}

Status AddControls(const v1::JobSpec& spec, JobFacts& facts) {
  int number = 0;
  for (const v1::Control& control : spec.controls()) {
    const std::string what = "control " + std::to_string(++number);
    if (!control.net_path().empty()) {
      WEFT_RETURN_IF_ERROR(AddPlace(what + " net", control.net_path(), facts));
    }
    if (!control.maps_path().empty()) {
      WEFT_RETURN_IF_ERROR(AddPlace(what + " maps", control.maps_path(), facts));
    }
  }
  return {};
}

Status AddAdditions(const v1::JobSpec& spec, JobFacts& facts) {
  if (!spec.vae_path().empty()) {
    WEFT_RETURN_IF_ERROR(AddPlace("vae", spec.vae_path(), facts));
  }
  if (!spec.tokenizer_path().empty()) {
    WEFT_RETURN_IF_ERROR(AddPlace("tokenizer", spec.tokenizer_path(), facts));
  }
  if (!spec.look_path().empty()) {
    WEFT_RETURN_IF_ERROR(AddPlace("anchors", spec.look_path(), facts));
  }
  for (const v1::Lora& lora : spec.loras()) {
    WEFT_RETURN_IF_ERROR(AddPlace("lora " + lora.path(), lora.path(), facts));
  }
  for (const std::string& path : spec.embedding_paths()) {
    WEFT_RETURN_IF_ERROR(AddPlace("embedding " + path, path, facts));
  }
  return AddControls(spec, facts);
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

// some_name and SOME_NAME are "some name".
std::string InWords(std::string name) {
  for (char& letter : name) {
    letter =
        letter == '_' ? ' ' : static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  }
  return name;
}

// SMOOTHING_MODE_ROBUST is "robust": a name without what the enumeration's names begin with, which
// that of number 0 tells.
std::string ValueInWords(const FieldDescriptor* field, const std::string& text) {
  if (field == nullptr || field->cpp_type() != FieldDescriptor::CPPTYPE_ENUM ||
      field->enum_type()->FindValueByName(text) == nullptr) {
    return text;
  }
  const std::string none = "UNSPECIFIED";
  const std::string& first = field->enum_type()->FindValueByNumber(0)->name();
  const std::string common = first.substr(0, first.size() - std::min(first.size(), none.size()));
  if (text.compare(0, common.size(), common) != 0) {
    return text;
  }
  return text == first ? "not set" : InWords(text.substr(common.size()));
}

std::string Difference(const std::string& name, const std::string& was, const std::string& is) {
  const FieldDescriptor* const field = v1::JobSpec::descriptor()->FindFieldByName(name);
  return (field == nullptr ? name : InWords(name)) + ": " + ValueInWords(field, was) + ", now " +
         ValueInWords(field, is);
}

}  // namespace

Result<JobFacts> CollectFacts(const v1::JobSpec& spec) {
  JobFacts facts;
  AddSpec(spec, facts);
  WEFT_RETURN_IF_ERROR(AddPlace("input", spec.input_path(), facts));
  if (spec.kind() == v1::JOB_KIND_DEFLICKER) {
    if (!spec.guide_path().empty()) {
      WEFT_RETURN_IF_ERROR(AddPlace("guide", spec.guide_path(), facts));
    }
    if (!spec.keys_path().empty()) {
      WEFT_RETURN_IF_ERROR(AddPlace("key frames", spec.keys_path(), facts));
    }
    return facts;
  }
  WEFT_RETURN_IF_ERROR(AddPlace("model", spec.model_path(), facts));
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
