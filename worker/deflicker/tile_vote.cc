#include "worker/deflicker/tile_vote.h"

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstring>
#include <optional>
#include <vector>

#include "worker/deflicker/fetch.h"
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
        pitch_(kBorder + field.width + kTileColumns + kBorder),
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
  static constexpr int kBorder = 32;  // At least the largest radius, and a vector.
  static_assert(kBorder >= kVoteRadiusMax);

  // Sums of the band's row and the picture's column x.
  std::uint16_t* Row(int row, int channel, int x) {
    return band_.data() + (row * MatchPlanes::kChannels + channel) * pitch_ + kBorder + x;
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

  // What the votes of the block after this one read.
  void FetchAfter(const VoteBlock& block) const {
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
    const auto end = std::copy(kept, kept + 2 * radius_ * row, band_.begin());
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

// Calls take(y, means) for every row of the picture, by any thread and in any order, where
// means(channel, to) writes them, in whole vectors.
template <typename Take>
void VoteOnRows(const MatchPlanes& source,
                const OffsetField& field,
                int radius,
                ThreadTeam* threads,
                const Take& take) {
  assert(source.Width() == field.width && source.Height() == field.height);
  assert(radius >= 0 && radius <= kVoteRadiusMax);
  const int block_rows = (field.height + kTileRows - 1) / kTileRows;
  const int parts = std::min(threads->ThreadCount(), block_rows);
  threads->ForEach(parts, [&](int part) {
    const int begin = block_rows * part / parts * kTileRows;
    const int end = std::min(block_rows * (part + 1) / parts * kTileRows, field.height);
    Ballot(source, field, radius).Run(begin, end, [&](int y, const auto& sums) {
      const int rows = Neighbours(y, radius, field.height);
      take(y, [&](int channel, std::int16_t* to) {
        WriteMeans(sums(channel), rows, radius, field.width, to);
      });
    });
  });
}

}  // namespace

void Vote(const MatchPlanes& source,
          const OffsetField& field,
          int radius,
          ThreadTeam* threads,
          MatchPlanes* voted) {
  if (voted->Width() != field.width || voted->Height() != field.height) {
    *voted = MatchPlanes(field.width, field.height);
  }
  VoteOnRows(source, field, radius, threads, [&](int y, const auto& means) {
    for (int channel = 0; channel < MatchPlanes::kChannels; ++channel) {
      means(channel, voted->At(channel, 0, y));
    }
  });
  voted->FillMargin();
}

MatchPlanes Vote(const MatchPlanes& source, const OffsetField& field, int radius) {
  ThreadTeam alone(1);
  MatchPlanes voted(source.Width(), source.Height());
  Vote(source, field, radius, &alone, &voted);
  return voted;
}

void AddVote(const MatchPlanes& source,
             const OffsetField& field,
             int radius,
             std::int32_t times,
             ThreadTeam* threads,
             PictureSum* sum) {
  VoteOnRows(source, field, radius, threads, [&](int y, const auto& means) {
    thread_local std::vector<std::int16_t> levels;
    levels.resize(static_cast<std::size_t>(field.width + kTileColumns));
    for (int channel = 0; channel < MatchPlanes::kChannels; ++channel) {
      means(channel, levels.data());
      sum->AddRow(channel, y, levels.data(), times);
    }
  });
  sum->CountIn(times);
}

}  // namespace weft::deflicker
