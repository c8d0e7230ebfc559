// Writes safetensors files for tests, also ones that lie.

#pragma once

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>
#include <unistd.h>

#include "worker/models/safetensors.h"

namespace weft::models {

// A folder of its own that is gone when the test ends.
class TestFolder {
 public:
  TestFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "weft-models-XXXXXX").string();
    path_ = mkdtemp(pattern.data());
  }
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;
  ~TestFolder() { std::filesystem::remove_all(path_); }

  [[nodiscard]] std::string operator/(const std::string& name) const {
    return (path_ / name).string();
  }
  [[nodiscard]] std::string string() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

inline void WriteText(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

inline nlohmann::json ReadJson(const std::string& path) {
  std::ifstream file(path);
  return nlohmann::json::parse(file);
}

// The 8 bytes in front, `header` as it is, and `data`.
inline void WriteSafetensors(const std::string& path,
                             const std::string& header,
                             const std::string& data) {
  const std::uint64_t length = header.size();
  std::string prefix(sizeof length, '\0');
  std::memcpy(prefix.data(), &length, sizeof length);
  WriteText(path, prefix + header + data);
}

inline nlohmann::json Entry(const std::string& type,
                            const std::vector<std::int64_t>& shape,
                            std::uint64_t begin,
                            std::uint64_t end) {
  return {{"dtype", type}, {"shape", shape}, {"data_offsets", {begin, end}}};
}

// A tensor to change in a copy of a file.
struct TensorEdit {
  std::string name;
  bool remove = false;
  std::string rename;               // Empty: keep the name.
  std::vector<std::int64_t> shape;  // Empty: keep the shape. Must have as many elements.
};

// Takes a tensor's bytes out of `data`, and moves up those behind it.
inline void CloseGap(nlohmann::json& header, std::string& data, const nlohmann::json& removed) {
  const auto begin = removed.at("data_offsets").at(0).get<std::uint64_t>();
  const auto end = removed.at("data_offsets").at(1).get<std::uint64_t>();
  data.erase(begin, end - begin);
  for (const auto& [name, entry] : header.items()) {
    if (name != "__metadata__" && entry.at("data_offsets").at(0) >= end) {
      for (nlohmann::json& offset : entry.at("data_offsets")) {
        offset = offset.get<std::uint64_t>() - (end - begin);
      }
    }
  }
}

// Copies a file with one entry of its header changed.
inline void CopyEdited(const std::string& from, const std::string& to, const TensorEdit& edit) {
  std::ifstream file(from, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  std::uint64_t length = 0;
  std::memcpy(&length, bytes.data(), sizeof length);
  nlohmann::json header = nlohmann::json::parse(bytes.substr(sizeof length, length));
  nlohmann::json entry = header.at(edit.name);
  header.erase(edit.name);
  if (!edit.shape.empty()) {
    entry["shape"] = edit.shape;
  }
  std::string data = bytes.substr(sizeof length + length);
  if (edit.remove) {
    CloseGap(header, data, entry);
  } else {
    header[edit.rename.empty() ? edit.name : edit.rename] = entry;
  }
  WriteSafetensors(to, header.dump(), data);
}

}  // namespace weft::models
