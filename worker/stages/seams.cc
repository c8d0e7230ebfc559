#include "worker/stages/seams.h"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "common/plan/lending.h"
#include "common/whole_file.h"
#include "common/wire/seam_checks_wire.h"
#include "worker/eval/flicker.h"
#include "worker/eval/png_file.h"
#include "worker/eval/seam_report.h"
#include "worker/media/frame_source.h"
#include "worker/media/scale.h"
#include "worker/stages/blobs.h"
#include "worker/stages/job_clip.h"
#include "worker/stages/keys.h"
#include "worker/stages/pictures.h"

namespace weft::worker {
namespace {

constexpr std::uint32_t kPairsMax = 540;  // 60 borders with 4 pairs on either side.
constexpr int kWidthMax = 960;            // Pixels; optical flow of larger frames takes seconds.
constexpr double kAssembledShare = 0.5;

constexpr const char* kFigures = ".seams.json";  // Behind the output's name.
constexpr const char* kPlot = ".seams.png";

// The frame whose motion counts: the guide's where the source has been stylized.
Result<Frame> ReadMoving(const v1::Task& task, std::uint32_t frame, WarmClip& clips) {
  const v1::JobSpec& job = task.job();
  if (TakesKeys(job)) {
    return ReadStretched(job, task.clip(), frame, clips);
  }
  if (job.guide_path().empty()) {
    return ReadFrame(job, task.clip(), frame, clips);
  }
  WEFT_ASSIGN_OR_RETURN(std::vector<Frame> guides,
                        ReadGuides(job, task.clip(), {frame, frame + 1}, clips));
  return std::move(guides.front());
}

Result<Frame> Shrunk(Frame frame) {
  if (frame.width <= kWidthMax) {
    return frame;
  }
  const int height = std::max(1, frame.height * kWidthMax / frame.width);
  return media::StretchFrame(frame, kWidthMax, height);
}

struct Moment {
  Frame source;
  Frame output;
};

class SeamMeasurement {
 public:
  SeamMeasurement(const v1::Task& task, StageContext& context, media::FrameSource& output)
      : task_(task), context_(context), output_(output) {}

  Result<std::vector<eval::SeamPair>> Measure(const std::vector<std::uint32_t>& frames) {
    std::vector<eval::SeamPair> pairs;
    for (const std::uint32_t frame : frames) {
      WEFT_RETURN_IF_ERROR(CheckAbandoned(context_));
      WEFT_ASSIGN_OR_RETURN(const eval::SeamPair pair, MeasurePair(frame));
      pairs.push_back(pair);
      const double share = static_cast<double>(pairs.size()) / static_cast<double>(frames.size());
      context_.moved(kAssembledShare + (1 - kAssembledShare) * share);
    }
    return pairs;
  }

 private:
  Result<eval::SeamPair> MeasurePair(std::uint32_t frame) {
    if (!last_ || *last_ + 1 != frame) {
      WEFT_ASSIGN_OR_RETURN(before_, Read(frame - 1));
    }
    WEFT_ASSIGN_OR_RETURN(Moment now, Read(frame));
    eval::FlickerMeter meter(2);
    WEFT_RETURN_IF_ERROR(meter.Add(before_.source, {before_.output, before_.source}, true));
    WEFT_RETURN_IF_ERROR(meter.Add(now.source, {now.output, now.source}, false));
    before_ = std::move(now);
    last_ = frame;
    const std::vector<eval::FlickerFigures> figures = meter.Figures();
    return eval::SeamPair{frame, figures[0].warped_difference, figures[1].warped_difference};
  }

  Result<Moment> Read(std::uint32_t frame) {
    Moment moment;
    WEFT_ASSIGN_OR_RETURN(Frame source, ReadMoving(task_, frame, context_.clip));
    WEFT_ASSIGN_OR_RETURN(moment.source, Shrunk(std::move(source)));
    WEFT_ASSIGN_OR_RETURN(Frame output, output_.Read(frame));
    WEFT_ASSIGN_OR_RETURN(moment.output, Shrunk(std::move(output)));
    return moment;
  }

