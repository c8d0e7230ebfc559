#include "worker/models/safetensors_header.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <optional>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

namespace weft::models {
namespace {

using nlohmann::json;

constexpr std::size_t kPrefixBytes = 8;               // The header's length, little endian.
constexpr std::size_t kHeaderBytesMax = 100'000'000;  // As the reference implementation.
constexpr std::size_t kDimensionsMax = 8;
constexpr std::size_t kShownNameMax = 200;

struct TypeName {
  ElementType type;
  std::string_view name;
  std::size_t bytes;
};

constexpr std::array<TypeName, 7> kTypes = {{
    {ElementType::kFloat64, "F64", 8},
    {ElementType::kFloat32, "F32", 4},
    {ElementType::kFloat16, "F16", 2},
    {ElementType::kBfloat16, "BF16", 2},
    {ElementType::kInt64, "I64", 8},
    {ElementType::kInt32, "I32", 4},
    {ElementType::kUint8, "U8", 1},
}};

const TypeName& Describe(ElementType type) {
  return *std::find_if(kTypes.begin(), kTypes.end(),
                       [type](const TypeName& known) { return known.type == type; });
}

Error Invalid(const std::string& message) {
  return {ErrorCode::kInvalidArgument, message};
}

// A name as messages show it: a hostile one may be as long as the header.
std::string Shown(const std::string& name) {
  return name.size() <= kShownNameMax ? name : name.substr(0, kShownNameMax) + "…";
}

// Bytes of a tensor; nothing where the product overflows.
std::optional<std::size_t> ByteCount(const std::vector<std::int64_t>& shape, std::size_t element) {
  std::size_t count = element;
  for (const std::int64_t side : shape) {
    const auto factor = static_cast<std::size_t>(side);
    if (factor != 0 && count > std::numeric_limits<std::size_t>::max() / factor) {
      return std::nullopt;
    }
    count *= factor;
  }
  return count;
}

// What one entry of the header says; nothing where it does not say it.
struct Entry {
  std::optional<std::string> type;
  std::optional<std::vector<std::uint64_t>> shape;
  std::optional<std::vector<std::uint64_t>> offsets;
};

Result<ElementType> TypeOf(const Entry& entry) {
  if (!entry.type) {
    return Failure(Invalid("has no dtype"));
  }
  for (const TypeName& known : kTypes) {
    if (known.name == *entry.type) {
      return known.type;
    }
  }
  return Failure(ErrorCode::kUnsupported,
                 "has dtype " + Shown(*entry.type) + ", which Weft does not read");
}

// data: the bytes behind the header.
Result<StoredTensor> TensorOf(const Entry& entry, const std::byte* data, std::size_t data_bytes) {
  StoredTensor tensor;
  WEFT_ASSIGN_OR_RETURN(tensor.type, TypeOf(entry));
  if (!entry.shape) {
    return Failure(Invalid("has no proper shape"));
  }
  for (const std::uint64_t side : *entry.shape) {
    if (side > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
      return Failure(Invalid("has no proper shape"));
    }
    tensor.shape.push_back(static_cast<std::int64_t>(side));
  }
  if (!entry.offsets || entry.offsets->size() != 2) {
    return Failure(Invalid("has no proper data_offsets"));
  }
  const std::uint64_t begin = entry.offsets->front();
  const std::uint64_t end = entry.offsets->back();
  if (begin > end || end > data_bytes) {
    return Failure(Invalid("lies outside the file (bytes " + std::to_string(begin) + " to " +
                           std::to_string(end) + " of " + std::to_string(data_bytes) +
                           "); the file may be cut short"));
  }
  tensor.byte_count = end - begin;
  tensor.bytes = data + begin;
  if (ByteCount(tensor.shape, SizeOf(tensor.type)) != tensor.byte_count) {
    return Failure(Invalid("has " + std::to_string(tensor.byte_count) +
                           " bytes, which is not what its shape and dtype need"));
  }
  return tensor;
}

// Follows the parser through the header without ever holding it as a whole: the nesting is known,
// and a name that comes twice shows.
class HeaderReader : public nlohmann::json_sax<json> {
 public:
  HeaderReader(const std::byte* data, std::size_t data_bytes)
      : data_(data), data_bytes_(data_bytes) {}

