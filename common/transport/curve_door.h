// Lets in, over CURVE, only those whose public keys lie in a folder: the process's ZAP handler
// (rfc.zeromq.org/spec/27). Private to zmq_transport.cc.

#pragma once

#include <atomic>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include <zmq.hpp>

#include "common/result.h"
#include "common/transport/curve_keys.h"

namespace weft {

// A thread of its own answers. The folder is read again when it has changed; who was let in before
// stays. A folder that cannot be read any more lets in nobody new.
class CurveDoor {
 public:
  // The domain that sockets must name to be asked about.
  static constexpr const char* kDomain = "weft";

  // Errors: those of ReadCurveGuests().  kAlreadyExists: the context has a door.
  static Result<std::unique_ptr<CurveDoor>> Open(zmq::context_t& context,
                                                 const std::string& guests_folder);

  CurveDoor(const CurveDoor&) = delete;
  CurveDoor& operator=(const CurveDoor&) = delete;
  ~CurveDoor();

 private:
  CurveDoor(zmq::socket_t socket, std::string folder, CurveGuests guests);

  void Answer();
  void AnswerOne();
  // The name of whose key it is; empty for a stranger.
  std::string NameOf(const zmq::message_t& public_key);
  void ReadAgainIfChanged();

  zmq::socket_t socket_;  // The thread's, once that runs.
  const std::string folder_;
  CurveGuests guests_;
  std::filesystem::file_time_type read_at_;  // The folder's time of change, then.
  std::atomic<bool> stop_ = false;
  std::thread thread_;  // Last: it uses all of the above.
};

}  // namespace weft
