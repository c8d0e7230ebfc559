#include "worker/media/memory_file.h"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <new>
#include <string>
#include <utility>

namespace weft::media {
namespace {

constexpr int kBufferBytes = 1 << 16;

std::uint8_t* NewBuffer() {
  auto* buffer = static_cast<std::uint8_t*>(av_malloc(kBufferBytes));
  if (buffer == nullptr) {
    throw std::bad_alloc();
  }
  return buffer;
}

}  // namespace

MemoryFile::MemoryFile()
    : io_(avio_alloc_context(NewBuffer(), kBufferBytes, 1, this, nullptr, Write, Seek)) {
  if (!io_) {
    throw std::bad_alloc();
  }
}

MemoryFile::MemoryFile(std::string_view bytes)
    : bytes_(bytes),
      io_(avio_alloc_context(NewBuffer(), kBufferBytes, 0, this, Read, nullptr, Seek)) {
  if (!io_) {
    throw std::bad_alloc();
  }
}

std::string MemoryFile::TakeWritten() {
  avio_flush(io_.get());
  return std::exchange(written_, {});
}

int MemoryFile::Read(void* self, std::uint8_t* buffer, int size) {
  auto& file = *static_cast<MemoryFile*>(self);
  const std::size_t left = file.bytes_.size() - std::min(file.at_, file.bytes_.size());
  const std::size_t count = std::min(static_cast<std::size_t>(size), left);
  if (count == 0) {
    return AVERROR_EOF;
  }
  std::copy_n(file.bytes_.data() + file.at_, count, buffer);
  file.at_ += count;
  return static_cast<int>(count);
}

int MemoryFile::Write(void* self, std::uint8_t* buffer, int size) {
  auto& file = *static_cast<MemoryFile*>(self);
  const auto count = static_cast<std::size_t>(size);
  try {
    file.written_.resize(std::max(file.written_.size(), file.at_ + count));
  } catch (const std::bad_alloc&) {
    return AVERROR(ENOMEM);  // FFmpeg's C code between here and our caller passes no exceptions.
  }
  std::copy_n(buffer, count, file.written_.begin() + static_cast<std::ptrdiff_t>(file.at_));
  file.at_ += count;
  return size;
}

std::int64_t MemoryFile::Seek(void* self, std::int64_t offset, int whence) {
  auto& file = *static_cast<MemoryFile*>(self);
  const auto size = static_cast<std::int64_t>(file.size());
  std::int64_t target = offset;
  switch (whence & ~AVSEEK_FORCE) {
    case AVSEEK_SIZE:
      return size;
    case SEEK_SET:
      break;
    case SEEK_CUR:
      target += static_cast<std::int64_t>(file.at_);
      break;
    case SEEK_END:
      target += size;
      break;
    default:
      return AVERROR(EINVAL);
  }
  if (target < 0) {
    return AVERROR(EINVAL);
  }
  file.at_ = static_cast<std::size_t>(target);
  return target;
}

Result<InputPtr> OpenMatroska(const MemoryFile& file) {
  AVFormatContext* opened = avformat_alloc_context();
  if (opened == nullptr) {
    return Failure(ErrorCode::kResourceExhausted, "no memory to read a segment");
  }
  opened->pb = file.io();
  // Frees `opened` when it fails; never the AVIOContext, which is ours.
  const int status = avformat_open_input(&opened, "", av_find_input_format("matroska"), nullptr);
  if (status < 0) {
    return Failure(ErrorCode::kDataLoss, "not a Matroska file (" + FfmpegWords(status) + ")");
  }
  return InputPtr(opened);
}

}  // namespace weft::media