  [[nodiscard]] const std::optional<Error>& error() const { return error_; }
  SafetensorsContents contents;

  bool start_object(std::size_t /*elements*/) override {
    if (depth_ >= kEntryDepth || in_list_) {
      return Refuse("is nested too deeply for a safetensors header");
    }
    ++depth_;
    return true;
  }

  bool end_object() override {
    --depth_;
    return depth_ == 0 || in_metadata_ ? true : Keep();
  }

  bool key(std::string& key) override {
    if (depth_ == 1) {
      name_ = std::move(key);
      entry_ = {};
      in_metadata_ = name_ == "__metadata__";
      const bool again =
          in_metadata_ ? std::exchange(has_metadata_, true) : contents.tensors.count(name_) > 0;
      return again ? Refuse("is there twice") : true;
    }
    field_ = std::move(key);
    const bool again = in_metadata_ ? contents.metadata.count(field_) > 0
                                    : (field_ == "dtype" && entry_.type) ||
                                          (field_ == "shape" && entry_.shape) ||
                                          (field_ == "data_offsets" && entry_.offsets);
    return again ? Refuse("has " + Shown(field_) + " twice") : true;
  }

  bool start_array(std::size_t /*elements*/) override {
    if (depth_ != kEntryDepth || in_list_ || in_metadata_) {
      return Refuse("is nested too deeply for a safetensors header, or is a list");
    }
    in_list_ = true;
    List().emplace();
    return true;
  }

  bool end_array() override {
    in_list_ = false;
    return true;
  }

  bool number_unsigned(number_unsigned_t value) override {
    if (!in_list_) {
      return Scalar();
    }
    std::vector<std::uint64_t>& list = *List();
    list.push_back(value);
    return list.size() <= kDimensionsMax ? true : Refuse("has no proper " + Shown(field_));
  }

  bool string(std::string& value) override {
    if (depth_ == kEntryDepth && in_metadata_) {
      contents.metadata.emplace(std::move(field_), std::move(value));
      return true;
    }
    if (field_ == "dtype" && !in_list_ && depth_ == kEntryDepth) {
      entry_.type = std::move(value);
      return true;
    }
    return Scalar();
  }

  bool null() override { return Scalar(); }
  bool boolean(bool /*value*/) override { return Scalar(); }
  bool number_integer(number_integer_t /*value*/) override { return Scalar(); }
  bool number_float(number_float_t /*value*/, const string_t& /*text*/) override {
    return Scalar();
  }
  bool binary(json::binary_t& /*value*/) override { return Scalar(); }

  bool parse_error(std::size_t position,
                   const std::string& /*token*/,
                   const json::exception& /*why*/) override {
    error_ = Invalid("its header is not JSON at byte " + std::to_string(position));
    return false;
  }

 private:
  static constexpr int kEntryDepth = 2;  // {"name": {"dtype": …

  // The list that is being read; lists of other fields are read and forgotten.
  std::optional<std::vector<std::uint64_t>>& List() {
    return field_ == "shape" ? entry_.shape : field_ == "data_offsets" ? entry_.offsets : other_;
  }

  // A value that no known field has.
  bool Scalar() {
    if (depth_ == kEntryDepth && !in_metadata_ && !in_list_ && field_ != "dtype" &&
        field_ != "shape" && field_ != "data_offsets") {
      return true;
    }
    if (depth_ < kEntryDepth) {
      return Refuse("is not described by an object");
    }
    return Refuse(in_metadata_ ? "has something else than text" : "has no proper " + Shown(field_));
  }

