// What the farm wants done about an event.

#pragma once

#include <string>
#include <vector>

#include "common/ids.h"
#include "common/transport.h"
#include "coordinator/core/record.h"
#include "weft/v1/envelope.pb.h"

namespace weft::coordinator {

struct Message {
  PeerId to;
  v1::FromCoordinator body;
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
