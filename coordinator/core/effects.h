// What the farm wants done about an event.

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/ids.h"
#include "common/transport.h"
#include "coordinator/core/record.h"
#include "weft/v1/envelope.pb.h"

namespace weft::coordinator {

struct Message {
  PeerId to;
  v1::FromCoordinator body;  // Only a part of it where there is a rest: see Whole().
  // The rest of the body, serialized, where many messages have it in common. Null: there is none.
  // Shared, as messages are said after what they were made of may have changed.
  std::shared_ptr<const std::string> rest = nullptr;

  // As it goes over the wire: body and rest, which whoever parses it merges into one.
  [[nodiscard]] std::string ToBytes() const;
  // What the peer will read.
  [[nodiscard]] v1::FromCoordinator Whole() const;
};

// A line for the log. Empty fields do not apply.
struct Note {
  enum class Level { kInfo, kWarning };

  Level level = Level::kInfo;
  std::string text = {};
  std::string job = {};
  std::string task = {};  // "denoise 3.1"
  std::string worker = {};
  std::string event = {};  // "job.done", where the job came into another state; for programs.
};

struct Effects {
  // First, as one atomic batch, on disk before anything below happens. A key may occur twice; the
  // later one counts.
  std::vector<Record> records;
  // Then, in this order. Lost and repeated messages are harmless.
  std::vector<Message> messages;
  std::vector<Note> notes;
  // Last: blobs that nobody can need any more, as prefixes of their keys. Lost ones are harmless:
  // the next life finds them, see Farm::FindUnneeded().
  std::vector<std::string> drops;
};

}  // namespace weft::coordinator
