#include "worker/deflicker/occurrence.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "worker/deflicker/tile_random.h"
#include "worker/deflicker/tile_trial.h"

namespace weft::deflicker {
namespace {

constexpr std::uint32_t kPasses = 2;

struct Place {
  int x = 0;
  int y = 0;
};

class Spread {
 public:
  Spread(const SpreadLevel& level, int weight, const TileSearchKey& key, OffsetField* field)
      : level_(level),
        scale_(CostScaleOf(level.radius)),
        weight_(weight),
        key_(key),
        field_(*field),
        near_(field->offsets.size()) {
    for (int y = 0; y < field_.height; ++y) {
      for (int x = 0; x < field_.width; ++x) {
        Count(MatchOf({x, y}), 1);
      }
    }
  }

  void Run() {
    for (std::uint32_t pass = 0; pass < kPasses; ++pass) {
      const bool forward = pass % 2 == 0;
      for (int row = 0; row < field_.height; ++row) {
        for (int column = 0; column < field_.width; ++column) {
          const Place at = forward ? Place{column, row}
                                   : Place{field_.width - 1 - column, field_.height - 1 - row};
          Choose(at, forward ? -1 : 1, pass);
        }
      }
    }
  }

 private:
  [[nodiscard]] Place MatchOf(Place at) const {
    const Offset offset = field_.At(at.x, at.y);
    return {at.x + offset.dx, at.y + offset.dy};
  }

  [[nodiscard]] bool IsInside(Place place) const {
    return place.x >= 0 && place.x < field_.width && place.y >= 0 && place.y < field_.height;
  }

  // Adds to how many matches lie within the patches that hold `place`.
  void Count(Place place, int matches) {
    const int x_begin = std::max(0, place.x - level_.radius);
    const int x_end = std::min(field_.width, place.x + level_.radius + 1);
    const int y_end = std::min(field_.height, place.y + level_.radius + 1);
    for (int y = std::max(0, place.y - level_.radius); y < y_end; ++y) {
      for (int x = x_begin; x < x_end; ++x) {
        near_[field_.Index(x, y)] += matches;
      }
    }
  }

  // Of one match more at `place`.
  [[nodiscard]] std::int64_t PriceOf(Place place) const {
    const auto reach = [this](int at, int size) {
      return std::min(at + level_.radius, size - 1) - std::max(at - level_.radius, 0) + 1;
    };
    const int even = reach(place.x, field_.width) * reach(place.y, field_.height);
    const std::int64_t more = near_[field_.Index(place.x, place.y)] + 1 - even;
    return (std::max<std::int64_t>(more, 0) * weight_ * MatchPlanes::kChannels) >> scale_.shift;
  }

  // As a trial has it; what is `limit` and more may come out as anything from there on.
  [[nodiscard]] std::int64_t PatchCost(Place at, Place match, std::int64_t limit) const {
    std::int64_t sum = 0;
    for (int dy = -level_.radius; dy <= level_.radius && sum < limit; ++dy) {
      for (int dx = -level_.radius; dx <= level_.radius; ++dx) {
        std::uint32_t cost = 0;
        for (int channel = 0; channel < MatchPlanes::kChannels; ++channel) {
          const int difference = *level_.source.At(channel, match.x + dx, match.y + dy) -
                                 *level_.target.At(channel, at.x + dx, at.y + dy);
          cost += static_cast<std::uint32_t>(difference * difference);
        }
        cost = std::min<std::uint32_t>(cost, 0xffff) >> scale_.shift;
        sum += std::min<std::uint32_t>(cost, scale_.limit);
      }
    }
    return sum;
  }

  // towards: the neighbours that were chosen before.
  void Choose(Place at, int towards, std::uint32_t pass) {
    const std::size_t index = field_.Index(at.x, at.y);
    Count(MatchOf(at), -1);
    best_ = MatchOf(at);
    best_cost_ = field_.costs[index];
    best_total_ = best_cost_ + PriceOf(best_);
    for (const Place neighbour : {Place{at.x + towards, at.y}, Place{at.x, at.y + towards}}) {
      if (IsInside(neighbour)) {
        const Offset offset = field_.At(neighbour.x, neighbour.y);
        Try(at, {at.x + offset.dx, at.y + offset.dy});
      }
    }
    TryDrawn(at, pass);
    Count(best_, 1);
    field_.offsets[index] = {static_cast<std::int16_t>(best_.x - at.x),
                             static_cast<std::int16_t>(best_.y - at.y)};
    field_.costs[index] = static_cast<std::uint16_t>(best_cost_);
  }

  // Around the best one, half as far each time, from as far as the picture goes.
  void TryDrawn(Place at, std::uint32_t pass) {
    RandomPurpose purpose;
    purpose.level = static_cast<std::uint32_t>(level_.level);
    purpose.round = pass;
    purpose.kind = RandomPurpose::kSpread;
    purpose.place = static_cast<std::uint32_t>(field_.Index(at.x, at.y));
    for (int reach = std::max(field_.width, field_.height) / 2; reach > 0; reach /= 2) {
      const RandomWords words = WordsFor(key_, purpose);
      const auto drawn = [&](int word) {
        return static_cast<int>(words.Below(word, 2 * static_cast<std::uint32_t>(reach) + 1)) -
               reach;
      };
      Try(at, {best_.x + drawn(0), best_.y + drawn(1)});
      ++purpose.trial;
    }
  }

  void Try(Place at, Place match) {
    if (!IsInside(match)) {
      return;
    }
    const std::int64_t price = PriceOf(match);
    const std::int64_t cost = PatchCost(at, match, best_total_ - price);
    if (cost + price < best_total_) {
      best_ = match;
      best_cost_ = cost;
      best_total_ = cost + price;
    }
  }

  const SpreadLevel& level_;
  CostScale scale_;
  std::int64_t weight_;
  const TileSearchKey& key_;
  OffsetField& field_;
  std::vector<int> near_;  // [height, width]: matches at most `radius` away from a source's pixel.
  Place best_;             // Of the pixel at hand.
  std::int64_t best_cost_ = 0;
  std::int64_t best_total_ = 0;
};

}  // namespace

void SpreadOut(const SpreadLevel& level, int weight, const TileSearchKey& key, OffsetField* field) {
  Spread(level, weight, key, field).Run();
}

}  // namespace weft::deflicker
