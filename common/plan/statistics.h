// Figures that are measured over whole scenes before frames are changed after them: the tasks that
// do so, and their outputs. Of annotate and finish, chunks are measured in a first round; a task
// for each scene, whose number is its chunk, joins what they found; round 0, which all others read,
// comes after both.

#pragma once

#include <cstdint>
#include <string>

namespace weft {

inline constexpr std::uint32_t kMeasureRound = 1;
inline constexpr std::uint32_t kSceneRound = 2;

// Of annotate: a control's maps; in the round that measures, as they were read.
inline std::string ControlName(int control) {
  return "control/" + std::to_string(control);
}

// Of the round that measures (weft.v1.Statistics), and of the task for a scene
// (weft.v1.SceneStatistics). number: of the control; of finish 0.
inline std::string StatisticsName(int number) {
  return "sums/" + std::to_string(number);
}
inline std::string SceneName(int number) {
  return "scene/" + std::to_string(number);
}

}  // namespace weft
