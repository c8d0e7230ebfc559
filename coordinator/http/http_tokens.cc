#include "coordinator/http/http_tokens.h"

#include <algorithm>
#include <cctype>
#include <fstream>
#include <sstream>
#include <string_view>

#include <boost/asio/ip/address.hpp>

#include "common/storage/sha256_sum.h"

namespace weft::coordinator {
namespace {

constexpr unsigned kUnauthorized = 401;
constexpr unsigned kForbidden = 403;
constexpr std::size_t kSumDigits = 64;

std::optional<HttpTokens::Holder> HolderOf(const std::string& role, const std::string& name) {
  if (role == "view") {
    return HttpTokens::Holder{{Role::kOperate, name}, false};
  }
  if (role == "submit") {
    return HttpTokens::Holder{{Role::kSubmit, name}, true};
  }
  if (role == "operate") {
    return HttpTokens::Holder{{Role::kOperate, name}, true};
  }
  return std::nullopt;
}

bool IsSum(const std::string& text) {
  return text.size() == kSumDigits &&
         text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

// A page of another site, open in somebody's browser, may not command the farm.
bool ComesFromElsewhere(const HttpRequest& request) {
  const std::string origin = request.Header("origin");
  return !origin.empty() && origin != "http://" + request.Header("host");
}

// "GPU1.:7780" is "gpu1", "[::1]:7780" is "::1".
std::string HostOf(const HttpRequest& request) {
  std::string host = request.Header("host");
  if (!host.empty() && host.front() == '[') {
    return host.substr(1, host.find(']') - 1);
  }
  host = host.substr(0, host.find(':'));
  std::transform(host.begin(), host.end(), host.begin(),
                 [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  if (!host.empty() && host.back() == '.') {
    host.pop_back();
  }
  return host;
}

// Nobody outside can have bound it to this address. Names without a dot are not in the public DNS,
// nor is .svc, as Kubernetes shortens its names; the others: RFC 6761, RFC 6762, RFC 8375, and
// ICANN's resolution of 2024 on .internal.
bool IsOwnName(const std::string& host) {
  boost::system::error_code error;
  boost::asio::ip::make_address(host, error);
  const std::size_t dot = host.rfind('.');
  if (!error || dot == std::string::npos) {
    return true;
  }
  constexpr std::string_view kHome = ".home.arpa";
  const bool is_home = host.size() > kHome.size() &&
                       host.compare(host.size() - kHome.size(), kHome.size(), kHome) == 0;
  const std::string last = host.substr(dot + 1);
  return is_home || last == "localhost" || last == "local" || last == "internal" || last == "svc";
}

std::optional<std::string> FindWhyNot(const HttpRequest& request) {
  if (ComesFromElsewhere(request)) {
    return "requests of other sites' pages are not served";
  }
  if (const std::string host = HostOf(request); !IsOwnName(host)) {
    return "without --http-tokens the farm is not reached as " + host +
           ", but by its IP address, or a name without a dot or in .local or .internal";
  }
  return std::nullopt;
}

}  // namespace

Result<HttpTokens> HttpTokens::Read(const std::string& path) {
  std::ifstream file(path);
  if (!file) {
    return Failure(ErrorCode::kInvalidArgument, path + ": cannot be read");
  }
  HttpTokens tokens;
  std::string line;
  for (int number = 1; std::getline(file, line); ++number) {
    std::istringstream words(line);
    std::string role;
    std::string name;
    std::string sum;
    std::string more;
    if (!(words >> role) || role.front() == '#') {
      continue;
    }
    words >> name >> sum;
    const auto holder = HolderOf(role, name);
    if (!holder.has_value() || !IsSum(sum) || words >> more) {
      return Failure(ErrorCode::kInvalidArgument,
                     path + ":" + std::to_string(number) +
                         ": a line must be ROLE NAME SHA256, with the role view, submit or "
                         "operate and a token's SHA-256");
    }
    tokens.holders_[sum] = *holder;
  }
  return tokens;
}

std::optional<HttpTokens::Holder> HttpTokens::Find(const std::string& authorization) const {
  constexpr std::string_view kBearer = "Bearer ";
  if (authorization.compare(0, kBearer.size(), kBearer) != 0) {
    return std::nullopt;
  }
  Sha256Sum sum;
  sum.Add(std::string_view(authorization).substr(kBearer.size()));
  const auto holder = holders_.find(sum.Take());
  return holder == holders_.end() ? std::nullopt : std::optional(holder->second);
}

std::variant<Guest, HttpReply> Admit(const HttpRequest& request, const HttpTokens* tokens) {
  if (request.target == "/healthz" || request.target == "/readyz") {
    return Guest();
  }
  if (tokens == nullptr) {
    const auto why_not = FindWhyNot(request);
    return why_not ? std::variant<Guest, HttpReply>(Problem(kForbidden, "forbidden", *why_not))
                   : Guest();
  }
  const auto holder = tokens->Find(request.Header("authorization"));
  if (!holder.has_value()) {
    HttpReply reply = Problem(kUnauthorized, "unauthorized", "a bearer token is needed");
    reply.headers["WWW-Authenticate"] = "Bearer";
    return reply;
  }
  if (!holder->may_change && request.method != "GET") {
    return Problem(kForbidden, "forbidden",
                   "the token of " + holder->guest.name + " is one to look with");
  }
  return holder->guest;
}

}  // namespace weft::coordinator
