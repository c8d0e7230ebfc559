#include "worker/deflicker/tile_vote.h"

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstring>
#include <optional>
#include <utility>
#include <vector>

#include "worker/deflicker/fetch.h"
#include "worker/deflicker/instruction_sets.h"
#include "worker/deflicker/vote_sums.h"
#include "worker/deflicker/voters.h"

namespace weft::deflicker {
namespace {

// Pixels of 0 .. size-1 that are at most `radius` away from x.
int Neighbours(int x, int radius, int size) {
  return std::min(x + radius, size - 1) - std::max(x - radius, 0) + 1;
}

// The votes on some rows of a picture, from top to bottom.
class Ballot {
 public:
  Ballot(const MatchPlanes& source, const OffsetField& field, int radius)
      : source_(source),
        field_(field),
        radius_(radius),
        block_columns_(kTileColumns - 2 * radius),
        is_far_(IsWorthFetching(field.width, field.height)),
        pitch_(kBorder + field.width + kTileColumns),
        band_(static_cast<std::size_t>(kReachedRowsMax * MatchPlanes::kChannels) *
              static_cast<std::size_t>(pitch_)) {}

  // Rows begin .. end-1: calls take(y, sums) for each, in order, where sums(channel) has a value
  // for each pixel.
  template <typename Take>
  void Run(int begin, int end, const Take& take) {
    // Of rows that others begin and end with, only those that reach these are heard.
    int y = std::max(begin - radius_, 0);
    while (y < std::min(end + radius_, field_.height)) {
      const int next = y / kTileRows * kTileRows + kTileRows;
      const int rows = std::min({next, end + radius_, field_.height}) - y;
      HearRows(y, rows);
      y += rows;
      const bool is_last = y == std::min(end + radius_, field_.height);
      // Nobody else is heard on these.
      const int done = is_last ? end : y - radius_;
      for (int row = std::max(y - rows - radius_, begin); row < done; ++row) {
        take(row, [&](int channel) { return Row(row - (y - rows - radius_), channel, 0); });
      }
      Scroll(rows);
    }
  }

 private:
  // Left of the picture. A block that begins in its last column ends within a tile's columns.
  static constexpr int kBorder = kVoteRadiusMax;

  // Sums of the band's row and the picture's column x.
  std::uint16_t* Row(int row, int channel, int x) {
    return band_.data() + (std::ptrdiff_t{row} * MatchPlanes::kChannels + channel) * pitch_ +
           kBorder + x;
  }

  // All voters of some rows. The band's first row is `radius` above them.
  void HearRows(int y, int rows) {
    for (int x = 0; x < field_.width; x += block_columns_) {
      const VoteBlock block = {x, y, std::min(block_columns_, field_.width - x), rows, radius_};
      if (is_far_) {
        FetchAfter(block);
      }
      const int reached = rows + 2 * radius_;
      std::memset(&sums_, 0, sizeof(sums_.rows[0]) * static_cast<std::size_t>(reached));
      if (!AddAllVotes(source_, field_, block, &sums_)) {
        HearOneByOne(block);
      }
      AddToBand(sums_, reached, pitch_, Row(0, 0, x - radius_));
    }
  }

  void HearOneByOne(const VoteBlock& block) {
    if (!reader_) {
      reader_.emplace(field_);
    }
    reader_->Read(block, &voters_);
    for (std::size_t i = 0; i < voters_.list.size(); ++i) {
      AddVotesFor(static_cast<std::uint16_t>(i), voters_, source_, block, &sums_);
    }
  }

  // What the votes of the block after this one read. Inlined, as Fetch() is.
  WEFT_ALWAYS_INLINE void FetchAfter(const VoteBlock& block) const {
    const int next = block.x + block_columns_;
    if (next < field_.width) {
      Fetch(&field_.offsets[field_.Index(next, block.y)],
            std::min(block_columns_, field_.width - next), block.height, field_.width);
      Fetch(source_.At(0, next, block.y), kTileColumns, MatchPlanes::kChannels * block.height,
            source_.ChannelStride());
    }
  }

