#include <utility>

#include "tests/benchmarks/farm/worker_link.h"

namespace weft::bench {
namespace {

class LibraryLink : public WorkerLink {
 public:
  explicit LibraryLink(zmq::socket_t socket) : socket_(std::move(socket)) {}

  bool Send(std::string_view message) override {
    return socket_.send(zmq::buffer(message), zmq::send_flags::dontwait).has_value();
  }

  bool Next(std::string_view& message) override {
    if (!socket_.recv(frame_, zmq::recv_flags::dontwait)) {
      return false;
    }
    message = frame_.to_string_view();
    return true;
  }

  [[nodiscard]] int Descriptor() override { return socket_.get(zmq::sockopt::fd); }

 private:
  zmq::socket_t socket_;
  zmq::message_t frame_;
};

}  // namespace

std::unique_ptr<WorkerLink> MakeLibraryLink(zmq::socket_t socket) {
  return std::make_unique<LibraryLink>(std::move(socket));
}

}  // namespace weft::bench
