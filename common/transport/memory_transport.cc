#include "common/transport/memory_transport.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>
#include <vector>

namespace weft {
namespace {

// wait_for() must not overflow, however long a caller is ready to wait.
constexpr Duration kLongestWait = std::chrono::hours(24);

Status CheckLength(std::string_view bytes, const SocketOptions& options) {
  if (bytes.size() > options.message_bytes_max) {
    return Failure(ErrorCode::kInvalidArgument,
                   "a message of " + std::to_string(bytes.size()) + " bytes; at most " +
                       std::to_string(options.message_bytes_max) + " are allowed");
  }
  return {};
}

template <typename Message>
bool IsFull(const std::deque<Message>& queue, const SocketOptions& options) {
  return queue.size() >= static_cast<std::size_t>(options.queue_messages_max);
}

// Takes the first message of `queue`, waiting for one if need be. `lock` guards the queue.
// interrupted: ends the wait, and is reset then; null where nobody interrupts.
template <typename Message>
std::optional<Message> Take(std::deque<Message>& queue,
                            std::unique_lock<std::mutex>& lock,
                            std::condition_variable& delivered,
                            Duration timeout,
                            bool* interrupted = nullptr) {
  const auto is_over = [&] { return !queue.empty() || (interrupted != nullptr && *interrupted); };
  if (queue.empty() && timeout > Duration::zero()) {
    delivered.wait_for(lock, std::min(timeout, kLongestWait), is_over);
    if (interrupted != nullptr && queue.empty()) {
      *interrupted = false;
    }
  }
  if (queue.empty()) {
    return std::nullopt;
  }
  Message first = std::move(queue.front());
  queue.pop_front();
  return first;
}

}  // namespace

class MemoryNetwork::ListenerSocket : public BoundListener {
 public:
  ListenerSocket(MemoryNetwork& network, std::string address, const SocketOptions& options)
      : network_(network), address_(std::move(address)), options_(options) {}
  ListenerSocket(const ListenerSocket&) = delete;
  ListenerSocket& operator=(const ListenerSocket&) = delete;
  ~ListenerSocket() override;

  [[nodiscard]] const std::string& address() const override { return address_; }
  Status Send(const PeerId& to, std::string_view bytes) override;
  Result<std::optional<Received>> Receive(Duration timeout) override;
  Status SendAll(const PeerId& to, const std::vector<std::string>& messages) override;
  void Interrupt() override;
  [[nodiscard]] Guest Sender() const override { return {}; }

 private:
  friend class ConnectionSocket;

  MemoryNetwork& network_;
  std::string address_;
  SocketOptions options_;
  std::map<PeerId, ConnectionSocket*> peers_;
  std::map<PeerId, int> waiting_;  // Messages in the inbox, for each peer that has some.
  std::deque<Received> inbox_;
  bool interrupted_ = false;
};

class MemoryNetwork::ConnectionSocket : public Connection {
 public:
  ConnectionSocket(MemoryNetwork& network, std::string address, const SocketOptions& options)
      : network_(network), address_(std::move(address)), options_(options) {}
  ConnectionSocket(const ConnectionSocket&) = delete;
  ConnectionSocket& operator=(const ConnectionSocket&) = delete;
  ~ConnectionSocket() override;

  Status Send(std::string_view bytes) override;
  Result<std::optional<std::string>> Receive(Duration timeout) override;

 private:
  friend class ListenerSocket;

  // Introduces this connection, as a new peer, to whoever listens now.
  void Join(ListenerSocket& listener);

  MemoryNetwork& network_;
  std::string address_;
  SocketOptions options_;
  ListenerSocket* joined_ = nullptr;  // Null while nobody listens or nothing was sent.
  PeerId name_;                       // Given by `joined_`.
  std::deque<std::string> inbox_;
};

MemoryNetwork::ListenerSocket::~ListenerSocket() {
  const std::lock_guard lock(network_.mutex_);
  network_.listeners_.erase(address_);
  for (const auto& [name, peer] : peers_) {
    peer->joined_ = nullptr;
  }
}

Status MemoryNetwork::ListenerSocket::Send(const PeerId& to, std::string_view bytes) {
  return SendAll(to, {std::string(bytes)});
}

Status MemoryNetwork::ListenerSocket::SendAll(const PeerId& to,
                                              const std::vector<std::string>& messages) {
  for (const std::string& bytes : messages) {
    WEFT_RETURN_IF_ERROR(CheckLength(bytes, options_));
  }
  const std::lock_guard lock(network_.mutex_);
  const auto peer = peers_.find(to);
  if (peer == peers_.end() || IsFull(peer->second->inbox_, options_)) {
    return Failure(ErrorCode::kUnavailable, "the peer is gone or takes no more");
  }
  std::deque<std::string>& inbox = peer->second->inbox_;
  inbox.insert(inbox.end(), messages.begin(), messages.end());
  network_.delivered_.notify_all();
  return {};
}

void MemoryNetwork::ListenerSocket::Interrupt() {
  const std::lock_guard lock(network_.mutex_);
  interrupted_ = true;
  network_.delivered_.notify_all();
}

Result<std::optional<Received>> MemoryNetwork::ListenerSocket::Receive(Duration timeout) {
  std::unique_lock lock(network_.mutex_);
  std::optional<Received> first = Take(inbox_, lock, network_.delivered_, timeout, &interrupted_);
  if (first && --waiting_[first->from] == 0) {
    waiting_.erase(first->from);
  }
  return first;
}

MemoryNetwork::ConnectionSocket::~ConnectionSocket() {
  const std::lock_guard lock(network_.mutex_);
  if (joined_ != nullptr) {
    joined_->peers_.erase(name_);
  }
}

void MemoryNetwork::ConnectionSocket::Join(ListenerSocket& listener) {
  joined_ = &listener;
  name_ = {"peer-" + std::to_string(++network_.peers_named_)};
  listener.peers_.emplace(name_, this);
}

Status MemoryNetwork::ConnectionSocket::Send(std::string_view bytes) {
  WEFT_RETURN_IF_ERROR(CheckLength(bytes, options_));
  const std::lock_guard lock(network_.mutex_);
  const auto listener = network_.listeners_.find(address_);
  if (listener == network_.listeners_.end()) {
    return Failure(ErrorCode::kUnavailable, "nobody listens on " + address_);
  }
  if (joined_ == nullptr) {
    Join(*listener->second);
  }
  int& waiting = joined_->waiting_[name_];
  if (waiting >= options_.queue_messages_max) {
    return Failure(ErrorCode::kUnavailable, "the other side takes no more");
  }
  ++waiting;
  joined_->inbox_.push_back({.from = name_, .bytes = std::string(bytes)});
  network_.delivered_.notify_all();
  return {};
}

Result<std::optional<std::string>> MemoryNetwork::ConnectionSocket::Receive(Duration timeout) {
  std::unique_lock lock(network_.mutex_);
  return Take(inbox_, lock, network_.delivered_, timeout);
}

Result<std::unique_ptr<BoundListener>> MemoryNetwork::Listen(const std::string& address,
                                                             const SocketOptions& options) {
  const std::lock_guard lock(mutex_);
  if (listeners_.count(address) > 0) {
    return Failure(ErrorCode::kAlreadyExists, address + ": somebody listens there already");
  }
  auto listener = std::make_unique<ListenerSocket>(*this, address, options);
  listeners_.emplace(address, listener.get());
  return listener;
}

Result<std::unique_ptr<Connection>> MemoryNetwork::Connect(const std::string& address,
                                                           const SocketOptions& options) {
  return std::make_unique<ConnectionSocket>(*this, address, options);
}

}  // namespace weft
