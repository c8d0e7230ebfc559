#include "worker/models/prompt.h"

#include <charconv>
#include <cmath>
#include <optional>
#include <utility>

namespace weft::models {
namespace {

constexpr double kStep = 1.1;  // What one pair of brackets does.
constexpr std::string_view kBreakWord = "BREAK";

struct Mark {
  enum class Kind { kText, kOpenRound, kCloseRound, kOpenSquare, kCloseSquare, kBreak };
  Kind kind = Kind::kText;
  std::string text;
  double factor = 1.0;  // Of an opening bracket.
};

bool IsBlank(char letter) {
  return letter == ' ' || (letter >= '\t' && letter <= '\r');
}

// As \b of regular expressions takes it; bytes of other scripts count as letters.
bool IsWordByte(char letter) {
  return (letter >= '0' && letter <= '9') || (letter >= 'A' && letter <= 'Z') ||
         (letter >= 'a' && letter <= 'z') || letter == '_' ||
         static_cast<unsigned char>(letter) >= 0x80;
}

struct ClosingWeight {
  double weight = 1.0;
  std::size_t length = 0;
};

// Reads ":1.3)" at the front of `text`.
std::optional<ClosingWeight> ReadClosingWeight(std::string_view text) {
  std::size_t at = 1;
  const auto skip_blanks = [&] {
    while (at < text.size() && IsBlank(text[at])) {
      ++at;
    }
  };
  skip_blanks();
  const bool plus = at < text.size() && text[at] == '+';
  at += plus ? 1 : 0;
  if (plus && at < text.size() && text[at] == '-') {
    return std::nullopt;
  }
  const char* first = text.data() + at;
  double weight = 0.0;
  const auto [end, failure] =
      std::from_chars(first, text.data() + text.size(), weight, std::chars_format::fixed);
  // "inf" and "nan" are words.
  if (failure != std::errc() || !std::isfinite(weight)) {
    return std::nullopt;
  }
  at += static_cast<std::size_t>(end - first);
  skip_blanks();
  if (at >= text.size() || text[at] != ')') {
    return std::nullopt;
  }
  return ClosingWeight{weight, at + 1};
}

// Cuts a prompt at its brackets, and knows of each what it does to what it holds.
class PromptReader {
 public:
  explicit PromptReader(std::string_view prompt) : prompt_(prompt) {}

  std::vector<Mark> Read() {
    while (at_ < prompt_.size()) {
      if (!ReadEscape() && !ReadBracket() && !ReadWeight() && !ReadBreak()) {
        Literal(prompt_[at_++]);
      }
    }
    return std::move(marks_);
  }

 private:
  using Kind = Mark::Kind;

  void Literal(char letter) {
    if (marks_.empty() || marks_.back().kind != Kind::kText) {
      marks_.emplace_back();
    }
    marks_.back().text += letter;
  }

  bool ReadEscape() {
    constexpr std::string_view kEscaped = "()[]\\";
    if (prompt_[at_] != '\\' || at_ + 1 >= prompt_.size() ||
        kEscaped.find(prompt_[at_ + 1]) == std::string_view::npos) {
      return false;
    }
    Literal(prompt_[at_ + 1]);
    at_ += 2;
    return true;
  }

  bool ReadBracket() {
    switch (prompt_[at_]) {
      case '(':
        Open(Kind::kOpenRound, kStep, round_);
        return true;
      case '[':
        Open(Kind::kOpenSquare, 1.0 / kStep, square_);
        return true;
      case ')':
        return Close(Kind::kCloseRound, round_);
      case ']':
        return Close(Kind::kCloseSquare, square_);
      default:
        return false;
    }
  }

  void Open(Kind kind, double factor, std::vector<std::size_t>& open) {
    open.push_back(marks_.size());
    marks_.push_back({kind, "", factor});
    ++at_;
  }

  bool Close(Kind kind, std::vector<std::size_t>& open) {
    if (open.empty()) {
      return false;
    }
    open.pop_back();
    marks_.push_back({kind, "", 1.0});
    ++at_;
    return true;
  }

  bool ReadWeight() {
    if (prompt_[at_] != ':' || round_.empty()) {
      return false;
    }
    const auto closing = ReadClosingWeight(prompt_.substr(at_));
    if (!closing) {
      return false;
    }
    marks_[round_.back()].factor = closing->weight;
    at_ += closing->length - 1;
    return Close(Kind::kCloseRound, round_);
  }

  bool ReadBreak() {
    const std::size_t end = at_ + kBreakWord.size();
    if (prompt_.substr(at_, kBreakWord.size()) != kBreakWord ||
        (at_ > 0 && IsWordByte(prompt_[at_ - 1])) ||
        (end < prompt_.size() && IsWordByte(prompt_[end]))) {
      return false;
    }
    marks_.push_back({Kind::kBreak, "", 1.0});
    at_ = end;
    return true;
  }

  std::string_view prompt_;
  std::size_t at_ = 0;
  std::vector<Mark> marks_;
  std::vector<std::size_t> round_;  // Open brackets, as places in marks_.
  std::vector<std::size_t> square_;
};

void Append(std::string text, double weight, std::vector<PromptRun>& runs) {
  if (!runs.empty() && !runs.back().breaks && runs.back().weight == weight) {
    runs.back().text += text;
  } else {
    runs.push_back({std::move(text), weight, false});
  }
}

}  // namespace

Result<std::vector<PromptRun>> ParsePrompt(std::string_view prompt) {
  using Kind = Mark::Kind;
  // Round and square brackets need not nest in each other: each kind has its own weight.
  std::vector<double> round = {1.0};
  std::vector<double> square = {1.0};
  std::vector<PromptRun> runs;
  for (Mark& mark : PromptReader(prompt).Read()) {
    switch (mark.kind) {
      case Kind::kOpenRound:
        round.push_back(round.back() * mark.factor);
        break;
      case Kind::kOpenSquare:
        square.push_back(square.back() * mark.factor);
        break;
      case Kind::kCloseRound:
        round.pop_back();
        break;
      case Kind::kCloseSquare:
        square.pop_back();
        break;
      case Kind::kBreak:
        runs.push_back({"", 1.0, true});
        break;
      case Kind::kText:
        const double weight = round.back() * square.back();
        if (!(std::abs(weight) <= kPromptWeightMax)) {
          constexpr std::size_t kShown = 40;
          return Failure(ErrorCode::kInvalidArgument,
                         "the prompt's brackets give \"" + mark.text.substr(0, kShown) +
                             "\" a weight beyond 100; take away some, or name a smaller number");
        }
        Append(std::move(mark.text), weight, runs);
        break;
    }
  }
  return runs;
}

}  // namespace weft::models
