// A worker and a client that speak to a real server over real connections, in one thread.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "common/clock.h"
#include "common/transport.h"
#include "tests/coordinator/core/model_client.h"
#include "tests/coordinator/core/model_worker.h"
#include "tests/coordinator/core/sample_job.h"

namespace weft::coordinator {

class Story {
 public:
  // Nothing here takes as long where all is well.
  static constexpr Duration kPatience{120'000};

  struct Options {
    Duration pause{10};              // Between the words of worker and client.
    std::uint32_t frame_count = 20;  // Of the job's clip.
  };

  Story(std::unique_ptr<Connection> worker, std::unique_ptr<Connection> client)
      : Story(std::move(worker), std::move(client), Options{}) {}
  Story(std::unique_ptr<Connection> worker,
        std::unique_ptr<Connection> client,
        const Options& options)
      : options_(options),
        worker_("local-0",
                71,
                {.error_chance = 0,
                 .work_min = Duration(0),
                 .work_max = Duration(2),
                 .frame_count = options.frame_count}),
        worker_connection_(std::move(worker)),
        client_connection_(std::move(client)) {}

  // Lives on until `enough` holds; false when it does not within kPatience.
  bool LiveUntil(const std::function<bool(const Story&)>& enough) {
    const Time end = clock_.Now() + kPatience;
    Time next_word{};
    while (!enough(*this) && clock_.Now() < end) {
      if (clock_.Now() >= next_word) {
        Speak(*worker_connection_, worker_.Live(clock_.Now(), random_, blobs_));
        Speak(*client_connection_, client_.Live());
        next_word = clock_.Now() + options_.pause;
      }
      Listen();
    }
    return enough(*this);
  }

  std::size_t BlobCount() const { return blobs_.size(); }
  const ModelClient& Client() const { return client_; }
  const ModelWorker& Worker() const { return worker_; }
  const std::optional<v1::WorkerWelcome>& Welcome() const { return welcome_; }

 private:
  static void Speak(Connection& connection, const std::vector<v1::ToCoordinator>& messages) {
    for (const v1::ToCoordinator& message : messages) {
      static_cast<void>(connection.Send(message.SerializeAsString()));
    }
  }

  void Listen() {
    v1::FromCoordinator message;
    for (auto bytes = worker_connection_->Receive(Duration(1)).value(); bytes.has_value();
         bytes = worker_connection_->Receive(Duration(0)).value()) {
      ASSERT_TRUE(message.ParseFromString(*bytes));
      if (message.has_worker_welcome()) {
        welcome_ = message.worker_welcome();
      }
      worker_.Hear(message, clock_.Now(), random_, blobs_);
    }
    for (auto bytes = client_connection_->Receive(Duration(0)).value(); bytes.has_value();
         bytes = client_connection_->Receive(Duration(0)).value()) {
      ASSERT_TRUE(message.ParseFromString(*bytes));
      client_.Hear(message);
    }
  }

  const Options options_;
  SteadyClock clock_;
  std::mt19937_64 random_{1};
  ModelBlobs blobs_;
  ModelWorker worker_;
  ModelClient client_{"token", SampleSpec()};
  std::unique_ptr<Connection> worker_connection_;
  std::unique_ptr<Connection> client_connection_;
  std::optional<v1::WorkerWelcome> welcome_;
};

inline bool HasEnded(const Story& story) {
  return story.Client().end().has_value();
}

}  // namespace weft::coordinator
