#include "worker/eval/png_file.h"

#include "common/whole_file.h"
#include "worker/frame/png.h"

namespace weft::eval {

Status WritePng(const Frame& frame, const std::string& path) {
  WEFT_ASSIGN_OR_RETURN(const std::string bytes, EncodePng(frame));
  return WriteWholeFile(path, bytes);
}

}  // namespace weft::eval
