// Keys and values of anchors that stay from one task to the next: the chunks of a job attend to the
// same anchors at the same steps, and who renders several of them predicts an anchor once.

#pragma once

#include <cstdint>
#include <limits>
#include <list>
#include <memory>
#include <vector>

#include "worker/frame/frame.h"
#include "worker/models/guided_pass.h"

namespace weft::models {

// All that an anchor's keys and values follow from, beside the model and the prompts.
struct AnchorInput {
  double timestep = 0.0;
  int height = 0;  // Cells.
  int width = 0;
  std::vector<float> noisy;
  std::vector<ControlMap> controls;  // One for each ControlNet that runs,
  std::vector<double> scales;        // and one for each there is; 0: it rests.
  bool guess_mode = false;
  bool controlnets_attend = false;
  // What a GPU's rounding follows from: the frames of a pass, and which number the anchor has.
  int micro_batch = 0;
  int number = 0;
  // Whom it attends to; null: it is the first itself. Shared by all that attend to it.
  std::shared_ptr<const AnchorInput> first;

  friend bool operator==(const AnchorInput& a, const AnchorInput& b);
};

// One thread.
class KeptAnchors {
 public:
  struct Kept {
    std::shared_ptr<const AnchorInput> input;
    FrameStates states;
  };

  // Begins a task, with so much memory for keys and values and the inputs they are known by, or
  // less where memory ran out before. What is more goes, the longest unused first.
  void BeginTask(std::uint64_t bytes_max);

  // Null: they are not there. Valid until the next call.
  const Kept* Find(const AnchorInput& input);

  // Where memory is short, in the place of what was not used in this task; what was stays: tasks
  // take turns through the same steps, and would otherwise each throw away what the next one needs.
  // REQUIRES: Find() does not find them.
  void Keep(Kept kept);

  void Forget();

  // Memory has run out: forgets all, keeps nothing more in this task, and from then on at most half
  // of what there was. False: there was nothing.
  bool GiveUp();

 private:
  struct Entry {
    Kept kept;
    std::uint64_t bytes = 0;
    std::uint64_t used_in = 0;  // A task's number.
  };

  void DropLast();

  std::list<Entry> entries_;  // The last used is the first.
  std::uint64_t bytes_ = 0;   // Of all entries.
  std::uint64_t bytes_max_ = 0;
  std::uint64_t bytes_held_ = std::numeric_limits<std::uint64_t>::max();  // What memory has held.
  std::uint64_t task_ = 0;
};

}  // namespace weft::models
