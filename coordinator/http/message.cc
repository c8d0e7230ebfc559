#include "coordinator/http/message.h"

#include <cstdlib>

#include "coordinator/view/view_json.h"

namespace weft::coordinator {
namespace {

std::optional<char> Byte(const std::string& hexadecimal) {
  if (hexadecimal.size() != 2 ||
      hexadecimal.find_first_not_of("0123456789abcdefABCDEF") != std::string::npos) {
    return std::nullopt;
  }
  constexpr int kHexadecimal = 16;
  return static_cast<char>(std::strtol(hexadecimal.c_str(), nullptr, kHexadecimal));
}

}  // namespace

std::string HttpRequest::Header(const std::string& name) const {
  const auto header = headers.find(name);
  return header == headers.end() ? "" : header->second;
}

std::optional<std::string> Decoded(const std::string& text) {
  std::string decoded;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%') {
      decoded += text[at];
      continue;
    }
    const auto byte = Byte(text.substr(at + 1, 2));
    if (!byte.has_value()) {
      return std::nullopt;
    }
    decoded += *byte;
    at += 2;
  }
  return decoded;
}

std::optional<Target> Parse(const std::string& target) {
  Target parsed;
  const std::size_t mark = target.find('?');
  parsed.path = target.substr(0, mark);
  std::string rest = mark == std::string::npos ? "" : target.substr(mark + 1);
  while (!rest.empty()) {
    const std::size_t end = rest.find('&');
    std::string pair = rest.substr(0, end);
    rest = end == std::string::npos ? "" : rest.substr(end + 1);
    for (char& letter : pair) {
      letter = letter == '+' ? ' ' : letter;
    }
    const std::size_t equals = pair.find('=');
    const auto name = Decoded(pair.substr(0, equals));
    const auto value = Decoded(equals == std::string::npos ? "" : pair.substr(equals + 1));
    if (!name.has_value() || !value.has_value()) {
      return std::nullopt;
    }
    parsed.query[*name] = *value;
  }
  return parsed;
}

HttpReply JsonReply(unsigned status, const nlohmann::ordered_json& body) {
  return {.status = status, .body = Dump(body) + "\n"};
}

HttpReply Problem(unsigned status, const std::string& title, const std::string& detail) {
  HttpReply reply = JsonReply(
      status, {{"type", "about:blank"}, {"title", title}, {"status", status}, {"detail", detail}});
  reply.content_type = "application/problem+json";
  return reply;
}

}  // namespace weft::coordinator
