#include "worker/models/doubling_conv.h"

#include <vector>

namespace weft::models {
namespace {

constexpr at::MemoryFormat kLayout = at::MemoryFormat::ChannelsLast;
constexpr std::int64_t kQuarters = 4;

// The two taps along `axis` of a kernel's three, for even or odd cells of the doubled axis: an even
// cell 2y reads small cells y-1, y, y; an odd one y, y, y+1.
at::Tensor TwoTaps(const at::Tensor& kernel, int axis, bool odd) {
  const at::Tensor first = kernel.narrow(axis, 0, 1);
  const at::Tensor middle = kernel.narrow(axis, 1, 1);
  const at::Tensor last = kernel.narrow(axis, 2, 1);
  return odd ? at::cat({first.add(middle), last}, axis) : at::cat({first, middle.add(last)}, axis);
}

}  // namespace

DoublingConv Doubling(const Conv& conv) {
  constexpr int kRows = 2;
  constexpr int kColumns = 3;
  const at::Tensor kernel = conv.weight.to(at::kFloat);
  std::vector<at::Tensor> quarters;
  for (const bool odd_row : {false, true}) {
    for (const bool odd_column : {false, true}) {
      quarters.push_back(TwoTaps(TwoTaps(kernel, kRows, odd_row), kColumns, odd_column));
    }
  }
  const at::Tensor weight = at::cat(quarters).to(conv.weight.scalar_type()).contiguous(kLayout);
  const PackedFilter packed = Pack(weight);
  return {{packed.values.defined() ? at::Tensor() : weight,
           at::cat({conv.bias, conv.bias, conv.bias, conv.bias}),
           /*stride=*/1, /*padding=*/1, packed}};
}

at::Tensor DoublingConv::operator()(const at::Tensor& x) const {
  const std::int64_t height = x.size(2);
  const std::int64_t width = x.size(3);
  const std::int64_t out = quarters.bias.size(0) / kQuarters;
  // Padded by one cell all round, each axis has one place more than cells: the even quarter's cell
  // y lies at place y, the odd one's at y + 1.
  const at::Tensor places = quarters(x)
                                .contiguous(kLayout)
                                .permute({0, 2, 3, 1})
                                .view({x.size(0), height + 1, width + 1, kQuarters, out});
  at::Tensor doubled = at::empty({x.size(0), out, 2 * height, 2 * width}, x.options(), kLayout);
  const at::Tensor cells =
      doubled.permute({0, 2, 3, 1}).view({x.size(0), height, 2, width, 2, out});
  for (std::int64_t row = 0; row < 2; ++row) {
    for (std::int64_t column = 0; column < 2; ++column) {
      cells.select(2, row).select(3, column).copy_(
          places.narrow(1, row, height).narrow(2, column, width).select(3, 2 * row + column));
    }
  }
  return doubled;
}

}  // namespace weft::models
