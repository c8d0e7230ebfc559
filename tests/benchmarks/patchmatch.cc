#include "tests/benchmarks/patchmatch.h"

#include <algorithm>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <opencv2/core.hpp>

#include "common/checksum.h"
#include "tests/benchmarks/barnes.h"
#include "tests/benchmarks/exact_field.h"
#include "tests/benchmarks/field_quality.h"
#include "tests/benchmarks/flow_file.h"
#include "tests/benchmarks/picture_file.h"
#include "tests/benchmarks/picture_scores.h"
#include "worker/deflicker/match_planes.h"
#include "worker/deflicker/thread_team.h"
#include "worker/deflicker/tile_field.h"
#include "worker/deflicker/tile_field_cuda.h"
#include "worker/deflicker/tile_vote.h"

namespace weft::bench {
namespace {

struct Pictures {
  Frame target;
  Frame source;
  cv::Mat2f flow;  // Empty: unknown.
};

struct EngineRun {
  MatchField field;
  std::uint64_t field_hash = 0;
  Spent field_spent;
  Frame remapped;
  Spent remap_spent;
};

MatchField ToMatchField(const deflicker::OffsetField& field) {
  MatchField matches{field.width, field.height, {}};
  for (int y = 0; y < field.height; ++y) {
    for (int x = 0; x < field.width; ++x) {
      const deflicker::Offset offset = field.At(x, y);
      matches.matches.push_back({x + offset.dx, y + offset.dy});
    }
  }
  return matches;
}

std::uint64_t HashOf(const deflicker::OffsetField& field) {
  const auto bytes = [](const auto& values) {
    return std::string(reinterpret_cast<const char*>(values.data()),
                       values.size() * sizeof values.front());
  };
  return Xxh3(bytes(field.offsets) + bytes(field.costs));
}

// The only place that knows the engine. The pyramids, which a frame needs once for all its fields,
// are made before the clock runs; the engine is kept from field to field, as the deflicker does.
class Engine {
 public:
  Engine(const Pictures& pictures, const PatchMatchOrder& order)
      : options_{.patch_size = order.patch_size},
        extras_{.occurrence_weight = order.occurrence_weight},
        cuda_device_(order.cuda_device),
        vote_radius_(std::min(order.patch_size / 2, deflicker::kVoteRadiusMax)),
        source_(deflicker::MatchPyramid(pictures.source, deflicker::kPyramidSideMin)),
        target_(deflicker::MatchPyramid(pictures.target, deflicker::kPyramidSideMin)),
        threads_(order.threads) {}

  Result<EngineRun> Run() {
    EngineRun run;
    // The others awake, as they are where one field follows the other.
    threads_.ForEach(threads_.ThreadCount(), [](int) {});
    const Stopwatch field_watch;
    if (cuda_device_) {
      WEFT_ASSIGN_OR_RETURN(
          field_, deflicker::FindTileFieldOnCuda(source_, target_, options_, {}, *cuda_device_));
    } else {
      matcher_.Find(source_, target_, options_, {}, extras_, &field_);
    }
    run.field_spent = field_watch.Read();
    const Stopwatch remap_watch;
    Vote(source_.front(), field_, vote_radius_, &threads_, &remapped_);
    run.remap_spent = remap_watch.Read();
    run.field = ToMatchField(field_);
    run.field_hash = HashOf(field_);
    run.remapped = remapped_.ToFrame();
    return run;
  }

