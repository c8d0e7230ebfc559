// Where an S3-compatible store is, and by which credentials it lets us in.
//
// Each from an option, else from the environment, else by default:
//   endpoint     AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL; https://s3.REGION.amazonaws.com
//   region       AWS_REGION, AWS_DEFAULT_REGION; us-east-1
//   credentials  the file of the option; AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and
//                AWS_SESSION_TOKEN; the file AWS_SHARED_CREDENTIALS_FILE or ~/.aws/credentials
//   profile      AWS_PROFILE; "default"
// Files are those of AWS's own tools: [profile], aws_access_key_id = …, aws_secret_access_key = …,
// aws_session_token = …. No option holds a secret, so none is printed.

#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "common/result.h"
#include "common/storage/sigv4.h"

namespace weft {

struct S3Options {
  std::string endpoint;
  std::string region;
  bool path_style = false;  // Buckets in the path, not in the host's name.
  std::string credentials;  // A file.
  std::string profile;
  std::vector<std::string> buckets;  // Only these; empty: all.
};

struct S3Access {
  std::string scheme;  // "https"
  std::string host;    // With a port where it is not the scheme's own.
  std::string region;
  bool path_style = false;
  Credentials credentials;
  std::vector<std::string> buckets;
};

using EnvironmentLookup = std::function<std::optional<std::string>(const std::string& name)>;

// This process's environment. REQUIRES: no other thread changes it.
EnvironmentLookup ProcessEnvironment();

// Credentials are read anew each time: temporary ones are replaced under way. Path style is taken
// also where the endpoint's host is an address or "localhost": such have no hosts below them.
// kInvalidArgument: no credentials, or a part of them; no such endpoint can be.  kPermissionDenied:
// the file cannot be read. Says where it looked; never a secret.
Result<S3Access> ResolveS3(const S3Options& options, const EnvironmentLookup& environment);

}  // namespace weft
