// Where the sockets of a local render lie.

#pragma once

#include <string>

#include "common/result.h"

namespace weft::cli {

// The addresses in one folder; a folder of its own is removed with this.
class SocketPlace {
 public:
  // In the state folder, or, where its path is too long for a socket's address, in a new private
  // folder under $TMPDIR (or /tmp).
  // kPermissionDenied: neither will do.
  static Result<SocketPlace> Choose(const std::string& state_folder);

  SocketPlace(SocketPlace&& other) noexcept;
  SocketPlace& operator=(SocketPlace&&) = delete;
  SocketPlace(const SocketPlace&) = delete;
  SocketPlace& operator=(const SocketPlace&) = delete;
  ~SocketPlace();

  [[nodiscard]] std::string control_address() const { return "ipc://" + folder_ + "/control.sock"; }
  [[nodiscard]] std::string bulk_address() const { return "ipc://" + folder_ + "/bulk.sock"; }

 private:
  SocketPlace(std::string folder, bool own) : folder_(std::move(folder)), own_(own) {}

  std::string folder_;
  bool own_ = false;
};

}  // namespace weft::cli
