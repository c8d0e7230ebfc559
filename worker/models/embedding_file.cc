#include "worker/models/embedding_file.h"

#include <filesystem>

#include "worker/models/prompt_chunks.h"
#include "worker/models/safetensors.h"
#include "worker/models/weights.h"

namespace weft::models {
namespace {

Error Invalid(const std::string& path, const std::string& what) {
  return {ErrorCode::kInvalidArgument, path + ": " + what};
}

Status RefusePickle(const std::string& path) {
  const std::string extension = std::filesystem::path(path).extension().string();
  if (extension != ".pt" && extension != ".bin" && extension != ".pth" && extension != ".ckpt") {
    return {};
  }
  return Failure(Invalid(
      path,
      "a pickle file, which can run code when it is read; Weft reads safetensors only. Convert it "
      "once: e = torch.load(FILE); e = e.get(\"string_to_param\", e); safetensors.torch.save_file("
      "{\"emb_params\": list(e.values())[0].detach()}, \"NAME.safetensors\")"));
}

Status CheckOne(const SafetensorsFile& file) {
  std::string names;
  for (const auto& [name, tensor] : file.tensors()) {
    names += (names.empty() ? "" : ", ") + name;
  }
  if (file.Find("clip_g") != nullptr) {
    return Failure(
        Invalid(file.path(), "a textual inversion for SDXL, which has two text encoders (" + names +
                                 "); it does not fit this model"));
  }
  if (file.tensors().size() != 1) {
    return Failure(Invalid(file.path(), "not a textual inversion: that has one tensor, this has " +
                                            (names.empty() ? "none" : names)));
  }
  return {};
}

bool IsFloatingPoint(ElementType type) {
  return type == ElementType::kFloat64 || type == ElementType::kFloat32 ||
         type == ElementType::kFloat16 || type == ElementType::kBfloat16;
}

}  // namespace

Result<TextEmbedding> ReadTextEmbedding(const std::string& path, int width) {
  WEFT_RETURN_IF_ERROR(RefusePickle(path));
  WEFT_ASSIGN_OR_RETURN(const auto file, SafetensorsFile::Open(path));
  WEFT_RETURN_IF_ERROR(CheckOne(*file));
  const auto& [name, stored] = *file->tensors().begin();
  const std::size_t sides = stored.shape.size();
  if (!IsFloatingPoint(stored.type) || sides < 1 || sides > 2) {
    return Failure(Invalid(path, "tensor " + name + " is " + Name(stored.type) + " " +
                                     ShapeText(stored.shape) + ", not vectors of numbers"));
  }
  if (stored.shape.back() != width) {
    return Failure(Invalid(path, "tensor " + name + " has vectors of width " +
                                     std::to_string(stored.shape.back()) +
                                     ", the model's text encoder has width " +
                                     std::to_string(width) + ": it was made for another model"));
  }
  const std::int64_t count = sides == 2 ? stored.shape[0] : 1;
  if (count < 1 || count > static_cast<std::int64_t>(kChunkTokens)) {
    return Failure(Invalid(path, "tensor " + name + " has " + std::to_string(count) +
                                     " vectors; a prompt has room for 1 to 75 of a word"));
  }
  TextEmbedding embedding;
  embedding.name = std::filesystem::path(path).stem().string();
  embedding.vectors = ToTensor(stored).to(at::kFloat).view({count, width});
  return embedding;
}

}  // namespace weft::models
