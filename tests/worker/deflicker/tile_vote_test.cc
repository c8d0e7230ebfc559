#include "worker/deflicker/tile_vote.h"

#include <algorithm>
#include <cstdint>
#include <random>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "tests/worker/deflicker/test_pictures.h"
#include "tests/worker/deflicker/vector_targets.h"
#include "worker/deflicker/picture_sum.h"
#include "worker/deflicker/thread_team.h"

namespace weft::deflicker {
namespace {

struct Position {
  int x = 0;
  int y = 0;
};

// The header's sentence, word for word, for one value.
std::uint8_t PlainVote(
    const MatchPlanes& source, const OffsetField& field, int radius, int channel, Position at) {
  int sum = 0;
  int count = 0;
  for (int v = std::max(0, at.y - radius); v <= std::min(field.height - 1, at.y + radius); ++v) {
    for (int u = std::max(0, at.x - radius); u <= std::min(field.width - 1, at.x + radius); ++u) {
      sum += *source.At(channel, at.x + field.At(u, v).dx, at.y + field.At(u, v).dy);
      ++count;
    }
  }
  return static_cast<std::uint8_t>((2 * sum + count) / (2 * count));
}

Frame PlainVote(const MatchPlanes& source, const OffsetField& field, int radius) {
  Frame voted{field.width, field.height, {}};
  for (int y = 0; y < field.height; ++y) {
    for (int x = 0; x < field.width; ++x) {
      for (int channel = 0; channel < 3; ++channel) {
        voted.rgb.push_back(PlainVote(source, field, radius, channel, Position{x, y}));
      }
    }
  }
  return voted;
}

// The same of 0..65535.
std::uint16_t PlainDeepVote(
    const DeepPlanes& source, const OffsetField& field, int radius, int channel, Position at) {
  std::int64_t sum = 0;
  std::int64_t count = 0;
  for (int v = std::max(0, at.y - radius); v <= std::min(field.height - 1, at.y + radius); ++v) {
    for (int u = std::max(0, at.x - radius); u <= std::min(field.width - 1, at.x + radius); ++u) {
      sum += *source.At(channel, at.x + field.At(u, v).dx, at.y + field.At(u, v).dy);
      ++count;
    }
  }
  return static_cast<std::uint16_t>((2 * sum + count) / (2 * count));
}

// Matches anywhere inside, in runs of every length.
OffsetField RandomField(int width, int height, unsigned seed) {
  std::mt19937 random(seed);
  OffsetField field{width, height, {}, {}};
  for (int y = 0; y < height; ++y) {
    Offset offset;
    for (int x = 0; x < width; ++x) {
      const bool leaves = x + offset.dx >= width || y + offset.dy < 0 || y + offset.dy >= height;
      if (x == 0 || leaves || random() % 7 == 0) {
        offset = {static_cast<std::int16_t>(static_cast<int>(random() % width) - x),
                  static_cast<std::int16_t>(static_cast<int>(random() % height) - y)};
      }
      field.offsets.push_back(offset);
    }
  }
  return field;
}

TEST(Vote, IsTheMeanOfWhatPatchesSay) {
  for (const auto& [width, height] : {std::pair(150, 40), {64, 16}, {65, 17}, {5, 3}, {1, 1}}) {
    SCOPED_TRACE(testing::Message() << width << "x" << height);
    const MatchPlanes source(NoiseFrame(width, height, 1));
    const OffsetField field = RandomField(width, height, 2);
    for (const int radius : {0, 1, 2, 3, kVoteRadiusMax}) {
      SCOPED_TRACE(radius);
      const Frame expected = PlainVote(source, field, radius);
      ForEveryTarget([&] { EXPECT_EQ(Vote(source, field, radius).ToFrame(), expected); });
    }
  }
}

// Everything in one direction; in two, left and right; in two, from pixel to pixel.
std::vector<OffsetField> PlainFields(int width, int height) {
  std::vector<OffsetField> fields(3, {width, height, {}, {}});
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const auto dx = static_cast<std::int16_t>(x < width / 2 ? 1 : -1);
      const auto dy = static_cast<std::int16_t>(y < height / 2 ? 1 : -1);
      fields[0].offsets.push_back({});
      fields[1].offsets.push_back({dx, 0});
      fields[2].offsets.push_back((x + y) % 2 == 0 ? Offset{} : Offset{dx, dy});
    }
  }
  return fields;
}

TEST(Vote, IsTheSameForFewOffsetsThatManyHave) {
  for (const int width : {64, 69, 70, 127, 130}) {
    const MatchPlanes source(NoiseFrame(width, 37, 1));
    for (const OffsetField& field : PlainFields(width, 37)) {
      for (const int radius : {1, 2, 3}) {
        SCOPED_TRACE(testing::Message() << width << " " << radius);
        const Frame expected = PlainVote(source, field, radius);
        ForEveryTarget([&] { EXPECT_EQ(Vote(source, field, radius).ToFrame(), expected); });
      }
    }
  }
}

