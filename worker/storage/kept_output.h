// What a job writes and the coordinator keeps: files here first, then outputs of the task.

#pragma once

#include <functional>
#include <string>
#include <utility>

#include "common/result.h"
#include "common/storage/result_place.h"
#include "common/storage/s3_store.h"
#include "worker/storage/own_folder.h"

namespace weft::worker {

// Where outputs of the task go.
struct OutputSink {
  // Stores one, durably, and adds it to the task's result.
  std::function<Status(const std::string& name, const std::string& bytes)> store;
  // What was stored is of no use, and takes room.
  std::function<void()> drop;
};

class KeptOutput {
 public:
  // Below `folder`; errors as OwnFolder::Open.
  static Result<KeptOutput> Open(const std::string& folder, const ResultPlace& place);

  // Where to write it; has the result's name.
  [[nodiscard]] std::string Path() const { return folder_.Path() + "/" + place_.name; }

  // Stores all files there whose names begin with the result's own, in pieces of 16 MiB, and last
  // the list of them: weft.v1.ResultIndex. Holds one piece at a time. Nothing counts until the
  // task's result does; where sending fails, what was stored is dropped, unless the store is away.
  // kInvalidArgument: they have more than 64 GiB.  kUnavailable: a file cannot be read.
  // kCancelled: it was stopped.  Others: those of storing.
  Status Send(const OutputSink& sink, const TransferWatch& watch);

 private:
  KeptOutput(OwnFolder folder, ResultPlace place)
      : folder_(std::move(folder)), place_(std::move(place)) {}

  OwnFolder folder_;
  ResultPlace place_;
};

}  // namespace weft::worker
