#include "worker/models/batch_places.h"

#include <algorithm>
#include <numeric>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weft::models {
namespace {

using testing::ElementsAre;

std::vector<int> Numbered(int first, int count) {
  std::vector<int> numbers(static_cast<std::size_t>(count));
  std::iota(numbers.begin(), numbers.end(), first);
  return numbers;
}

TEST(PlacesInBatch, AreThoseOfTheFramesNumbers) {
  EXPECT_THAT(PlacesInBatch(Numbered(0, 10), 0, 4), ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(PlacesInBatch(Numbered(0, 10), 8, 4), ElementsAre(0, 1));
  EXPECT_THAT(PlacesInBatch(Numbered(6, 5), 0, 4), ElementsAre(2, 3));
  EXPECT_THAT(PlacesInBatch(Numbered(6, 5), 2, 4), ElementsAre(0, 1, 2));
}

// The places of all `numbers`, batch by batch.
std::vector<int> AllPlaces(const std::vector<int>& numbers, int size) {
  std::vector<int> all;
  while (all.size() < numbers.size()) {
    const std::vector<int> places = PlacesInBatch(numbers, all.size(), size);
    all.insert(all.end(), places.begin(), places.end());
  }
  return all;
}

TEST(PlacesInBatch, AreTheSameHoweverFramesAreCut) {
  constexpr int kFrames = 37;
  for (const int size : {1, 3, 4, 16}) {
    const std::vector<int> whole = AllPlaces(Numbered(0, kFrames), size);
    for (const int chunk : {1, 5, 8}) {
      std::vector<int> cut;
      for (int begin = 0; begin < kFrames; begin += chunk) {
        const std::vector<int> places =
            AllPlaces(Numbered(begin, std::min(chunk, kFrames - begin)), size);
        cut.insert(cut.end(), places.begin(), places.end());
      }
      EXPECT_EQ(cut, whole) << size << ", " << chunk;
    }
  }
}

TEST(PlacesInBatch, GapsAndEqualPlaces) {
  EXPECT_THAT(PlacesInBatch({0, 2, 3, 5}, 0, 4), ElementsAre(0, 2, 3));
  EXPECT_THAT(PlacesInBatch({1, 1, 2}, 0, 4), ElementsAre(1));
  EXPECT_THAT(PlacesInBatch({3, 7}, 0, 4), ElementsAre(3));
  EXPECT_THAT(PlacesInBatch({9, 10}, 0, 1), ElementsAre(0));
}

TEST(FillBatch, RepeatsWhatStandsBefore) {
  EXPECT_THAT(FillBatch({0, 1, 2, 3}, 4), ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(FillBatch({0, 1}, 4), ElementsAre(0, 1, 1, 1));
  EXPECT_THAT(FillBatch({2, 3}, 4), ElementsAre(0, 0, 0, 1));
  EXPECT_THAT(FillBatch({0, 3}, 5), ElementsAre(0, 0, 0, 1, 1));
}

}  // namespace
}  // namespace weft::models
