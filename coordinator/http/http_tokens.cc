#include "coordinator/http/http_tokens.h"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string_view>

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
  if (tokens == nullptr || request.target == "/healthz" || request.target == "/readyz") {
    return Guest();
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
