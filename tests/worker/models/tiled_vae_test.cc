#include "worker/models/tiled_vae.h"

#include <string>
#include <utility>
#include <vector>

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <gtest/gtest.h>

#include "worker/models/torch_edge.h"

namespace weft::models {
namespace {

Vae DemoVae() {
  const std::string folder = WEFT_SOURCE_DIR "/deploy/models/weft-demo";
  auto config = ReadVaeConfig(folder);
  EXPECT_TRUE(config) << config.error().message();
  auto weights = Weights::Open(Part::kVae, folder, {});
  EXPECT_TRUE(weights) << weights.error().message();
  auto vae = LoadVae(*config, std::move(*weights));
  EXPECT_TRUE(vae) << vae.error().message();
  return std::move(*vae);
}

// Smooth latents, as those of pictures are.
at::Tensor SmoothLatents(std::int64_t height, std::int64_t width) {
  const at::Tensor coarse = at::empty({1, 4, height / 8, width / 8}, at::kFloat)
                                .normal_(0.0, 1.0, at::detail::createCPUGenerator(7));
  return at::upsample_bilinear2d(coarse, {height, width}, false);
}

TEST(TilesOf, CoverEveryCellAndOverlapTheirNeighbours) {
  for (std::int64_t cells = 1; cells < 700; ++cells) {
    const std::vector<TileSpan> tiles = TilesOf(cells);
    EXPECT_EQ(tiles.front().begin, 0);
    EXPECT_EQ(tiles.back().begin + tiles.back().count, cells);
    for (std::size_t i = 1; i < tiles.size(); ++i) {
      EXPECT_GE(tiles[i - 1].begin + tiles[i - 1].count - tiles[i].begin, kTileOverlap) << cells;
      EXPECT_GT(tiles[i].begin, tiles[i - 1].begin);
    }
  }
}

TEST(TiledVae, LeavesPicturesThatFitAsTheyAre) {
  const c10::InferenceMode inference;
  UseThreads(1);
  const Vae vae = DemoVae();
  const at::Tensor latents = SmoothLatents(24, 32);
  EXPECT_TRUE(DecodeTiled(vae, latents).equal(vae.Decode(latents)));
}

TEST(TiledVae, DecodesLargePicturesWithoutSeams) {
  const c10::InferenceMode inference;
  UseThreads(1);
  const Vae vae = DemoVae();
  const at::Tensor latents = SmoothLatents(72, 152);
  ASSERT_TRUE(IsTiled(72, 152));
  const at::Tensor whole = vae.Decode(latents);
  const at::Tensor tiled = DecodeTiled(vae, latents);
  ASSERT_EQ(tiled.sizes(), whole.sizes());
  // Statistics of a tile are not those of the picture: near, not equal.
  EXPECT_LT(tiled.sub(whole).abs().mean().item<double>(), 0.03);
  // No step between columns that the whole picture has not, up to that difference.
  const auto steps = [](const at::Tensor& picture) {
    const std::int64_t width = picture.size(3);
    return picture.narrow(3, 1, width - 1)
        .sub(picture.narrow(3, 0, width - 1))
        .abs()
        .mean(at::IntArrayRef{0, 1, 2});
  };
  EXPECT_LT(steps(tiled).sub(steps(whole)).max().item<double>(), 0.01);
}

TEST(TiledVae, EncodesLargePicturesNearTheWhole) {
  const c10::InferenceMode inference;
  UseThreads(1);
  const Vae vae = DemoVae();
  const at::Tensor picture = vae.Decode(SmoothLatents(72, 152)).clamp(-1.0, 1.0);
  const at::Tensor whole = vae.Encode(picture).narrow(1, 0, 4);
  const at::Tensor tiled = EncodeTiled(vae, picture).narrow(1, 0, 4);
  const double size = whole.square().mean().sqrt().item<double>();
  EXPECT_LT(tiled.sub(whole).square().mean().sqrt().item<double>(), 0.1 * size);
}

}  // namespace
}  // namespace weft::models