  bool Keep() {
    Result<StoredTensor> tensor = TensorOf(entry_, data_, data_bytes_);
    if (!tensor) {
      error_ = tensor.error().Within("tensor " + Shown(name_));
      return false;
    }
    contents.tensors.emplace(std::move(name_), std::move(tensor).value());
    return true;
  }

  bool Refuse(const std::string& why) {
    error_ = depth_ == 0 ? Invalid("its header is not a JSON object")
                         : Invalid(why).Within(in_metadata_ ? name_ : "tensor " + Shown(name_));
    return false;
  }

  const std::byte* data_;
  std::size_t data_bytes_;
  std::optional<Error> error_;
  int depth_ = 0;
  bool in_list_ = false;
  bool in_metadata_ = false;
  bool has_metadata_ = false;
  std::string name_;
  std::string field_;
  Entry entry_;
  std::optional<std::vector<std::uint64_t>> other_;
};

// Every byte behind the header belongs to one tensor, as the format demands: hidden bytes could be
// another file.
Status CheckPlaces(const std::map<std::string, StoredTensor>& tensors,
                   const std::byte* data,
                   std::size_t data_bytes) {
  std::vector<std::pair<const StoredTensor*, const std::string*>> in_file;
  for (const auto& [name, tensor] : tensors) {
    if (tensor.byte_count > 0) {
      in_file.emplace_back(&tensor, &name);
    }
  }
  std::sort(in_file.begin(), in_file.end(),
            [](const auto& a, const auto& b) { return a.first->bytes < b.first->bytes; });
  const std::byte* end = data;
  const auto gap = [data](const std::byte* from, const std::byte* to) {
    return Failure(Invalid("bytes " + std::to_string(from - data) + " to " +
                           std::to_string(to - data) + " behind the header belong to no tensor"));
  };
  for (std::size_t i = 0; i < in_file.size(); ++i) {
    const StoredTensor& tensor = *in_file[i].first;
    if (tensor.bytes < end) {
      return Failure(Invalid("tensors " + Shown(*in_file[i - 1].second) + " and " +
                             Shown(*in_file[i].second) + " overlap"));
    }
    if (tensor.bytes > end) {
      return gap(end, tensor.bytes);
    }
    end = tensor.bytes + tensor.byte_count;
  }
  if (end != data + data_bytes) {
    return gap(end, data + data_bytes);
  }
  return {};
}

}  // namespace

std::size_t SizeOf(ElementType type) {
  return Describe(type).bytes;
}

std::string Name(ElementType type) {
  return std::string(Describe(type).name);
}

std::string ShapeText(const std::vector<std::int64_t>& shape) {
  std::string text = "[";
  for (const std::int64_t side : shape) {
    text += (text.size() > 1 ? ", " : "") + std::to_string(side);
  }
  return text + "]";
}

Result<SafetensorsContents> ParseSafetensors(const std::byte* bytes, std::size_t size) {
  std::uint64_t header_bytes = 0;
  if (size < kPrefixBytes) {
    return Failure(Invalid("too short for a safetensors file"));
  }
  std::memcpy(&header_bytes, bytes, kPrefixBytes);
  if (header_bytes > kHeaderBytesMax || header_bytes > size - kPrefixBytes) {
    return Failure(Invalid("not a safetensors file, or cut short: its header would be " +
                           std::to_string(header_bytes) + " bytes long"));
  }
  const auto* text = reinterpret_cast<const char*>(bytes + kPrefixBytes);
  if (header_bytes == 0 || text[0] != '{') {
    return Failure(Invalid("its header is not a JSON object"));
  }
  const std::byte* data = bytes + kPrefixBytes + header_bytes;
  const std::size_t data_bytes = size - kPrefixBytes - header_bytes;
  HeaderReader reader(data, data_bytes);
  if (!json::sax_parse(text, text + header_bytes, &reader)) {
    return Failure(reader.error().value_or(Invalid("its header is not a JSON object")));
  }
  WEFT_RETURN_IF_ERROR(CheckPlaces(reader.contents.tensors, data, data_bytes));
  return std::move(reader.contents);
}

}  // namespace weft::models
