#include "worker/deflicker/balanced.h"

#include <cstddef>
#include <utility>

#include "worker/deflicker/picture_sum.h"
#include "worker/deflicker/tile_vote.h"

namespace weft::deflicker {
namespace {

// Times that the accurate mode fits its fields to a newer mean.
constexpr int kRounds = 2;

// A frame of the window, seen from the target.
struct Match {
  const MatchFrame* source = nullptr;
  OffsetField field;
  MatchPlanes seen;
};

class WindowMatches {
 public:
  WindowMatches(const StyleOptions& options, std::uint64_t seed, const MatchFrame& target)
      : options_(options), seed_(seed), target_(target) {}

  // By the guides alone.
  [[nodiscard]] Match Matched(const MatchFrame& source) const {
    Match match;
    match.source = &source;
    See(FindTileField(source.guides, target_.guides, {.patch_size = options_.patch_size},
                      {seed_, source.number, target_.number}),
        &match);
    return match;
  }

  // fields: those whose offsets are tried; the match's own first.
  [[nodiscard]] OffsetField Refined(const Match& match,
                                    const MatchPlanes& aim,
                                    const std::vector<const OffsetField*>& fields) const {
    const MatchFrame& source = *match.source;
    return RefinedByStyle({source.guides.front(), source.style, target_.guides.front(), aim},
                          fields, options_);
  }

  void See(OffsetField field, Match* match) const {
    match->field = std::move(field);
    match->seen = Vote(match->source->style, match->field, Radius());
  }

  [[nodiscard]] int Radius() const { return options_.patch_size / 2; }

 private:
  const StyleOptions& options_;
  std::uint64_t seed_;
  const MatchFrame& target_;
};

MatchPlanes MeanOf(const std::vector<Match>& matches, const MatchPlanes& own) {
  PictureSum sum(own);
  sum.Add(own, 1);
  for (const Match& match : matches) {
    sum.Add(match.seen, 1);
  }
  return sum.Mean();
}

// The mean of a frame and its matches, in the depth of their styles.
class FinalMean {
 public:
  FinalMean(const MatchFrame& own, int radius) : is_deep_(own.IsDeep()), radius_(radius) {
    if (is_deep_) {
      deep_.Begin(own.deep_style);
      deep_.Add(own.deep_style, 1);
    } else {
      plain_.Begin(own.style);
      plain_.Add(own.style, 1);
    }
  }

  void Add(const Match& match) {
    if (is_deep_) {
      deep_.Add(Vote(match.source->deep_style, match.field, radius_), 1);
    } else {
      plain_.Add(match.seen, 1);
    }
  }

  [[nodiscard]] Frame ToFrame() const {
    return is_deep_ ? deep_.Mean().ToFrame() : plain_.Mean().ToFrame();
  }

 private:
  bool is_deep_;
  int radius_;
  PictureSum plain_;
  DeepPictureSum deep_;
};

// The fields of a match and of those beside it in time.
std::vector<const OffsetField*> Tracked(const std::vector<Match>& matches, std::size_t index) {
  std::vector<const OffsetField*> fields = {&matches[index].field};
  if (index > 0) {
    fields.push_back(&matches[index - 1].field);
  }
  if (index + 1 < matches.size()) {
    fields.push_back(&matches[index + 1].field);
  }
  return fields;
}

// One match at a time: a window of any size needs the memory of one.
Frame FittedToThemselves(const WindowMatches& search,
                         const std::vector<const MatchFrame*>& sources,
                         const MatchFrame& own) {
  FinalMean mean(own, search.Radius());
  for (const MatchFrame* source : sources) {
    Match match = search.Matched(*source);
    search.See(search.Refined(match, match.seen, {&match.field}), &match);
    mean.Add(match);
  }
  return mean.ToFrame();
}

Frame FittedToTheirMean(const WindowMatches& search,
                        const std::vector<const MatchFrame*>& sources,
                        const MatchFrame& own) {
  std::vector<Match> matches;
  matches.reserve(sources.size());
  for (const MatchFrame* source : sources) {
    matches.push_back(search.Matched(*source));
  }
  for (int round = 0; round < kRounds; ++round) {
    const MatchPlanes mean = MeanOf(matches, own.style);
    std::vector<OffsetField> fields;
    for (std::size_t i = 0; i < matches.size(); ++i) {
      fields.push_back(search.Refined(matches[i], mean, Tracked(matches, i)));
    }
    for (std::size_t i = 0; i < matches.size(); ++i) {
      search.See(std::move(fields[i]), &matches[i]);
    }
  }
  FinalMean mean(own, search.Radius());
  for (const Match& match : matches) {
    mean.Add(match);
  }
  return mean.ToFrame();
}

}  // namespace

Frame BalancedSmoother::Smoothed(const std::deque<MatchFrame>& frames,
                                 std::uint32_t target,
                                 FrameRange window) const {
  const MatchFrame& own = FrameAt(frames, target);
  std::vector<const MatchFrame*> sources;
  for (std::uint32_t number = window.begin; number < window.end; ++number) {
    if (number != target) {
      sources.push_back(&FrameAt(frames, number));
    }
  }
  const WindowMatches search(options_, seed_, own);
  const auto fit = aim_ == Aim::kItself ? FittedToThemselves : FittedToTheirMean;
  return fit(search, sources, own);
}

}  // namespace weft::deflicker
