#include "worker/models/tokenizer_folder.h"

#include <filesystem>
#include <system_error>

#include "worker/models/model_config.h"
#include "worker/models/part_tensors.h"

namespace weft::models {

Result<std::string> TokenizerFolder(const ModelOptions& options) {
  if (!options.tokenizer.empty()) {
    return options.tokenizer;
  }
  if (!IsSingleFile(options.model)) {
    return options.model + "/tokenizer";
  }
  std::string beside = ConfigFolder(options.model) + "/tokenizer";
  std::error_code ignored;
  if (!std::filesystem::is_directory(beside, ignored)) {
    return Failure(ErrorCode::kInvalidArgument,
                   options.model +
                       ": a single-file model holds no tokenizer; name a folder that has "
                       "vocab.json and merges.txt with --tokenizer DIR, such as the tokenizer/ "
                       "folder of any diffusers model of the same family");
  }
  return beside;
}

}  // namespace weft::models
