// What the core wants recorded and said, gathered over many events, as bytes.
//
// It is made into bytes by the thread that makes it up, event by event: the objects are still in
// that processor's cache then, and are freed where they were made.

#pragma once

#include <string>
#include <vector>

#include "common/transport.h"
#include "coordinator/core/effects.h"
#include "coordinator/ledger/record_batch.h"

namespace weft::coordinator {

// Messages to one peer, as they go over the wire.
struct Letter {
  PeerId to;
  std::vector<std::string> messages;
};

struct Batch {
  RecordBatch records;
  // May be said, logged and dropped once the records are on disk.
  std::vector<Letter> letters;
  std::vector<Note> notes;
  std::vector<std::string> drops;

  // Takes all of `effects`, behind what is here already, and leaves them empty.
  void Add(Effects& effects);

  [[nodiscard]] bool empty() const;

  // Forgets everything, and keeps memory for the next.
  void clear();
};

}  // namespace weft::coordinator
