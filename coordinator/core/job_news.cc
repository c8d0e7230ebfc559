#include "coordinator/core/job_news.h"

#include <algorithm>
#include <utility>

namespace weft::coordinator {

void JobNews::Add(std::string note) {
  Touch();
  notes_.push_back(std::move(note));
  if (notes_.size() > kNotesMax) {
    notes_.pop_front();
    ++first_;
  }
}

std::vector<std::string> JobNews::NotesSince(std::uint64_t from) const {
  const std::uint64_t skipped = std::clamp(from, first_, NoteCount()) - first_;
  return {notes_.begin() + static_cast<std::ptrdiff_t>(skipped), notes_.end()};
}

}  // namespace weft::coordinator
