// The innermost loop of DirectConv, for each kind of CPU, and bfloat16 made float32 and back.
//
// Nothing here throws. Any thread.

#pragma once

#include <cstdint>

namespace weft::models {

// Cells that share one pass over a panel's block.
constexpr std::int64_t kPassCells = 6;
// Columns whose sums lie side by side.
constexpr std::int64_t kSumColumns = 128;

// Columns of a panel of a filter with `out` outputs: as many as this CPU has registers for, or
// fewer where they would be for nothing. Divides kSumColumns.
std::int64_t PanelColumns(std::int64_t out);

// What one pass sums up: kPassCells cells by a panel.
struct Pass {
  const float* patch = nullptr;
  const std::int64_t* cells = nullptr;  // [kPassCells]: where their first taps lie in the patch.
  const std::int64_t* taps = nullptr;   // Relative to them.
  std::int64_t tap_count = 0;
  std::int64_t depth = 0;        // Channels of a tap.
  std::int64_t columns = 0;      // PanelColumns()
  const float* panel = nullptr;  // [tap_count, depth, columns]
  float* sums = nullptr;         // [kPassCells, kSumColumns], of which `columns` are added to.
};

// Each sum has one order, tap by tap and channel by channel, whatever the CPU.
void SumPanel(const Pass& pass);

// Values as they are kept, in float32 and back: rounded to the nearest, halves to even.
// from, to: [count].
void Widen(const float* from, std::int64_t count, float* to);
void Widen(const std::uint16_t* from, std::int64_t count, float* to);  // bfloat16, as bits.
void Narrow(const float* from, std::int64_t count, float* to);
void Narrow(const float* from, std::int64_t count, std::uint16_t* to);

}  // namespace weft::models
