#include "coordinator/server/blob_witness.h"

#include <utility>

#include "common/checksum.h"

namespace weft::coordinator {

Status BlobWitness::Put(const std::string& key, std::string_view bytes) {
  WEFT_RETURN_IF_ERROR(inner_->Put(key, bytes));
  const Facts facts{bytes.size(), Xxh3(bytes)};
  const std::lock_guard lock(mutex_);
  seen_[key] = facts;
  return {};
}

Status BlobWitness::DeletePrefix(const std::string& prefix) {
  {
    const std::lock_guard lock(mutex_);
    seen_.erase(seen_.lower_bound(prefix), seen_.lower_bound(prefix + '\xff'));
  }
  return inner_->DeletePrefix(prefix);
}

bool BlobWitness::HasToRead(const std::string& key) const {
  const std::lock_guard lock(mutex_);
  return seen_.count(key) == 0;
}

Status BlobWitness::Confirm(const v1::BlobRef& claim) {
  WEFT_ASSIGN_OR_RETURN(const Facts facts, FactsOf(claim.key()));
  if (facts.size_bytes != claim.size_bytes()) {
    return Failure(ErrorCode::kDataLoss, claim.key() + " has " + std::to_string(facts.size_bytes) +
                                             " bytes, not " + std::to_string(claim.size_bytes()));
  }
  if (facts.checksum != claim.checksum()) {
    return Failure(ErrorCode::kDataLoss, claim.key() + " has another checksum than was said");
  }
  return {};
}

Result<BlobWitness::Facts> BlobWitness::FactsOf(const std::string& key) {
  {
    const std::lock_guard lock(mutex_);
    const auto seen = seen_.find(key);
    if (seen != seen_.end()) {
      return seen->second;
    }
  }
  WEFT_ASSIGN_OR_RETURN(const std::string bytes, inner_->Get(key));
  return Facts{bytes.size(), Xxh3(bytes)};
}

}  // namespace weft::coordinator