  const v1::Task& task_;
  StageContext& context_;
  media::FrameSource& output_;
  Moment before_;
  std::optional<std::uint32_t> last_;  // The frame of before_.
};

// A picture beside a border that is checked, as one of the finish tasks has brought it.
Result<Frame> FetchFinished(const v1::Task& task,
                            std::uint32_t chunk,
                            std::uint32_t frame,
                            BlobStore& blobs) {
  return FetchPicture(task, {Stage::kFinish, chunk, 0, PictureName(frame)}, task.clip().size(),
                      blobs);
}

// The two frames beside a border, made twice.
struct MadeTwice {
  std::vector<Frame> cut;    // By the job's chunks,
  std::vector<Frame> whole;  // and by the check.
};

// number: of the check.
Result<MadeTwice> FetchMadeTwice(const v1::Task& task,
                                 std::uint32_t number,
                                 std::uint32_t border,
                                 BlobStore& blobs) {
  const std::uint32_t check = ChunkOfCheck(number, task.job(), task.clip());
  MadeTwice made;
  for (const std::uint32_t frame : {border - 1, border}) {
    WEFT_ASSIGN_OR_RETURN(made.cut.emplace_back(),
                          FetchFinished(task, frame / task.job().chunk_frames(), frame, blobs));
    WEFT_ASSIGN_OR_RETURN(made.whole.emplace_back(), FetchFinished(task, check, frame, blobs));
  }
  return made;
}

Result<eval::BorderCheck> Compare(const v1::Task& task,
                                  std::uint32_t border,
                                  MadeTwice made,
                                  StageContext& context) {
  eval::BorderCheck check{.frame = border};
  check.equal = made.cut[0].rgb == made.whole[0].rgb && made.cut[1].rgb == made.whole[1].rgb;
  eval::FlickerMeter meter(2);
  for (std::size_t i = 0; i < made.cut.size(); ++i) {
    WEFT_ASSIGN_OR_RETURN(
        Frame source, ReadMoving(task, border - 1 + static_cast<std::uint32_t>(i), context.clip));
    WEFT_ASSIGN_OR_RETURN(source, Shrunk(std::move(source)));
    WEFT_ASSIGN_OR_RETURN(Frame cut, Shrunk(std::move(made.cut[i])));
    WEFT_ASSIGN_OR_RETURN(Frame whole, Shrunk(std::move(made.whole[i])));
    const Status added = meter.Add(source, {std::move(cut), std::move(whole)}, i == 0);
    if (!added && added.error().code() == ErrorCode::kInvalidArgument) {
      return check;  // Too small for motion.
    }
    WEFT_RETURN_IF_ERROR(added);
  }
  check.border = meter.Figures()[0].warped_difference;
  check.interior = meter.Figures()[1].warped_difference;
  return check;
}

Result<std::vector<eval::BorderCheck>> CompareAll(const v1::Task& task, StageContext& context) {
  std::vector<eval::BorderCheck> checks;
  for (const SeamCheck& check : SeamChecks(SeamCheckOrderOf(task.job(), task.clip()))) {
    WEFT_RETURN_IF_ERROR(CheckAbandoned(context));
    const auto number = static_cast<std::uint32_t>(checks.size());
    WEFT_ASSIGN_OR_RETURN(MadeTwice made,
                          FetchMadeTwice(task, number, check.border, context.blobs));
    WEFT_ASSIGN_OR_RETURN(const eval::BorderCheck compared,
                          Compare(task, check.border, std::move(made), context));
    checks.push_back(compared);
  }
  return checks;
}

v1::SeamFigures ToMessage(const eval::SeamReport& report) {
  const eval::SeamFigures& figures = report.figures;
  v1::SeamFigures message;
  message.set_chunks(figures.chunk_count);
  message.set_borders(figures.border_count);
  message.set_border(figures.border);
  message.set_interior(figures.interior);
  if (figures.step) {
    message.set_step(*figures.step);
  }
  if (figures.step_error) {
    message.set_step_error(*figures.step_error);
  }
  message.set_checks(static_cast<std::uint32_t>(report.checks.size()));
  message.set_checks_equal(static_cast<std::uint32_t>(
      std::count_if(report.checks.begin(), report.checks.end(),
                    [](const eval::BorderCheck& check) { return check.equal; })));
  if (const auto seam = eval::SeamOf(report.checks)) {
    message.set_seam(*seam);
  }
  message.set_unmeasured(report.unmeasured);
  message.set_approximate(report.approximate);
  return message;
}

}  // namespace

Result<v1::SeamFigures> ReportSeams(const v1::Task& task, StageContext& context) {
  const std::string& path = task.job().output_path();
  eval::SeamReport report{
      .output = std::filesystem::path(path).filename().string(),
      .cut = {task.clip().frame_count(), task.job().chunk_frames(), SceneStarts(task.clip())},
      .pairs = {},
      .figures = {},
      .approximate = task.job().exchange() == v1::EXCHANGE_NONE};
  WEFT_ASSIGN_OR_RETURN(const std::unique_ptr<media::FrameSource> output, media::OpenClip(path));
  auto pairs =
      SeamMeasurement(task, context, *output).Measure(eval::PairsToMeasure(report.cut, kPairsMax));
  if (pairs) {
    report.pairs = *std::move(pairs);
  } else if (pairs.error().code() == ErrorCode::kInvalidArgument) {
    report.unmeasured = pairs.error().message();
  } else {
    return Failure(pairs.error());
  }
  report.figures = eval::Summarize(report.cut, report.pairs);
  WEFT_ASSIGN_OR_RETURN(report.checks, CompareAll(task, context));
  WEFT_RETURN_IF_ERROR(WriteWholeFile(path + kFigures, eval::SeamJson(report)));
  WEFT_RETURN_IF_ERROR(eval::WritePng(eval::SeamPlot(report), path + kPlot));
  return ToMessage(report);
}

void RemoveSeamReport(const v1::Task& task, StageContext& context) {
  for (const char* const name : {kFigures, kPlot}) {
    const std::string path = task.job().output_path() + name;
    std::error_code error;
    std::filesystem::remove(path, error);
    if (error && context.warned) {
      context.warned(path + " is of an older video and cannot be removed: " + error.message());
    }
  }
}

}  // namespace weft::worker
