// Signs HTTP requests as AWS does: Signature Version 4.
//
// Ours, because that of libcurl 7.88 signs a query as it is written, not in canonical order and
// encoding, and the hash of an empty body instead of the body's (curl issues 7559, 8107, 8810,
// 11794, 13754).
//
// Source: AWS, "Create a signed AWS API request" and "Signature Calculations for the Authorization
// Header" (of S3). Time comes from outside; nothing here has side effects.

#pragma once

#include <map>
#include <string>
#include <string_view>

namespace weft {

struct Credentials {
  std::string access_key;
  std::string secret_key;
  std::string session_token;  // Of temporary ones; else empty.
};

struct SigningScope {
  std::string region;   // "us-east-1"
  std::string service;  // "s3"
};

struct RequestToSign {
  std::string method;
  std::string path;                          // As it is sent: see PercentEncoded(). From "/".
  std::map<std::string, std::string> query;  // Nothing is encoded; "" where there is no value.
  // All that are signed, names in lower case: "host" and "x-amz-date" (20130524T000000Z) among
  // them. Spaces around a value, and several in a row, must not be there.
  std::map<std::string, std::string> headers;
  std::string payload_sha256;  // Of the body, in hexadecimal.
};

// In hexadecimal, lower case.
std::string Sha256(std::string_view bytes);

// Everything but letters, digits and "-._~" as %XX; slashes stay where they are kept.
std::string PercentEncoded(std::string_view text, bool keeps_slashes);

// "a=1&b=%20": in order, encoded. As it is signed, and so as it must be sent.
std::string QueryText(const std::map<std::string, std::string>& query);

// What is signed: canonical request and string to sign.
std::string CanonicalRequest(const RequestToSign& request);
std::string StringToSign(const RequestToSign& request, const SigningScope& scope);

// The value of the header Authorization. The session token's header is the caller's to add.
// REQUIRES: "x-amz-date" is among the headers.
std::string Authorization(const RequestToSign& request,
                          const Credentials& credentials,
                          const SigningScope& scope);

}  // namespace weft
