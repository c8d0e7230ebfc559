#include "worker/models/batch_places.h"

#include <cassert>

namespace weft::models {

std::vector<int> PlacesInBatch(const std::vector<int>& numbers, std::size_t first, int size) {
  assert(first < numbers.size() && size > 0);
  std::vector<int> places = {numbers[first] % size};
  for (std::size_t next = first + 1; next < numbers.size(); ++next) {
    const bool same_batch = numbers[next] / size == numbers[first] / size;
    if (!same_batch || numbers[next] % size <= places.back()) {
      break;
    }
    places.push_back(numbers[next] % size);
  }
  return places;
}

std::vector<std::size_t> FillBatch(const std::vector<int>& places, int size) {
  std::vector<std::size_t> turns;
  std::size_t turn = 0;
  for (int place = 0; place < size; ++place) {
    while (turn + 1 < places.size() && places[turn + 1] <= place) {
      ++turn;
    }
    turns.push_back(turn);
  }
  return turns;
}

}  // namespace weft::models
