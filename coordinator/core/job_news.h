// What there is to tell about a job: whether anything moved, and what people should know.

#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

namespace weft::coordinator {

class JobNews {
 public:
  // Something about the job changed.
  void Touch() { ++revision_; }

  // Something that people should know. Only the last kNotesMax are kept.
  void Add(std::string note);

  [[nodiscard]] std::uint64_t Revision() const { return revision_; }
  [[nodiscard]] std::uint64_t NoteCount() const { return first_ + notes_.size(); }

  // The notes from the `from`-th on, as far as they are kept. Counts from 0.
  [[nodiscard]] std::vector<std::string> NotesSince(std::uint64_t from) const;

 private:
  static constexpr std::size_t kNotesMax = 100;

  std::uint64_t revision_ = 0;
  std::uint64_t first_ = 0;  // Number of the oldest note kept.
  std::deque<std::string> notes_;
};

}  // namespace weft::coordinator
