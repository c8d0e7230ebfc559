// Records on their way to the disk, as bytes, one behind the other in one buffer: no object is made
// for a record, and another thread that writes them reads along one line of memory.

#pragma once

#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "coordinator/core/record.h"

namespace weft::coordinator {

class RecordBatch {
 public:
  RecordBatch() = default;
  RecordBatch(std::initializer_list<Record> records);

  void Add(const Record& record);
  void Add(std::string_view key, std::string_view bytes);

  // Bytes of a record, none of one that goes; valid until the next Add().
  struct View {
    std::string_view key;
    std::string_view bytes;
  };
  // In the order in which they were added. REQUIRES: i < size().
  [[nodiscard]] View At(std::size_t i) const;

  [[nodiscard]] std::size_t size() const { return ends_.size(); }
  [[nodiscard]] bool empty() const { return ends_.empty(); }

  // Forgets all records, and keeps the memory for others like them.
  void clear();

 private:
  struct Ends {
    std::size_t key = 0;
    std::size_t bytes = 0;
  };

  std::string buffer_;
  std::vector<Ends> ends_;  // Of each record, in the buffer.
};

}  // namespace weft::coordinator
