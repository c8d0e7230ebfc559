#include "worker/eval/seam_report.h"

#include <algorithm>
#include <cstdio>
#include <optional>

#include <nlohmann/json.hpp>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "worker/eval/mat.h"

namespace weft::eval {
namespace {

constexpr double kPercent = 100;

constexpr int kWidth = 960;
constexpr int kHeight = 360;
constexpr int kLeft = 56;  // Of the plot's own area, in pixels; the rest is for letters.
constexpr int kTop = 48;
constexpr int kRight = kWidth - 16;
constexpr int kBottom = kHeight - 32;

// RGB.
const cv::Scalar kPaper(255, 255, 255);
const cv::Scalar kInk(40, 40, 40);
const cv::Scalar kRule(225, 225, 225);
const cv::Scalar kSource(150, 150, 150);
const cv::Scalar kInterior(40, 90, 170);
const cv::Scalar kBorder(215, 70, 20);

std::string Fixed(double value, int digits) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.*f", digits, value);
  return text;
}

nlohmann::ordered_json OrNull(const std::optional<double>& value) {
  return value ? nlohmann::ordered_json(*value) : nlohmann::ordered_json();
}

nlohmann::ordered_json Checks(const std::vector<BorderCheck>& checks) {
  nlohmann::ordered_json json = nlohmann::ordered_json::array();
  for (const BorderCheck& check : checks) {
    json.push_back({{"frame", check.frame},
                    {"border", OrNull(check.border)},
                    {"interior", OrNull(check.interior)},
                    {"equal", check.equal}});
  }
  return json;
}

// The next larger of 1, 2 and 5 times a power of ten.
double RoundUp(double value) {
  double unit = 0.01;
  while (unit * 10 < value) {
    unit *= 10;
  }
  for (const double step : {1.0, 2.0, 5.0}) {
    if (unit * step >= value) {
      return unit * step;
    }
  }
  return unit * 10;
}

class Plot {
 public:
  explicit Plot(const SeamReport& report) : report_(report), picture_(kHeight, kWidth) {
    picture_.setTo(kPaper);
    double largest = 0;
    for (const SeamPair& pair : report.pairs) {
      largest = std::max({largest, pair.output, pair.source});
    }
    top_ = RoundUp(largest);
  }

  Frame Draw() {
    DrawAxes();
    DrawSource();
    DrawOutput();
    Write({kLeft, 18}, Title(), kInk);
    Write({kLeft, 36}, "borders", kBorder);
    Write({kLeft + 80, 36}, "inside of chunks", kInterior);
    Write({kLeft + 230, 36}, "source", kSource);
    Write({kLeft + 310, 36}, CheckWords(), kInk);
    return ToFrame(picture_);
  }

 private:
  [[nodiscard]] std::string Title() const {
    if (!report_.unmeasured.empty()) {
      return "not measured: " + report_.unmeasured;
    }
    std::string title = std::string(report_.approximate ? "approximate; " : "") +
                        "change from frame to frame, motion undone, levels: inside " +
                        Fixed(report_.figures.interior, 3);
    if (report_.figures.border_count > 0) {
      title += ", at borders " + Fixed(report_.figures.border, 3);
    }
    return title;
  }

  // What cutting does, where it was looked at.
  [[nodiscard]] std::string CheckWords() const {
    if (report_.checks.empty()) {
      return "";
    }
    const auto equal = std::count_if(report_.checks.begin(), report_.checks.end(),
                                     [](const BorderCheck& check) { return check.equal; });
    const std::optional<double> seam = SeamOf(report_.checks);
    return "made again without a border: " +
           (seam ? "the seam is " + Fixed(*seam * kPercent, 2) + " %, " : "") +
           std::to_string(equal) + " of " + std::to_string(report_.checks.size()) + " equal";
  }

  [[nodiscard]] cv::Point At(std::uint32_t frame, double value) const {
    const double x = frame / std::max(1.0, report_.cut.frame_count - 1.0);
    const double y = value / top_;
    return {kLeft + cvRound(x * (kRight - kLeft)), kBottom - cvRound(y * (kBottom - kTop))};
  }

  void Write(cv::Point place, const std::string& text, const cv::Scalar& colour) {
    cv::putText(picture_, text, place, cv::FONT_HERSHEY_SIMPLEX, 0.42, colour, 1, cv::LINE_AA);
  }

  void DrawAxes() {
    constexpr int kParts = 4;
    for (int part = 0; part <= kParts; ++part) {
      const double value = top_ * part / kParts;
      const cv::Point left = At(0, value);
      cv::line(picture_, left, {kRight, left.y}, kRule);
      Write({6, left.y + 4}, Fixed(value, top_ < 1 ? 3 : 2), kInk);
      const auto frame =
          (std::max(report_.cut.frame_count, 1U) - 1) * static_cast<std::uint32_t>(part) / kParts;
      Write({At(frame, 0).x - 12, kBottom + 18}, std::to_string(frame), kInk);
    }
  }

  void DrawSource() {
    for (std::size_t i = 1; i < report_.pairs.size(); ++i) {
      const SeamPair& before = report_.pairs[i - 1];
      const SeamPair& now = report_.pairs[i];
      if (before.frame + 1 == now.frame) {
        cv::line(picture_, At(before.frame, before.source), At(now.frame, now.source), kSource, 1,
                 cv::LINE_AA);
      }
    }
  }

  void DrawOutput() {
    for (const bool borders : {false, true}) {  // Borders above the others.
      for (const SeamPair& pair : report_.pairs) {
        if (IsBorder(report_.cut, pair.frame) == borders) {
          cv::circle(picture_, At(pair.frame, pair.output), borders ? 4 : 2,
                     borders ? kBorder : kInterior, cv::FILLED, cv::LINE_AA);
        }
      }
    }
  }

  const SeamReport& report_;
  cv::Mat3b picture_;
  double top_ = 1;  // Levels at the upper end.
};

}  // namespace

std::string SeamJson(const SeamReport& report) {
  const SeamFigures& figures = report.figures;
  nlohmann::ordered_json json = {{"output", report.output},
                                 {"frames", report.cut.frame_count},
                                 {"chunk_frames", report.cut.chunk_frames},
                                 {"chunks", figures.chunk_count},
                                 {"approximate", report.approximate},
                                 {"seam", OrNull(SeamOf(report.checks))},
                                 {"checks", Checks(report.checks)},
                                 {"borders_measured", figures.border_count},
                                 {"interior_measured", figures.interior_count},
                                 {"border", figures.border},
                                 {"interior", figures.interior},
                                 {"source_border", figures.source_border},
                                 {"source_interior", figures.source_interior},
                                 {"step", OrNull(figures.step)},
                                 {"step_error", OrNull(figures.step_error)}};
  if (!report.unmeasured.empty()) {
    json["unmeasured"] = report.unmeasured;
  }
  json["pairs"] = nlohmann::ordered_json::array();
  for (const SeamPair& pair : report.pairs) {
    json["pairs"].push_back({{"frame", pair.frame},
                             {"border", IsBorder(report.cut, pair.frame)},
                             {"output", pair.output},
                             {"source", pair.source}});
  }
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

Frame SeamPlot(const SeamReport& report) {
  return Plot(report).Draw();
}

}  // namespace weft::eval
