#include "common/storage/sigv4.h"

#include <array>
#include <cstddef>

#include <openssl/evp.h>
#include <openssl/hmac.h>

namespace weft {
namespace {

constexpr const char* kAlgorithm = "AWS4-HMAC-SHA256";

std::string Hexadecimal(std::string_view bytes, const char* digits) {
  constexpr unsigned kHalf = 4;
  constexpr unsigned kLow = 15;
  std::string text;
  text.reserve(2 * bytes.size());
  for (const char byte : bytes) {
    const auto value = static_cast<unsigned char>(byte);
    text += digits[value >> kHalf];
    text += digits[value & kLow];
  }
  return text;
}

std::string Lower(std::string_view bytes) {
  return Hexadecimal(bytes, "0123456789abcdef");
}

std::string Hmac(const std::string& key, std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> sum{};
  unsigned size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), sum.data(), &size);
  return {reinterpret_cast<const char*>(sum.data()), size};
}

bool IsPlain(char letter) {
  return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
         (letter >= '0' && letter <= '9') || letter == '-' || letter == '.' || letter == '_' ||
         letter == '~';
}

// "host;x-amz-date"
std::string SignedNames(const RequestToSign& request) {
  std::string names;
  for (const auto& [name, value] : request.headers) {
    names += (names.empty() ? "" : ";") + name;
  }
  return names;
}

std::string DateOf(const RequestToSign& request) {
  return request.headers.at("x-amz-date");
}

// "20130524"
std::string DayOf(const RequestToSign& request) {
  constexpr std::size_t kDaySize = 8;
  return DateOf(request).substr(0, kDaySize);
}

// "20130524/us-east-1/s3/aws4_request"
std::string ScopeText(const RequestToSign& request, const SigningScope& scope) {
  return DayOf(request) + "/" + scope.region + "/" + scope.service + "/aws4_request";
}

}  // namespace

std::string Sha256(std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> sum{};
  unsigned size = 0;
  EVP_Digest(bytes.data(), bytes.size(), sum.data(), &size, EVP_sha256(), nullptr);
  return Lower({reinterpret_cast<const char*>(sum.data()), size});
}

std::string PercentEncoded(std::string_view text, bool keeps_slashes) {
  std::string encoded;
  for (const char letter : text) {
    if (IsPlain(letter) || (letter == '/' && keeps_slashes)) {
      encoded += letter;
    } else {
      encoded += "%" + Hexadecimal({&letter, 1}, "0123456789ABCDEF");
    }
  }
  return encoded;
}

std::string QueryText(const std::map<std::string, std::string>& query) {
  // By the encoded names: "-" stands before "%", and after it where names are plain.
  std::map<std::string, std::string> encoded;
  for (const auto& [name, value] : query) {
    encoded[PercentEncoded(name, false)] = PercentEncoded(value, false);
  }
  std::string text;
  for (const auto& [name, value] : encoded) {
    text.append(text.empty() ? "" : "&").append(name).append("=").append(value);
  }
  return text;
}

std::string CanonicalRequest(const RequestToSign& request) {
  std::string text = request.method + "\n" + request.path + "\n" + QueryText(request.query) + "\n";
  for (const auto& [name, value] : request.headers) {
    text.append(name).append(":").append(value).append("\n");
  }
  return text + "\n" + SignedNames(request) + "\n" + request.payload_sha256;
}

std::string StringToSign(const RequestToSign& request, const SigningScope& scope) {
  return std::string(kAlgorithm) + "\n" + DateOf(request) + "\n" + ScopeText(request, scope) +
         "\n" + Sha256(CanonicalRequest(request));
}

std::string Authorization(const RequestToSign& request,
                          const Credentials& credentials,
                          const SigningScope& scope) {
  std::string key = Hmac("AWS4" + credentials.secret_key, DayOf(request));
  key = Hmac(key, scope.region);
  key = Hmac(key, scope.service);
  key = Hmac(key, "aws4_request");
  return std::string(kAlgorithm) + " Credential=" + credentials.access_key + "/" +
         ScopeText(request, scope) + ", SignedHeaders=" + SignedNames(request) +
         ", Signature=" + Lower(Hmac(key, StringToSign(request, scope)));
}

}  // namespace weft
