#include "tests/simulation/disk.h"

#include <cassert>
#include <cstring>
#include <functional>
#include <string_view>
#include <utility>

#include "coordinator/ledger/record_bytes.h"

namespace weft::simulation {
namespace {

void AppendSized(std::string_view part, std::string& bytes) {
  const std::uint64_t size = part.size();
  char head[sizeof(size)] = {};
  std::memcpy(head, &size, sizeof(size));
  bytes.append(head, sizeof(size));
  bytes.append(part);
}

// Cuts a sized part off the front of `bytes`.
std::string_view TakeSized(std::string_view& bytes) {
  std::uint64_t size = 0;
  std::memcpy(&size, bytes.data(), sizeof(size));
  const std::string_view part = bytes.substr(sizeof(size), size);
  bytes.remove_prefix(sizeof(size) + size);
  return part;
}

std::uint64_t Checksum(std::string_view bytes) {
  return std::hash<std::string_view>{}(bytes);
}

}  // namespace

void Disk::Append(const std::vector<coordinator::Record>& records) {
  assert(!pending_.has_value());
  std::string body;
  for (const coordinator::Record& record : records) {
    AppendSized(record.key, body);
    AppendSized(record.erased ? "" : coordinator::ToBytes(record.value), body);
  }
  const std::uint64_t sum = Checksum(body);
  char tail[sizeof(sum)] = {};
  std::memcpy(tail, &sum, sizeof(sum));
  pending_ = body + std::string(tail, sizeof(sum));
}

void Disk::Sync() {
  if (pending_.has_value()) {
    Apply(*pending_);
    pending_.reset();
  }
}

bool Disk::Crash(std::size_t cut) {
  if (!pending_.has_value()) {
    return false;
  }
  const std::string found = pending_->substr(0, cut % (pending_->size() + 1));
  pending_.reset();
  std::uint64_t sum = 0;
  if (found.size() < sizeof(sum)) {
    return true;
  }
  const std::string_view body = std::string_view(found).substr(0, found.size() - sizeof(sum));
  std::memcpy(&sum, found.data() + body.size(), sizeof(sum));
  if (sum != Checksum(body)) {
    return true;
  }
  Apply(found);
  return false;
}

Result<std::vector<coordinator::Record>> Disk::Load() const {
  std::vector<coordinator::Record> records;
  for (const auto& [key, bytes] : synced_) {
    WEFT_ASSIGN_OR_RETURN(v1::LedgerRecord value, coordinator::FromBytes(key, bytes));
    records.push_back({key, std::move(value)});
  }
  return records;
}

const std::string* Disk::Find(const std::string& key) const {
  const auto found = synced_.find(key);
  return found == synced_.end() ? nullptr : &found->second;
}

void Disk::Apply(const std::string& bytes) {
  std::string_view rest(bytes.data(), bytes.size() - sizeof(std::uint64_t));
  while (!rest.empty()) {
    const std::string_view key = TakeSized(rest);
    const std::string_view value = TakeSized(rest);
    if (value.empty()) {
      synced_.erase(std::string(key));
    } else {
      synced_[std::string(key)] = value;
    }
  }
}

}  // namespace weft::simulation
