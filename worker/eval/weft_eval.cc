// weft-eval: how much renders flicker, measured against their source, and pictures to compare them
// by.

#include <charconv>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>
#include <opencv2/core.hpp>

#include "common/result.h"
#include "worker/eval/comparison.h"
#include "worker/eval/png_file.h"
#include "worker/eval/report.h"
#include "worker/eval/sheet.h"
#include "worker/media/frame_sink.h"

namespace weft::eval {
namespace {

enum ExitCode { kDone = 0, kUsage = 2, kBadInput = 3, kCannotWrite = 4 };

struct Arguments {
  std::string guide;
  std::vector<std::string> videos;
  std::vector<std::string> labels;
  std::string frames;
  std::string sheet;
  std::uint32_t columns = 6;
  std::string side_by_side;
  bool json = false;
};

void Declare(CLI::App* app, Arguments* arguments) {
  app->add_option("--guide", arguments->guide, "the clip that was rendered")->required();
  app->add_option("VIDEO", arguments->videos, "renders of it, all of one size")->required();
  app->add_option("--label", arguments->labels, "name of a render, one for each [its file name]")
      ->expected(1)
      ->take_all();
  app->add_option("--frames", arguments->frames,
                  "frames A to B-1 of the source were rendered [all]")
      ->type_name("A:B");
  app->add_option("--sheet", arguments->sheet, "write a contact sheet")->type_name("OUT.png");
  app->add_option("--columns", arguments->columns, "frames in a row of the sheet")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  app->add_option("--side-by-side", arguments->side_by_side,
                  "write the source beside the last render")
      ->type_name("OUT.mp4");
  app->add_flag("--json", arguments->json, "figures as one line of JSON");
  app->footer("Exit codes: 0 done, 2 wrong usage, 3 a clip cannot serve, 4 cannot write.");
}

// A number, or `otherwise` for an empty text. False: neither.
bool ReadBound(std::string_view text, std::uint32_t otherwise, std::uint32_t* bound) {
  *bound = otherwise;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), *bound);
  return text.empty() || (error == std::errc() && stop == text.data() + text.size());
}

// "10:20", "10:", ":20", or nothing for all.
Result<FrameRange> ReadFrames(const std::string& text) {
  const std::size_t colon = text.find(':');
  FrameRange range;
  const std::string_view view = text;
  const bool reads = text.empty() || (colon != std::string::npos &&
                                      ReadBound(view.substr(0, colon), 0, &range.begin) &&
                                      ReadBound(view.substr(colon + 1), 0, &range.end));
  const bool open_end = text.empty() || text.back() == ':';
  if (!reads || (!open_end && range.begin >= range.end)) {
    return Failure(ErrorCode::kInvalidArgument,
                   "--frames must be like 10:20, 10: or :20, not \"" + text + "\"");
  }
  return range;
}

Result<ComparisonOrder> OrderOf(const Arguments& arguments) {
  if (!arguments.labels.empty() && arguments.labels.size() != arguments.videos.size()) {
    return Failure(ErrorCode::kInvalidArgument,
                   "--label must be given once for each VIDEO, or never");
  }
  ComparisonOrder order;
  WEFT_ASSIGN_OR_RETURN(order.guide_frames, ReadFrames(arguments.frames));
  order.guide_path = arguments.guide;
  for (std::size_t i = 0; i < arguments.videos.size(); ++i) {
    const std::string& path = arguments.videos[i];
    const std::string label = arguments.labels.empty()
                                  ? std::filesystem::path(path).filename().string()
                                  : arguments.labels[i];
    order.clips.push_back({label, path});
  }
  order.sheet_columns = arguments.sheet.empty() ? 0 : arguments.columns;
  order.side_by_side = !arguments.side_by_side.empty();
  return order;
}

Status WriteFiles(const Arguments& arguments, const Comparison& comparison) {
  if (!arguments.sheet.empty()) {
    WEFT_ASSIGN_OR_RETURN(const Frame sheet, ComposeSheet(comparison.sheet));
    WEFT_RETURN_IF_ERROR(WritePng(sheet, arguments.sheet));
  }
  if (!arguments.side_by_side.empty()) {
    WEFT_RETURN_IF_ERROR(
        media::Assemble({.output_path = arguments.side_by_side,
                         .source_path = arguments.guide,
                         .source_frames = comparison.guide_frames,
                         .segments = media::SegmentsAtHand({comparison.side_by_side}),
                         .frame_count = comparison.guide_frames.size()}));
  }
  return {};
}

int Complain(const Error& error, ExitCode exit_code) {
  std::fprintf(stderr, "weft-eval: %s\n", error.message().c_str());
  return exit_code;
}

int Run(const Arguments& arguments) {
  const Result<ComparisonOrder> order = OrderOf(arguments);
  if (!order) {
    return Complain(order.error(), kUsage);
  }
  const Result<Comparison> comparison = Compare(*order);
  if (!comparison) {
    return Complain(comparison.error(), kBadInput);
  }
  const std::string report =
      arguments.json ? FiguresJson(comparison->figures) + "\n" : FiguresTable(comparison->figures);
  std::fputs(report.c_str(), stdout);
  const Status written = WriteFiles(arguments, *comparison);
  return written ? static_cast<int>(kDone) : Complain(written.error(), kCannotWrite);
}

}  // namespace
}  // namespace weft::eval

int main(int argc, char** argv) {
  cv::setNumThreads(1);
  CLI::App app("How much renders flicker, measured against their source.", "weft-eval");
  weft::eval::Arguments arguments;
  weft::eval::Declare(&app, &arguments);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : weft::eval::kUsage;
  }
  return weft::eval::Run(arguments);
}
