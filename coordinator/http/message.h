// A request and a reply of HTTP, as far as we care.

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

namespace weft::coordinator {

struct HttpRequest {
  std::string method;                          // "GET"
  std::string target;                          // "/api/v1/jobs?limit=5"
  std::map<std::string, std::string> headers;  // By name in small letters.
  std::string body;

  // Empty: the header is not there.
  [[nodiscard]] std::string Header(const std::string& name) const;
};

struct HttpReply {
  unsigned status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::map<std::string, std::string> headers = {};
};

// A target in its parts.
struct Target {
  std::string path;                          // As it is written, percent signs and all.
  std::map<std::string, std::string> query;  // Decoded.
};
// Nothing: an escape that is none.
std::optional<Target> Parse(const std::string& target);
// Nothing: likewise.
std::optional<std::string> Decoded(const std::string& text);

HttpReply JsonReply(unsigned status, const nlohmann::ordered_json& body);

// application/problem+json. Source: RFC 9457.
HttpReply Problem(unsigned status, const std::string& title, const std::string& detail);

}  // namespace weft::coordinator
