#include "worker/eval/report.h"

#include <algorithm>
#include <cstddef>
#include <cstdio>

#include <nlohmann/json.hpp>

namespace weft::eval {
namespace {

constexpr int kNumberWidth = 11;

std::string Right(const std::string& text, std::size_t width) {
  return text.size() < width ? std::string(width - text.size(), ' ') + text : text;
}

std::string Left(const std::string& text, std::size_t width) {
  return text.size() < width ? text + std::string(width - text.size(), ' ') : text;
}

std::string TwoDigits(double value) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.2f", value);
  return text;
}

}  // namespace

std::string FiguresTable(const std::vector<LabelledFigures>& clips) {
  std::size_t label_width = 0;
  for (const LabelledFigures& clip : clips) {
    label_width = std::max(label_width, clip.label.size());
  }
  std::string table = Left("", label_width);
  for (const char* const header : {"flicker", "change", "sharpness"}) {
    table += Right(header, kNumberWidth);
  }
  table += "\n";
  for (const LabelledFigures& clip : clips) {
    table += Left(clip.label, label_width);
    for (const double number :
         {clip.figures.warped_difference, clip.figures.plain_difference, clip.figures.sharpness}) {
      table += Right(TwoDigits(number), kNumberWidth);
    }
    table += "\n";
  }
  return table +
         "flicker: mean absolute difference to the frame before, moved along the source's motion\n"
         "change: the same without moving it; sharpness: mean gradient; all in levels of 255\n";
}

std::string FiguresJson(const std::vector<LabelledFigures>& clips) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const LabelledFigures& clip : clips) {
    list.push_back({{"label", clip.label},
                    {"warped_difference", clip.figures.warped_difference},
                    {"plain_difference", clip.figures.plain_difference},
                    {"sharpness", clip.figures.sharpness},
                    {"pair_count", clip.figures.pair_count}});
  }
  return nlohmann::ordered_json{{"clips", list}}.dump(
      -1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace weft::eval