 private:
  deflicker::TileSearchOptions options_;
  deflicker::TileSearchExtras extras_;
  std::optional<int> cuda_device_;
  int vote_radius_;
  std::vector<deflicker::MatchPlanes> source_;
  std::vector<deflicker::MatchPlanes> target_;
  deflicker::ThreadTeam threads_;
  deflicker::TileMatcher matcher_{&threads_};
  deflicker::OffsetField field_;
  deflicker::MatchPlanes remapped_;
};

bool HasKnownMotion(const cv::Mat2f& flow) {
  return std::any_of(flow.begin(), flow.end(), IsKnown);
}

Result<Pictures> ReadPictures(const PatchMatchOrder& order) {
  Pictures pictures;
  WEFT_ASSIGN_OR_RETURN(pictures.target, ReadPicture(order.target_path));
  WEFT_ASSIGN_OR_RETURN(pictures.source, ReadPicture(order.source_path));
  const Frame& target = pictures.target;
  if (pictures.source.width != target.width || pictures.source.height != target.height) {
    return Failure(ErrorCode::kInvalidArgument, "the pictures must be of one size");
  }
  if (!order.flow_path.empty()) {
    WEFT_ASSIGN_OR_RETURN(pictures.flow, ReadFlow(order.flow_path));
    if (pictures.flow.size() != cv::Size(target.width, target.height) ||
        !HasKnownMotion(pictures.flow)) {
      return Failure(ErrorCode::kInvalidArgument,
                     "the flow must have the pictures' size, and be known somewhere");
    }
  }
  return pictures;
}

FieldFigures FiguresOf(const MatchField& field,
                       Spent spent,
                       const Pictures& pictures,
                       int patch_size) {
  FieldFigures figures;
  figures.spent = spent;
  figures.patch_mse = PatchMse(pictures.target, pictures.source, field, patch_size);
  if (!pictures.flow.empty()) {
    figures.endpoint_error = EndpointError(field, pictures.flow);
  }
  return figures;
}

// `repeats` times the same field, with the median of its times.
FieldFigures MeasureReference(const std::function<MatchField()>& match,
                              int repeats,
                              const Pictures& pictures,
                              int patch_size) {
  MatchField field;
  std::vector<Spent> times;
  for (int repeat = 0; repeat < repeats; ++repeat) {
    const Stopwatch watch;
    field = match();
    times.push_back(watch.Read());
  }
  return FiguresOf(field, Median(times), pictures, patch_size);
}

std::optional<FieldFigures> ReferenceFigures(const Pictures& pictures,
                                             const PatchMatchOrder& order) {
  const Frame& target = pictures.target;
  const Frame& source = pictures.source;
  const int patch_size = order.patch_size;
  switch (order.reference) {
    case Reference::kBarnes:
      return MeasureReference(
          [&] { return BarnesField(target, source, {.patch_size = patch_size}); }, order.repeats,
          pictures, patch_size);
    case Reference::kExact:
      return MeasureReference([&] { return ExactField(target, source, patch_size); }, 1, pictures,
                              patch_size);
    case Reference::kNone:
      break;
  }
  return std::nullopt;
}

}  // namespace

Result<PatchMatchFigures> MeasurePatchMatch(const PatchMatchOrder& order) {
  if (order.patch_size % 2 == 0) {
    return Failure(ErrorCode::kInvalidArgument, "the patch size must be odd");
  }
  if (order.cuda_device && order.occurrence_weight > 0) {
    return Failure(ErrorCode::kUnsupported, "a GPU finds fields without --occurrence only");
  }
  WEFT_ASSIGN_OR_RETURN(const Pictures pictures, ReadPictures(order));
  WEFT_RETURN_IF_ERROR(deflicker::CheckTileSearch(pictures.target.width, pictures.target.height,
                                                  {.patch_size = order.patch_size}));
  Engine engine(pictures, order);
  EngineRun run;
  std::vector<Spent> field_times;
  std::vector<Spent> remap_times;
  for (int repeat = 0; repeat < order.repeats; ++repeat) {
    WEFT_ASSIGN_OR_RETURN(run, engine.Run());
    field_times.push_back(run.field_spent);
    remap_times.push_back(run.remap_spent);
  }
  return PatchMatchFigures{{pictures.target.width, pictures.target.height},
                           FiguresOf(run.field, Median(field_times), pictures, order.patch_size),
                           Unused(run.field),
                           run.field_hash,
                           Median(remap_times),
                           Psnr(run.remapped, pictures.target),
                           ReferenceFigures(pictures, order)};
}

}  // namespace weft::bench
