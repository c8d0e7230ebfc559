// weft-eval: flicker figures of rendered videos against their source, and pictures to compare them.

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>
#include <opencv2/core/utility.hpp>

#include "worker/eval/flicker.h"
#include "worker/eval/sheet.h"
#include "worker/media/frame_sink.h"
#include "worker/media/frame_source.h"
#include "worker/media/scale.h"
#include "worker/media/scene_cuts.h"

namespace weft::eval {
namespace {

constexpr int kUsage = 2;
constexpr int kBadInput = 3;
constexpr int kCannotWrite = 4;

struct Options {
  std::string guide;
  std::vector<std::string> videos;
  std::vector<std::string> labels;
  std::string sheet;
  std::string side_by_side;
  std::uint32_t columns = 6;
  bool json = false;
};

using Clip = std::unique_ptr<media::FrameSource>;

struct Compared {
  std::string label;
  Clip clip;
  FlickerMeter meter;
  SheetRow row;
};

// The source's own figures first, then each video's.
Result<std::vector<Compared>> OpenAll(const Options& options, std::uint32_t frame_count) {
  std::vector<Compared> all;
  WEFT_ASSIGN_OR_RETURN(Clip source, media::OpenClip(options.guide));
  all.push_back({"source", std::move(source), {}, {"source", {}}});
  for (std::size_t i = 0; i < options.videos.size(); ++i) {
    const std::string label = i < options.labels.size() ? options.labels[i] : options.videos[i];
    WEFT_ASSIGN_OR_RETURN(Clip clip, media::OpenClip(options.videos[i]));
    if (clip->facts().frame_count != frame_count) {
      return Failure(ErrorCode::kInvalidArgument,
                     options.videos[i] + ": has " + std::to_string(clip->facts().frame_count) +
                         " frames, the source has " + std::to_string(frame_count));
    }
    all.push_back({label, std::move(clip), {}, {label, {}}});
  }
  return all;
}

bool OnSheet(std::uint32_t frame, std::uint32_t frame_count, std::uint32_t columns) {
  const std::uint32_t shown = std::min(columns, frame_count);
  for (std::uint32_t column = 0; column < shown; ++column) {
    if (frame == (2 * column + 1) * frame_count / (2 * shown)) {
      return true;
    }
  }
  return false;
}

void Print(const std::vector<Compared>& all, bool json) {
  nlohmann::json rows = nlohmann::json::array();
  if (!json) {
    std::printf("%-24s %18s %18s %10s\n", "", "warped difference", "plain difference", "sharpness");
  }
  for (const Compared& compared : all) {
    const FlickerFigures figures = compared.meter.figures();
    if (!json) {
      std::printf("%-24s %18.3f %18.3f %10.3f\n", compared.label.c_str(), figures.warped_difference,
                  figures.plain_difference, figures.sharpness);
    }
    rows.push_back({{"label", compared.label},
                    {"pairs", figures.pairs},
                    {"warped_difference", figures.warped_difference},
                    {"plain_difference", figures.plain_difference},
                    {"sharpness", figures.sharpness}});
  }
  if (json) {
    std::cout << rows.dump() << '\n';
  } else {
    std::printf("(levels of 255, mean over %u pairs of frames; warped: after the source's motion is undone)\n",
                all.front().meter.figures().pairs);
  }
}

Status Compare(const Options& options) {
  WEFT_ASSIGN_OR_RETURN(const Clip first, media::OpenClip(options.videos.front()));
  const int width = first->facts().width;
  const int height = first->facts().height;
  const std::uint32_t frame_count = first->facts().frame_count;
  WEFT_ASSIGN_OR_RETURN(const Clip guide, media::OpenClip(options.guide));
  if (guide->facts().frame_count != frame_count) {
    return Failure(ErrorCode::kInvalidArgument, options.guide + " and " + options.videos.front() +
                                                    ": not of the same number of frames");
  }
  WEFT_ASSIGN_OR_RETURN(const std::vector<std::uint32_t> scene_starts,
                        media::FindSceneStarts(*guide, {0, frame_count}));
  WEFT_ASSIGN_OR_RETURN(std::vector<Compared> all, OpenAll(options, frame_count));
  std::unique_ptr<media::FrameSink> sink;
  if (!options.side_by_side.empty()) {
    WEFT_RETURN_IF_ERROR(media::CheckOutput(options.side_by_side, media::Codec::kH264));
  }
  for (std::uint32_t t = 0; t < frame_count; ++t) {
    const bool scene_start = std::binary_search(scene_starts.begin(), scene_starts.end(), t);
    Frame source;
    Frame last;
    for (Compared& compared : all) {
      WEFT_ASSIGN_OR_RETURN(const Frame read, compared.clip->Read(t));
      WEFT_ASSIGN_OR_RETURN(last, media::FitFrame(read, width, height));
      if (&compared == &all.front()) {
        source = last;
      }
      compared.meter.Add(source, last, scene_start);
      if (OnSheet(t, frame_count, options.columns)) {
        compared.row.frames.push_back(last);
      }
    }
    if (!options.side_by_side.empty()) {
      const Frame both = SideBySide(source, last);
      if (!sink) {
        WEFT_ASSIGN_OR_RETURN(sink,
                              media::OpenSegment({.codec = media::Codec::kH264,
                                                  .width = both.width,
                                                  .height = both.height,
                                                  .rate_numerator = guide->facts().rate_numerator,
                                                  .rate_denominator = guide->facts().rate_denominator}));
      }
      WEFT_RETURN_IF_ERROR(sink->Write(both));
    }
  }
  Print(all, options.json);
  if (!options.sheet.empty()) {
    std::vector<SheetRow> rows;
    for (Compared& compared : all) {
      rows.push_back(std::move(compared.row));
    }
    WEFT_RETURN_IF_ERROR(WritePng(options.sheet, ComposeSheet(rows)));
  }
  if (sink) {
    WEFT_ASSIGN_OR_RETURN(std::string segment, sink->Finish());
    WEFT_RETURN_IF_ERROR(media::Assemble({.output_path = options.side_by_side,
                                          .source_path = options.guide,
                                          .source_frames = {0, frame_count},
                                          .segments = {std::move(segment)},
                                          .frame_count = frame_count}));
  }
  return {};
}

int ExitCode(const Error& error) {
  switch (error.code()) {
    case ErrorCode::kInvalidArgument:
    case ErrorCode::kNotFound:
    case ErrorCode::kDataLoss:
      return kBadInput;
    case ErrorCode::kPermissionDenied:
    case ErrorCode::kNoSpace:
      return kCannotWrite;
    default:
      return EXIT_FAILURE;
  }
}

int Main(int argc, char** argv) {
  Options options;
  CLI::App app("Compares rendered videos with their source.\n\nExample:\n  weft-eval --guide in.mp4 "
               "plain.mp4 steady.mp4 --sheet sheet.png\n\nExit codes: 0 done, 2 wrong arguments, 3 a "
               "file is at fault, 4 cannot write, 1 anything else.\n",
               "weft-eval");
  app.add_option("--guide", options.guide, "The source clip")->required();
  app.add_option("videos", options.videos, "Rendered videos, as many frames as the source")->required();
  app.add_option("--label", options.labels, "A name for each video, in order");
  app.add_option("--sheet", options.sheet, "Write a contact sheet (PNG)");
  app.add_option("--columns", options.columns, "Frames of a row of the sheet")
      ->capture_default_str()
      ->check(CLI::Range(1, 64));
  app.add_option("--side-by-side", options.side_by_side,
                 "Write the source beside the last video (MP4)");
  app.add_flag("--json", options.json, "Print JSON");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? EXIT_SUCCESS : kUsage;
  }
  cv::setNumThreads(1);
  const Status status = Compare(options);
  if (!status) {
    std::cerr << "weft-eval: error: " << status.error().message() << '\n';
    return ExitCode(status.error());
  }
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace weft::eval

int main(int argc, char** argv) {
  return weft::eval::Main(argc, argv);
}
