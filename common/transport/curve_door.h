// Lets in, over CURVE, only those whose public keys are listed: the process's ZAP handler
// (rfc.zeromq.org/spec/27). Private to zmq_transport.cc.

#pragma once

#include <atomic>
#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include <zmq.hpp>

#include "common/result.h"
#include "common/transport/guest_list.h"

namespace weft {

// A thread of its own answers. The list is read again when it has changed; who was let in before
// stays, as what they were. A list that cannot be read any more lets in nobody new.
//
// Each connection that asks keeps, in ZeroMQ, its pipe to the socket that answered it: 11 kB, for
// as long as both live. So after some answers another socket takes the name, and the old one is
// closed once nobody has asked it for a while. Who asks in between, while nobody has the name, is
// turned away, and tries again.
class CurveDoor {
 public:
  // context: outlives the door.
  // Errors: those of ReadGuestList().  kAlreadyExists: the context has a door.
  static Result<std::unique_ptr<CurveDoor>> Open(zmq::context_t& context,
                                                 const std::string& guests_path);

  // Makes a socket that will listen a CURVE server, at which nobody gets in but by this door, nor
  // anybody while there is none. The keys are set elsewhere. Throws zmq::error_t.
  static void Guard(zmq::socket_t& socket);

  CurveDoor(const CurveDoor&) = delete;
  CurveDoor& operator=(const CurveDoor&) = delete;
  ~CurveDoor();

 private:
  // A socket that has no name any more.
  struct Leaving {
    zmq::socket_t socket;
    std::chrono::steady_clock::time_point asked_at;  // The last time.
  };

  CurveDoor(zmq::context_t& context, zmq::socket_t socket, std::string path, GuestList guests);

  void Answer();
  // Waits a little; answers one at each socket, and closes the old one when it is time.
  void AnswerNext();
  void AnswerOne(zmq::socket_t& socket);
  // To another socket.
  void HandOn();
  // Whose key it is, as text; empty for a stranger.
  std::string NameOf(const zmq::message_t& public_key);
  void ReadAgainIfChanged();

  zmq::context_t& context_;
  // The thread's, once that runs.
  zmq::socket_t socket_;
  bool has_name_ = true;  // socket_ has.
  int answered_ = 0;      // By socket_.
  std::optional<Leaving> leaving_;
  const std::string path_;
  GuestList guests_;
  std::filesystem::file_time_type read_at_;  // The list's time of change, then.
  std::atomic<bool> stop_ = false;
  std::thread thread_;  // Last: it uses all of the above.
};

}  // namespace weft
