// Tells the service manager that started the program how it is: when it is ready, what it does, and
// that it still lives. Where none asked to be told, nothing happens.
//
// Source: sd_notify(3) and sd_watchdog_enabled(3) of systemd: one datagram of lines to the socket
// that NOTIFY_SOCKET names.

#pragma once

#include <optional>
#include <string>
#include <utility>

#include "common/time.h"

namespace weft {

// Used by one thread.
class ServiceNotice {
 public:
  // As the environment says: NOTIFY_SOCKET and WATCHDOG_USEC.
  static ServiceNotice FromEnvironment();

  // socket: a path, or "@NAME" of the abstract namespace; empty: nobody listens.
  // watchdog: a sign of life is wanted at least this often; nothing: none is.
  ServiceNotice(std::string socket, std::optional<Duration> watchdog)
      : socket_(std::move(socket)), watchdog_(watchdog) {}

  // The program is ready to serve from now on. status: one line for people.
  void Ready(const std::string& status);
  // Another line for people; the same one is not said twice.
  void Say(const std::string& status);
  // It is about to end, as it was asked to.
  void Stopping();
  // It lives. To be called often: it is passed on twice in the time that the watchdog allows.
  void Alive(Time now);

 private:
  // Nobody waits for what cannot be delivered.
  void Send(const std::string& lines) const;

  std::string socket_;
  std::optional<Duration> watchdog_;
  std::string said_;
  std::optional<Time> alive_said_;
};

}  // namespace weft