  // Leaves out the band's first rows, and has as many new ones.
  void Scroll(int rows) {
    const std::ptrdiff_t row = MatchPlanes::kChannels * pitch_;
    const auto kept = band_.begin() + rows * row;
    const auto end = std::copy(kept, kept + std::ptrdiff_t{2} * radius_ * row, band_.begin());
    std::fill(end, end + rows * row, std::uint16_t{0});
  }

  const MatchPlanes& source_;
  const OffsetField& field_;
  int radius_;
  int block_columns_;
  bool is_far_;
  std::ptrdiff_t pitch_;
  std::vector<std::uint16_t> band_;  // [rows, channels, pitch_]
  VoteSums sums_ = {};
  std::optional<VoterReader> reader_;
  Voters voters_;
};

// The means of a row of the picture. Whole vectors are written.
void WriteMeans(const std::uint16_t* sums, int rows, int radius, int width, std::int16_t* means) {
  const int patch = 2 * radius + 1;
  if (patch > 1) {
    DivideVotes(sums, width, rows * patch, means);
  }
  const auto columns_of = [&](int column) { return Neighbours(column, radius, width); };
  const auto divide = [&](int column) {
    const int count = rows * columns_of(column);
    means[column] = static_cast<std::int16_t>((sums[column] + count / 2) / count);
  };
  // Fewer voters at the edges; none but the pixel itself with radius 0.
  for (int column = 0; column < width && (columns_of(column) < patch || patch == 1); ++column) {
    divide(column);
  }
  for (int column = width - 1; column >= 0 && columns_of(column) < patch; --column) {
    divide(column);
  }
}

// Calls hear(begin, end) for parts of the picture's rows, by any thread and in any order.
template <typename Hear>
void ForEachPart(const OffsetField& field, int radius, ThreadTeam* threads, const Hear& hear) {
  assert(radius >= 0 && radius <= kVoteRadiusMax);
  const int block_rows = (field.height + kTileRows - 1) / kTileRows;
  const int parts = std::min(threads->ThreadCount(), block_rows);
  threads->ForEach(parts, [&](int part) {
    hear(block_rows * part / parts * kTileRows,
         std::min(block_rows * (part + 1) / parts * kTileRows, field.height));
  });
}

// Calls take(y, means) for every row of the picture, by any thread and in any order, where
// means(channel, to) writes them, in whole vectors. Each part of the picture has a `take` of its
// own, from make_take().
template <typename MakeTake>
void VoteOnRows(const MatchPlanes& source,
                const OffsetField& field,
                int radius,
                ThreadTeam* threads,
                const MakeTake& make_take) {
  assert(source.Width() == field.width && source.Height() == field.height);
  ForEachPart(field, radius, threads, [&](int begin, int end) {
    auto take = make_take();
    Ballot(source, field, radius).Run(begin, end, [&](int y, const auto& sums) {
      const int rows = Neighbours(y, radius, field.height);
      take(y, [&](int channel, std::int16_t* to) {
        WriteMeans(sums(channel), rows, radius, field.width, to);
      });
    });
  });
}

// A picture of 16 bits as two of 8, since sums of votes have 16.
struct HalvesOfDeep {
  MatchPlanes upper;
  MatchPlanes lower;

