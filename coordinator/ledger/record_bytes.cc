#include "coordinator/ledger/record_bytes.h"

namespace weft::coordinator {

std::string ToBytes(const v1::LedgerRecord& value) {
  return value.SerializeAsString();
}

Result<v1::LedgerRecord> FromBytes(std::string_view key, std::string_view bytes) {
  v1::LedgerRecord value;
  const bool parsed = value.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
  if (!parsed || value.version() == 0) {
    return Failure(ErrorCode::kDataLoss, "record " + std::string(key) + " cannot be read");
  }
  if (value.version() > kRecordVersion) {
    return Failure(ErrorCode::kUnsupported,
                   "record " + std::string(key) + " has version " +
                       std::to_string(value.version()) + " and was written by a newer Weft; " +
                       "this one knows versions up to " + std::to_string(kRecordVersion));
  }
  return value;
}

}  // namespace weft::coordinator
