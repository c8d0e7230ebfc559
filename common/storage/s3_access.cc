#include "common/storage/s3_access.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <system_error>
#include <utility>

namespace weft {
namespace {

constexpr const char* kHowTo =
    "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a credentials file with "
    "--s3-credentials";

std::string Trimmed(const std::string& text) {
  constexpr const char* kBlank = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(kBlank);
  return begin == std::string::npos ? ""
                                    : text.substr(begin, text.find_last_not_of(kBlank) + 1 - begin);
}

// The first that is set and not empty.
std::string FirstOf(const EnvironmentLookup& environment, const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    std::string value = Trimmed(environment(name).value_or(""));
    if (!value.empty()) {
      return value;
    }
  }
  return "";
}

// The profile's part of a credentials file.
Credentials ReadProfile(std::istream& file, const std::string& profile) {
  Credentials credentials;
  bool is_ours = false;
  for (std::string line; std::getline(file, line);) {
    line = Trimmed(line);
    if (line.empty() || line.front() == '#' || line.front() == ';') {
      continue;
    }
    if (line.front() == '[') {
      is_ours = Trimmed(line.substr(1, line.find(']') - 1)) == profile;
      continue;
    }
    const std::size_t equals = line.find('=');
    if (!is_ours || equals == std::string::npos) {
      continue;
    }
    const std::string name = Trimmed(line.substr(0, equals));
    const std::string value = Trimmed(line.substr(equals + 1));
    if (name == "aws_access_key_id") {
      credentials.access_key = value;
    } else if (name == "aws_secret_access_key") {
      credentials.secret_key = value;
    } else if (name == "aws_session_token") {
      credentials.session_token = value;
    }
  }
  return credentials;
}

Result<Credentials> FromFile(const std::string& path, const std::string& profile) {
  std::ifstream file(path);
  if (!file) {
    return Failure(ErrorCode::kPermissionDenied, "cannot read the S3 credentials in " + path +
                                                     ": " + std::generic_category().message(errno));
  }
  const Credentials credentials = ReadProfile(file, profile);
  if (credentials.access_key.empty() || credentials.secret_key.empty()) {
    return Failure(
        ErrorCode::kInvalidArgument,
        "there is no aws_access_key_id and aws_secret_access_key for [" + profile + "] in " + path);
  }
  return credentials;
}

Result<Credentials> FindCredentials(const S3Options& options,
                                    const EnvironmentLookup& environment) {
  std::string profile = options.profile;
  if (profile.empty()) {
    profile = FirstOf(environment, {"AWS_PROFILE"});
  }
  if (profile.empty()) {
    profile = "default";
  }
  if (!options.credentials.empty()) {
    return FromFile(options.credentials, profile);
  }
  const Credentials spoken{FirstOf(environment, {"AWS_ACCESS_KEY_ID"}),
                           FirstOf(environment, {"AWS_SECRET_ACCESS_KEY"}),
                           FirstOf(environment, {"AWS_SESSION_TOKEN"})};
  if (!spoken.access_key.empty() && !spoken.secret_key.empty()) {
    return spoken;
  }
  if (!spoken.access_key.empty() || !spoken.secret_key.empty()) {
    return Failure(ErrorCode::kInvalidArgument,
                   std::string("half of the S3 credentials is missing: ") + kHowTo);
  }
  std::string file = FirstOf(environment, {"AWS_SHARED_CREDENTIALS_FILE"});
  if (file.empty()) {
    const std::string home = FirstOf(environment, {"HOME"});
    file = home.empty() ? "" : home + "/.aws/credentials";
  }
  if (file.empty() || !std::ifstream(file)) {
    return Failure(ErrorCode::kInvalidArgument,
                   std::string("there are no S3 credentials here: ") + kHowTo);
  }
  return FromFile(file, profile);
}

Status TakeEndpoint(const std::string& endpoint, S3Access& access) {
  const std::size_t colon = endpoint.find("://");
  access.scheme = endpoint.substr(0, colon);
  access.host = colon == std::string::npos ? "" : endpoint.substr(colon + 3);
  while (!access.host.empty() && access.host.back() == '/') {
    access.host.pop_back();
  }
  const bool is_known = access.scheme == "http" || access.scheme == "https";
  if (!is_known || access.host.empty() || access.host.find_first_of("/?#@ ") != std::string::npos) {
    return Failure(ErrorCode::kInvalidArgument, "the S3 endpoint is '" + endpoint +
                                                    "': it must be https://HOST[:PORT] or "
                                                    "http://HOST[:PORT]");
  }
  // As it is sent and signed: without the port that goes without saying.
  const std::string own = access.scheme == "http" ? ":80" : ":443";
  if (access.host.size() > own.size() &&
      access.host.compare(access.host.size() - own.size(), own.size(), own) == 0) {
    access.host.resize(access.host.size() - own.size());
  }
  return {};
}

bool HasHostsBelow(const std::string& host) {
  const std::string name = host.substr(0, host.rfind(':'));
  const bool is_address =
      host.front() == '[' || name.find_first_not_of("0123456789.") == std::string::npos;
  return !is_address && name != "localhost";
}

}  // namespace

EnvironmentLookup ProcessEnvironment() {
  return [](const std::string& name) -> std::optional<std::string> {
    const char* const value = std::getenv(name.c_str());  // NOLINT(concurrency-mt-unsafe)
    return value == nullptr ? std::nullopt : std::optional<std::string>(value);
  };
}

Result<S3Access> ResolveS3(const S3Options& options, const EnvironmentLookup& environment) {
  S3Access access{
      .region = options.region, .path_style = options.path_style, .buckets = options.buckets};
  if (access.region.empty()) {
    access.region = FirstOf(environment, {"AWS_REGION", "AWS_DEFAULT_REGION"});
  }
  if (access.region.empty()) {
    access.region = "us-east-1";
  }
  std::string endpoint = options.endpoint;
  if (endpoint.empty()) {
    endpoint = FirstOf(environment, {"AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"});
  }
  if (endpoint.empty()) {
    endpoint = "https://s3." + access.region + ".amazonaws.com";
  }
  WEFT_RETURN_IF_ERROR(TakeEndpoint(endpoint, access));
  access.path_style = access.path_style || !HasHostsBelow(access.host);
  WEFT_ASSIGN_OR_RETURN(access.credentials, FindCredentials(options, environment));
  return access;
}

}  // namespace weft
