#include "worker/stages/preview.h"

#include <cmath>
#include <memory>

#include <gtest/gtest.h>

#include "worker/frame/geometry.h"
#include "worker/media/frame_source.h"
#include "worker/media/scale.h"
#include "worker/models/torch_edge.h"

namespace weft::worker {
namespace {

double MeanDifference(const Frame& a, const Frame& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.rgb.size(); ++i) {
    sum += std::abs(static_cast<int>(a.rgb[i]) - static_cast<int>(b.rgb[i]));
  }
  return sum / static_cast<double>(a.rgb.size());
}

// Goal: a preview looks like the picture. Method: a real frame through the demo model's encoder,
// against the frame itself made as small. An eighth of the levels is what a glance forgives; a grey
// picture is three times as far.
TEST(Preview, LooksLikeTheFrameMadeSmall) {
  models::UseThreads(1);
  const auto model =
      models::DiffusionModel::Load({.model = WEFT_SOURCE_DIR "/deploy/models/weft-demo"});
  ASSERT_TRUE(model) << model.error().message();
  const auto clip = media::OpenClip(WEFT_SOURCE_DIR "/deploy/demo/city.mp4");
  ASSERT_TRUE(clip);
  const auto frame = media::StretchFrame(*(*clip)->Read(10), 128, 64);
  ASSERT_TRUE(frame);
  const auto latents = (*model)->Encode({*frame});
  ASSERT_TRUE(latents);
  const auto map = PreviewMap::Fit(**model);
  ASSERT_TRUE(map) << map.error().message();
  const Frame preview = map->Picture(*latents);
  const auto small = media::StretchFrame(*frame, preview.width, preview.height);
  ASSERT_TRUE(small);
  ASSERT_EQ(preview.width, 128 / (*model)->vae_factor());
  const Frame grey{preview.width, preview.height,
                   std::vector<std::uint8_t>(preview.rgb.size(), 90)};
  EXPECT_LT(MeanDifference(preview, *small), 32);
  EXPECT_LT(MeanDifference(preview, *small), MeanDifference(grey, *small) / 2);
}

}  // namespace
}  // namespace weft::worker
