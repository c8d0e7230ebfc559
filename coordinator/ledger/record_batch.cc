#include "coordinator/ledger/record_batch.h"

namespace weft::coordinator {

RecordBatch::RecordBatch(std::initializer_list<Record> records) {
  for (const Record& record : records) {
    Add(record);
  }
}

void RecordBatch::Add(const Record& record) {
  buffer_.append(record.key);
  const std::size_t key = buffer_.size();
  if (!record.erased) {
    record.value.AppendToString(&buffer_);
  }
  ends_.push_back({key, buffer_.size()});
}

void RecordBatch::Add(std::string_view key, std::string_view bytes) {
  buffer_.append(key);
  const std::size_t key_end = buffer_.size();
  buffer_.append(bytes);
  ends_.push_back({key_end, buffer_.size()});
}

RecordBatch::View RecordBatch::At(std::size_t i) const {
  const std::string_view all = buffer_;
  const std::size_t begin = i == 0 ? 0 : ends_[i - 1].bytes;
  const Ends end = ends_[i];
  return {all.substr(begin, end.key - begin), all.substr(end.key, end.bytes - end.key)};
}

void RecordBatch::clear() {
  constexpr std::size_t kKeptBytesMax = 4 << 20;
  if (buffer_.capacity() > kKeptBytesMax) {
    buffer_ = std::string();
  }
  buffer_.clear();
  ends_.clear();
}

}  // namespace weft::coordinator