  explicit HalvesOfDeep(const DeepPlanes& planes)
      : upper(planes.Width(), planes.Height()), lower(planes.Width(), planes.Height()) {
    constexpr unsigned kBits = 8;
    for (int y = 0; y < planes.Height(); ++y) {
      for (int channel = 0; channel < DeepPlanes::kChannels; ++channel) {
        const std::uint16_t* const from = planes.At(channel, 0, y);
        std::int16_t* const high = upper.At(channel, 0, y);
        std::int16_t* const low = lower.At(channel, 0, y);
        for (int x = 0; x < planes.Width(); ++x) {
          high[x] = static_cast<std::int16_t>(from[x] >> kBits);
          low[x] = static_cast<std::int16_t>(from[x] & 0xffU);
        }
      }
    }
    upper.FillMargin();
    lower.FillMargin();
  }
};

// rows: that vote on these. sums: of upper halves, then those of lower ones.
void WriteDeepMeans(const std::pair<const std::uint16_t*, const std::uint16_t*>& sums,
                    int rows,
                    int radius,
                    int width,
                    std::uint16_t* means) {
  constexpr std::uint32_t kUpper = 256;
  for (int x = 0; x < width; ++x) {
    const auto count = static_cast<std::uint32_t>(rows * Neighbours(x, radius, width));
    means[x] =
        static_cast<std::uint16_t>((kUpper * sums.first[x] + sums.second[x] + count / 2) / count);
  }
}

template <typename MakeTake>
void VoteOnRows(const DeepPlanes& source,
                const OffsetField& field,
                int radius,
                ThreadTeam* threads,
                const MakeTake& make_take) {
  assert(source.Width() == field.width && source.Height() == field.height);
  const HalvesOfDeep halves(source);
  const auto width = static_cast<std::size_t>(field.width);
  ForEachPart(field, radius, threads, [&](int begin, int end) {
    auto take = make_take();
    std::vector<std::uint16_t> upper;  // [rows, channels, width]
    upper.reserve(static_cast<std::size_t>(end - begin) * DeepPlanes::kChannels * width);
    Ballot(halves.upper, field, radius).Run(begin, end, [&](int /*y*/, const auto& sums) {
      for (int channel = 0; channel < DeepPlanes::kChannels; ++channel) {
        upper.insert(upper.end(), sums(channel), sums(channel) + width);
      }
    });
    Ballot(halves.lower, field, radius).Run(begin, end, [&](int y, const auto& sums) {
      const int rows = Neighbours(y, radius, field.height);
      take(y, [&](int channel, std::uint16_t* to) {
        const int row = (y - begin) * DeepPlanes::kChannels + channel;
        WriteDeepMeans({&upper[static_cast<std::size_t>(row) * width], sums(channel)}, rows, radius,
                       field.width, to);
      });
    });
  });
}

template <typename Planes>
void VoteInto(const Planes& source,
              const OffsetField& field,
              int radius,
              ThreadTeam* threads,
              Planes* voted) {
  if (voted->Width() != field.width || voted->Height() != field.height) {
    *voted = Planes(field.width, field.height);
  }
  VoteOnRows(source, field, radius, threads, [&] {
    return [voted](int y, const auto& means) {
      for (int channel = 0; channel < Planes::kChannels; ++channel) {
        means(channel, voted->At(channel, 0, y));
      }
    };
  });
  voted->FillMargin();
}

template <typename Value>
void AddVoteTo(const PicturePlanes<Value>& source,
               const OffsetField& field,
               int radius,
               std::int32_t times,
               BasicPictureSum<Value>* sum) {
  ThreadTeam alone(1);
  VoteOnRows(source, field, radius, &alone, [&] {
    std::vector<Value> levels(static_cast<std::size_t>(field.width + kTileColumns));
    return [levels = std::move(levels), sum, times](int y, const auto& means) mutable {
      for (int channel = 0; channel < MatchPlanes::kChannels; ++channel) {
        means(channel, levels.data());
        sum->AddRow(channel, y, levels.data(), times);
      }
    };
  });
  sum->CountIn(times);
}

}  // namespace

void Vote(const MatchPlanes& source,
          const OffsetField& field,
          int radius,
          ThreadTeam* threads,
          MatchPlanes* voted) {
  VoteInto(source, field, radius, threads, voted);
}

MatchPlanes Vote(const MatchPlanes& source, const OffsetField& field, int radius) {
  ThreadTeam alone(1);
  MatchPlanes voted;
  VoteInto(source, field, radius, &alone, &voted);
  return voted;
}

DeepPlanes Vote(const DeepPlanes& source, const OffsetField& field, int radius) {
  ThreadTeam alone(1);
  DeepPlanes voted;
  VoteInto(source, field, radius, &alone, &voted);
  return voted;
}

void AddVote(const MatchPlanes& source,
             const OffsetField& field,
             int radius,
             std::int32_t times,
             PictureSum* sum) {
  AddVoteTo(source, field, radius, times, sum);
}

void AddVote(const DeepPlanes& source,
             const OffsetField& field,
             int radius,
             std::int32_t times,
             DeepPictureSum* sum) {
  AddVoteTo(source, field, radius, times, sum);
}

}  // namespace weft::deflicker
