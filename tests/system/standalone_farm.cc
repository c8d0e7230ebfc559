#include "tests/system/standalone_farm.h"

#include <chrono>
#include <csignal>
#include <filesystem>
#include <utility>

#include <gtest/gtest.h>

#include "common/transport/zmq_transport.h"

namespace weft::testing {
namespace {

constexpr Duration kMoment{20};
constexpr std::chrono::milliseconds kGlance{1};

}  // namespace

StandaloneFarm::StandaloneFarm(const Options& options)
    : options_(options),
      control_("ipc://" + options.folder + "/control"),
      context_(ZmqContext::Open({.io_threads = 1}).value()) {
  std::filesystem::create_directories(options_.folder);
  coordinator_ = StartCoordinator();
  for (std::size_t i = 0; i < options_.worker_count; ++i) {
    workers_.push_back(StartWorker(i));
  }
}

StandaloneFarm::~StandaloneFarm() = default;

void StandaloneFarm::Submit(const v1::JobSpec& spec) {
  connection_ = context_->Connect(control_).value();
  client_ =
      std::make_unique<cli::JobClient>(*connection_, clock_, cli::JobRequest{"token", spec, true});
}

void StandaloneFarm::Tend() {
  if (coordinator_->WaitFor(kGlance)) {
    coordinator_ = StartCoordinator();
    ++restarts_;
  }
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    if (workers_[i]->WaitFor(kGlance)) {
      workers_[i] = StartWorker(i);
      ++restarts_;
    }
  }
}

void StandaloneFarm::Live() {
  Tend();
  const auto news = client_->Poll(kMoment);
  ASSERT_TRUE(news) << news.error().message();
  if (news->has_value()) {
    status_ = **news;
    for (const std::string& note : status_.notes()) {
      notes_ += note + "\n";
    }
  }
}

v1::JobStatus StandaloneFarm::LiveToTheEnd() {
  while (!cli::HasEnded(status_.state()) && !::testing::Test::HasFatalFailure()) {
    Live();
  }
  return status_;
}

void StandaloneFarm::Stop() {
  for (const auto& worker : workers_) {
    worker->Signal(SIGTERM);
  }
  for (const auto& worker : workers_) {
    worker->Wait();
  }
  coordinator_->Signal(SIGTERM);
  coordinator_->Wait();
}

Outcome StandaloneFarm::Check() const {
  return RunCommand({Program("weft"), "fsck", options_.folder + "/state"}, options_.folder);
}

std::size_t StandaloneFarm::KeptOutcomes() const {
  std::size_t count = 0;
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    for (const auto& entry : std::filesystem::directory_iterator(Outbox(i))) {
      count += entry.path().filename() == "lock" ? 0 : 1;
    }
  }
  return count;
}

std::unique_ptr<Command> StandaloneFarm::Start(std::vector<std::string> words) const {
  words.insert(words.begin(), options_.environment.begin(), options_.environment.end());
  words.insert(words.begin(), "env");
  return std::make_unique<Command>(words, options_.folder);
}

std::unique_ptr<Command> StandaloneFarm::StartCoordinator() const {
  std::vector<std::string> words = {Program("weft-coordinator"),
                                    "--state",
                                    options_.folder + "/state",
                                    "--listen",
                                    control_,
                                    "--bulk",
                                    "ipc://" + options_.folder + "/bulk",
                                    "--heartbeat-ms",
                                    "200",
                                    "--silence-ms",
                                    "10000",
                                    "--lease-ms",
                                    std::to_string(options_.lease.count()),
                                    "--disk-low-mb",
                                    "64"};
  words.insert(words.end(), options_.coordinator.begin(), options_.coordinator.end());
  return Start(words);
}

std::unique_ptr<Command> StandaloneFarm::StartWorker(std::size_t index) const {
  return Start({Program("weft-worker"), "--coordinator", control_, "--name",
                "w" + std::to_string(index), "--memory", "1GB", "--outbox", Outbox(index)});
}

std::string StandaloneFarm::Outbox(std::size_t index) const {
  return options_.folder + "/outbox-" + std::to_string(index);
}

}  // namespace weft::testing