TEST(Vote, IsTheSameWithMoreThreads) {
  const MatchPlanes source(NoiseFrame(150, 90, 1));
  const OffsetField field = RandomField(150, 90, 2);
  for (const int radius : {0, 2, kVoteRadiusMax}) {
    const Frame expected = Vote(source, field, radius).ToFrame();
    for (const int count : {2, 3, 5, 9}) {  // The picture has six rows of blocks.
      SCOPED_TRACE(testing::Message() << radius << " " << count);
      ThreadTeam threads(count);
      MatchPlanes voted;
      Vote(source, field, radius, &threads, &voted);
      EXPECT_EQ(voted.ToFrame(), expected);
    }
  }
}

TEST(Vote, IsTheSameInUsedMemory) {
  const MatchPlanes source(NoiseFrame(150, 90, 1));
  const OffsetField field = RandomField(150, 90, 2);
  const Frame expected = Vote(source, field, 2).ToFrame();
  ThreadTeam threads(2);
  for (MatchPlanes voted :
       {MatchPlanes(NoiseFrame(150, 90, 3)), MatchPlanes(NoiseFrame(20, 30, 3))}) {
    Vote(source, field, 2, &threads, &voted);
    EXPECT_EQ(voted.ToFrame(), expected);
    EXPECT_EQ(*voted.At(1, 149 + MatchPlanes::kMarginColumns - 1, 5), *voted.At(1, 149, 5));
  }
}

TEST(Vote, AddsToASumWhatItWouldWrite) {
  const MatchPlanes source(NoiseFrame(150, 90, 1));
  const MatchPlanes other(NoiseFrame(150, 90, 3));
  const OffsetField field = RandomField(150, 90, 2);
  PictureSum expected(source);
  expected.Add(other, 2);
  expected.Add(Vote(source, field, 2), 5);
  PictureSum sum(source);
  sum.Add(other, 2);
  AddVote(source, field, 2, 5, &sum);
  EXPECT_EQ(sum.Mean().ToFrame(), expected.Mean().ToFrame());
}

Frame DeepNoise(int width, int height, unsigned seed) {
  std::mt19937 random(seed);
  Frame frame{width, height, {}};
  frame.deep.resize(std::size_t{3} * static_cast<std::size_t>(width * height));
  for (std::uint16_t& value : frame.deep) {
    value = static_cast<std::uint16_t>(random());
  }
  RoundTo8Bits(&frame);
  return frame;
}

TEST(Vote, IsExactInSixteenBits) {
  const DeepPlanes source(DeepNoise(70, 37, 1));
  const OffsetField field = RandomField(70, 37, 2);
  for (const int radius : {0, 1, 2, kVoteRadiusMax}) {
    SCOPED_TRACE(radius);
    ForEveryTarget([&] {
      const DeepPlanes voted = Vote(source, field, radius);
      for (int y = 0; y < 37; ++y) {
        for (int x = 0; x < 70; ++x) {
          ASSERT_EQ(*voted.At(1, x, y), PlainDeepVote(source, field, radius, 1, Position{x, y}));
        }
      }
    });
  }
}

TEST(Vote, AddsToASumOfSixteenBitsWhatItWouldWrite) {
  const DeepPlanes source(DeepNoise(70, 37, 1));
  const OffsetField field = RandomField(70, 37, 2);
  DeepPictureSum expected(source);
  expected.Add(source, 2);
  expected.Add(Vote(source, field, 2), 5);
  DeepPictureSum sum(source);
  sum.Add(source, 2);
  AddVote(source, field, 2, 5, &sum);
  EXPECT_EQ(sum.Mean().ToFrame(), expected.Mean().ToFrame());
}

// What is fetched ahead is fetched for such pictures only.
TEST(Vote, IsTheSameOfALargePicture) {
  const MatchPlanes source(NoiseFrame(512, 257, 1));
  const OffsetField field = RandomField(512, 257, 2);
  const Frame expected = PlainVote(source, field, 1);
  ForEveryTarget([&] { EXPECT_EQ(Vote(source, field, 1).ToFrame(), expected); });
}

TEST(Vote, HoldsTheExtremesWithTheLargestPatch) {
  const MatchPlanes white(PlainFrame(70, 20, 255));
  OffsetField field{70, 20, std::vector<Offset>(std::size_t{70} * 20), {}};
  EXPECT_EQ(Vote(white, field, kVoteRadiusMax).ToFrame(), PlainFrame(70, 20, 255));
}

}  // namespace
}  // namespace weft::deflicker
