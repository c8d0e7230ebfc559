#include "coordinator/cli/reporter.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace weft::cli {
namespace {

constexpr Duration kRedrawInterval = std::chrono::milliseconds(200);
constexpr Duration kPlainInterval = std::chrono::seconds(5);

// Lets something through once in a while.
class Pace {
 public:
  explicit Pace(Duration interval) : interval_(interval) {}

  bool IsDue(Time now) {
    if (last_ && now - *last_ < interval_) {
      return false;
    }
    last_ = now;
    return true;
  }

 private:
  Duration interval_;
  std::optional<Time> last_;
};

std::string OneLine(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
  return text;
}

void PrintFailure(const Error& error, std::ostream& out) {
  out << "weft: error: " << OneLine(error.message()) << std::endl;
}

void PrintOutcome(const Outcome& outcome, std::ostream& out) {
  out << OutcomeLine(outcome) << std::endl;
  if (outcome.seams) {
    out << SeamLine(outcome) << std::endl;
  }
}

class BarReporter : public Reporter {
 public:
  BarReporter(std::ostream& terminal, std::function<int()> columns)
      : terminal_(terminal), columns_(std::move(columns)) {}
  BarReporter(const BarReporter&) = delete;
  BarReporter& operator=(const BarReporter&) = delete;
  ~BarReporter() override { Wipe(); }

  void Progress(const v1::JobStatus& status, Time now) override {
    if (pace_.IsDue(now)) {
      // One column stays free: a full line would make some terminals wrap.
      terminal_ << '\r' << BarLine(status, columns_() - 1) << kWipeRest << std::flush;
      drawn_ = true;
    }
  }

  void Note(const std::string& text) override {
    Wipe();
    terminal_ << "weft: " << OneLine(text) << std::endl;
  }

  void Done(const Outcome& outcome) override {
    Wipe();
    PrintOutcome(outcome, terminal_);
  }

  void Failed(const Error& error, ExitCode /*code*/) override {
    Wipe();
    PrintFailure(error, terminal_);
  }

  void Interrupted(const std::string& how_to_go_on) override { Note(how_to_go_on); }

 private:
  static constexpr const char* kWipeRest = "\x1b[K";

  void Wipe() {
    if (std::exchange(drawn_, false)) {
      terminal_ << '\r' << kWipeRest << std::flush;
    }
  }

  std::ostream& terminal_;
  std::function<int()> columns_;
  Pace pace_{kRedrawInterval};
  bool drawn_ = false;
};

class PlainReporter : public Reporter {
 public:
  explicit PlainReporter(std::ostream& log) : log_(log) {}

  void Progress(const v1::JobStatus& status, Time now) override {
    if (pace_.IsDue(now)) {
      log_ << "weft: " << PlainLine(status) << std::endl;
    }
  }
  void Note(const std::string& text) override { log_ << "weft: " << OneLine(text) << std::endl; }
  void Done(const Outcome& outcome) override { PrintOutcome(outcome, log_); }
  void Failed(const Error& error, ExitCode /*code*/) override { PrintFailure(error, log_); }
  void Interrupted(const std::string& how_to_go_on) override { Note(how_to_go_on); }

 private:
  std::ostream& log_;
  Pace pace_{kPlainInterval};
};

class JsonReporter : public Reporter {
 public:
  JsonReporter(std::ostream& events, std::ostream& log) : events_(events), log_(log) {}

  void Progress(const v1::JobStatus& status, Time now) override {
    if (pace_.IsDue(now)) {
      events_ << ProgressEvent(status) << std::endl;
    }
  }
  void Note(const std::string& text) override { events_ << NoteEvent(text) << std::endl; }
  void Done(const Outcome& outcome) override { events_ << DoneEvent(outcome) << std::endl; }
  void Failed(const Error& error, ExitCode code) override {
    events_ << FailedEvent(error, code) << std::endl;
    PrintFailure(error, log_);
  }
  void Interrupted(const std::string& how_to_go_on) override {
    events_ << FailedEvent(Error(ErrorCode::kCancelled, how_to_go_on), ExitCode::kInterrupted)
            << std::endl;
    log_ << "weft: " << how_to_go_on << std::endl;
  }

 private:
  std::ostream& events_;
  std::ostream& log_;
  Pace pace_{kRedrawInterval};
};

}  // namespace

std::unique_ptr<Reporter> MakeBarReporter(std::ostream& terminal, std::function<int()> columns) {
  return std::make_unique<BarReporter>(terminal, std::move(columns));
}

std::unique_ptr<Reporter> MakePlainReporter(std::ostream& log) {
  return std::make_unique<PlainReporter>(log);
}

std::unique_ptr<Reporter> MakeJsonReporter(std::ostream& events, std::ostream& log) {
  return std::make_unique<JsonReporter>(events, log);
}

}  // namespace weft::cli
