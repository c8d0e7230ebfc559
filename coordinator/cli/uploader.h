// Hands files of this machine to a coordinator, piece by piece.

#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "common/blob_store.h"
#include "common/result.h"
#include "common/storage/upload_place.h"
#include "common/time.h"
#include "common/transport.h"
#include "coordinator/cli/fleet_client.h"
#include "weft/v1/upload.pb.h"

namespace weft::cli {

// A file is there.
struct FileHandedIn {
  std::string path;
  std::uint64_t size_bytes = 0;
  std::uint64_t sent_bytes = 0;  // This time; the rest was there before.
};

struct UploadOptions {
  // With nothing gained by any of them.
  int tries_max = 5;
  Duration pause = std::chrono::seconds(1);
  std::function<bool()> is_stopped = {};  // Asked before each piece; empty: nobody stops it.
  std::function<void(const FileHandedIn&)> told = {};
};

// One thread.
class Uploader {
 public:
  using Connect = std::function<Result<std::unique_ptr<Connection>>(const std::string& address)>;

  // client: outlives this. connect: to the address that the coordinator names for blobs.
  Uploader(FleetClient& client, Connect connect, UploadOptions options = {})
      : client_(client), connect_(std::move(connect)), options_(std::move(options)) {}

  // Hands in the file, as one of `user` unless the coordinator knows better, and returns what jobs
  // call it: weft://… Pieces that are there already are not sent; where the coordinator falls
  // silent or restarts it is gone on. Holds one piece at a time. kInvalidArgument: no file, or it
  // changed meanwhile; nothing of it stays.  kCancelled: it was stopped.  kUnavailable: the
  // coordinator is away.  Others: it will not have the file, as UploadBook::Expect says.
  Result<std::string> HandIn(const std::string& path, const std::string& user);

  // What jobs would call it; nothing is sent.
  Result<std::string> NameOf(const std::string& path, const std::string& user);

 private:
  Result<UploadPlace> PlaceOf(const std::string& path, const std::string& user);
  // Once.
  Result<std::string> TryToHandIn(const std::string& path,
                                  const UploadPlace& place,
                                  std::uint64_t& sent_bytes);
  Status SendPieces(const std::string& path,
                    const UploadPlace& place,
                    const v1::FileOffered& offered,
                    std::uint64_t& sent_bytes);
  Status PutPiece(const UploadPlace& place, std::uint32_t piece, const std::string& bytes);

  FleetClient& client_;
  const Connect connect_;
  const UploadOptions options_;
  std::unique_ptr<BlobStore> blobs_;          // Once it is needed.
  std::map<std::string, UploadPlace> known_;  // By path.
  std::map<std::string, std::string> urls_;   // Of what is there, by path.
};

}  // namespace weft::cli
