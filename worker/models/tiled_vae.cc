#include "worker/models/tiled_vae.h"

#include <algorithm>
#include <functional>

namespace weft::models {
namespace {

// How much each of a tile's values counts along one axis, [count * scale]: rising over the cells
// shared with the tile before, falling over those shared with the next.
at::Tensor Fade(const std::vector<TileSpan>& tiles, std::size_t index, std::int64_t scale) {
  const TileSpan& tile = tiles[index];
  const std::int64_t size = tile.count * scale;
  at::Tensor weights = at::full({size}, 1.0, at::kFloat);
  auto* weight = weights.data_ptr<float>();
  if (index > 0) {
    const TileSpan& before = tiles[index - 1];
    const std::int64_t shared = (before.begin + before.count - tile.begin) * scale;
    for (std::int64_t i = 0; i < shared; ++i) {
      weight[i] *= (static_cast<float>(i) + 0.5F) / static_cast<float>(shared);
    }
  }
  if (index + 1 < tiles.size()) {
    const TileSpan& after = tiles[index + 1];
    const std::int64_t shared = (tile.begin + tile.count - after.begin) * scale;
    for (std::int64_t i = 0; i < shared; ++i) {
      weight[size - 1 - i] *= (static_cast<float>(i) + 0.5F) / static_cast<float>(shared);
    }
  }
  return weights;
}

// The tiles' weights, which add up to one everywhere; short tiles' overlaps may overlap in turn.
std::vector<at::Tensor> Fades(const std::vector<TileSpan>& tiles, std::int64_t scale) {
  std::vector<at::Tensor> fades;
  at::Tensor total = at::zeros({(tiles.back().begin + tiles.back().count) * scale}, at::kFloat);
  for (std::size_t i = 0; i < tiles.size(); ++i) {
    fades.push_back(Fade(tiles, i, scale));
    total.narrow(0, tiles[i].begin * scale, tiles[i].count * scale).add_(fades[i]);
  }
  for (std::size_t i = 0; i < tiles.size(); ++i) {
    fades[i].div_(total.narrow(0, tiles[i].begin * scale, tiles[i].count * scale));
  }
  return fades;
}

struct Scales {
  std::int64_t in = 1;   // Of the input to cells.
  std::int64_t out = 1;  // Of the output to cells.
};

// Runs `pass` on every tile of `in`, [1, C, height, width], and fades the results together, in
// float32 and in one order.
at::Tensor RunTiles(const at::Tensor& in,
                    const Scales& scales,
                    const std::function<at::Tensor(const at::Tensor&)>& pass) {
  const std::int64_t height = in.size(2) / scales.in;
  const std::int64_t width = in.size(3) / scales.in;
  const std::vector<TileSpan> rows = TilesOf(height);
  const std::vector<TileSpan> columns = TilesOf(width);
  const std::vector<at::Tensor> fades_down = Fades(rows, scales.out);
  const std::vector<at::Tensor> fades_across = Fades(columns, scales.out);
  at::Tensor sum;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    for (std::size_t c = 0; c < columns.size(); ++c) {
      const at::Tensor tile =
          in.narrow(2, rows[r].begin * scales.in, rows[r].count * scales.in)
              .narrow(3, columns[c].begin * scales.in, columns[c].count * scales.in)
              .contiguous(at::MemoryFormat::ChannelsLast);
      const at::Tensor out = pass(tile).to(at::kFloat);
      if (!sum.defined()) {
        sum = at::zeros({1, out.size(1), height * scales.out, width * scales.out}, out.options());
      }
      const at::Tensor down = fades_down[r].to(out.device()).view({1, 1, -1, 1});
      const at::Tensor across = fades_across[c].to(out.device()).view({1, 1, 1, -1});
      sum.narrow(2, rows[r].begin * scales.out, rows[r].count * scales.out)
          .narrow(3, columns[c].begin * scales.out, columns[c].count * scales.out)
          .add_(out.mul(down).mul_(across));
    }
  }
  return sum.to(in.scalar_type());
}

}  // namespace

at::Tensor EncodeTiled(const Vae& vae, const at::Tensor& picture) {
  const std::int64_t factor = vae.config.factor();
  if (!IsTiled(picture.size(2) / factor, picture.size(3) / factor)) {
    return vae.Encode(picture);
  }
  return RunTiles(picture, {factor, 1}, [&](const at::Tensor& tile) { return vae.Encode(tile); });
}

at::Tensor DecodeTiled(const Vae& vae, const at::Tensor& latents) {
  if (!IsTiled(latents.size(2), latents.size(3))) {
    return vae.Decode(latents);
  }
  return RunTiles(latents, {1, vae.config.factor()},
                  [&](const at::Tensor& tile) { return vae.Decode(tile); });
}

}  // namespace weft::models
