// A file that is bytes in memory, for FFmpeg to read or write.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "common/result.h"
#include "worker/media/ffmpeg.h"

namespace weft::media {

struct FreeIo {
  void operator()(AVIOContext* io) const {
    av_freep(&io->buffer);
    avio_context_free(&io);
  }
};

using IoPtr = std::unique_ptr<AVIOContext, FreeIo>;

// Stays where it is: FFmpeg holds its address.
class MemoryFile {
 public:
  // Empty, to be written.
  MemoryFile();

  // Holds `bytes`, to be read. `bytes` must outlive this.
  explicit MemoryFile(std::string_view bytes);

  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  ~MemoryFile() = default;

  [[nodiscard]] AVIOContext* io() const { return io_.get(); }

  // What was written. FFmpeg must be done with io().
  std::string TakeWritten();

 private:
  static int Read(void* self, std::uint8_t* buffer, int size);
  static int Write(void* self, std::uint8_t* buffer, int size);
  static std::int64_t Seek(void* self, std::int64_t offset, int whence);

  [[nodiscard]] std::size_t size() const {
    return io_->write_flag != 0 ? written_.size() : bytes_.size();
  }

  std::string_view bytes_;
  std::string written_;
  std::size_t at_ = 0;
  IoPtr io_;
};

// A Matroska file in memory, its streams known. `file` must outlive the result.
// kDataLoss: it is not one.
Result<InputPtr> OpenMatroska(const MemoryFile& file);

}  // namespace weft::media
