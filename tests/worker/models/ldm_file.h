// Turns the parts of a diffusers folder into a single file of LDM's layout.

#pragma once

#include <algorithm>
#include <cstring>
#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/worker/models/safetensors_writer.h"
#include "worker/models/part_tensors.h"

namespace weft::models {

class LdmFile {
 public:
  // place: a folder with the part; prefix: such as "first_stage_model.".
  void AddPart(Part part, const std::string& place, const std::string& prefix) {
    const auto tensors = PartTensors::Open(part, place);
    ASSERT_TRUE(tensors) << tensors.error().message();
    const NameMap names = NamesOf(part, tensors->names());
    for (const auto& [name, tensor] : tensors->tensors()) {
      StoredTensor stored = tensor.held.tensor;
      const std::string ldm = names.ToLdm(name);
      if (part == Part::kVae && ldm.find(".attn_1.") != std::string::npos &&
          stored.shape.size() == 2) {
        stored.shape.insert(stored.shape.end(), {1, 1});
      }
      Add(prefix + ldm, stored);
    }
  }

  void Add(const std::string& name, const StoredTensor& stored) {
    Add(name, Name(stored.type), stored.shape,
        std::string(reinterpret_cast<const char*>(stored.bytes), stored.byte_count));
  }

  void Add(const std::string& name,
           const std::string& type,
           const std::vector<std::int64_t>& shape,
           const std::string& bytes) {
    tensors_[name] = {type, shape, bytes};
  }

  void Remove(const std::string& name) { ASSERT_EQ(tensors_.erase(name), 1U) << name; }

  void Write(const std::string& path) const {
    nlohmann::json header = nlohmann::json::object();
    std::string data;
    for (const auto& [name, tensor] : tensors_) {
      header[name] =
          Entry(tensor.type, tensor.shape, data.size(), data.size() + tensor.bytes.size());
      data += tensor.bytes;
    }
    std::string text = header.dump();
    text.resize((text.size() + 7) / 8 * 8, ' ');  // As the reference implementation aligns.
    WriteSafetensors(path, text, data);
  }

 private:
  struct Whole {
    std::string type;
    std::vector<std::int64_t> shape;
    std::string bytes;
  };

  static NameMap NamesOf(Part part, const Names& names) {
    switch (part) {
      case Part::kUnet:
        return NameMap(UnetNames(LayoutOfDiffusers(names)));
      case Part::kControlNet:
        return NameMap(
            ControlNetNames(LayoutOfDiffusers(names),
                            CountNumbered(names, "controlnet_cond_embedding.blocks.") + 2));
      case Part::kVae:
        return NameMap(VaeNames(CountNumbered(names, "encoder.down_blocks.")));
      case Part::kTextEncoder:
        break;
    }
    return {};
  }

  std::map<std::string, Whole> tensors_;
};

}  // namespace weft::models
