#include "common/storage/s3_answer.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

namespace weft {
namespace {

constexpr int kHundred = 100;
constexpr int kServerError = 5;
constexpr std::size_t kMessageMax = 300;  // Of what the store says: it may be anything.

std::string Resolved(std::string text) {
  constexpr std::array<std::pair<const char*, const char*>, 6> kEntities = {{
      {"&lt;", "<"},
      {"&gt;", ">"},
      {"&quot;", "\""},
      {"&#34;", "\""},
      {"&apos;", "'"},
      {"&amp;", "&"},  // Last: it makes no new ones.
  }};
  for (const auto& [entity, letter] : kEntities) {
    const std::string wanted = entity;
    for (std::size_t at = text.find(wanted); at != std::string::npos;
         at = text.find(wanted, at + 1)) {
      text.replace(at, wanted.size(), letter);
    }
  }
  return text;
}

bool IsOneOf(const std::string& code, const std::vector<std::string>& codes) {
  return std::find(codes.begin(), codes.end(), code) != codes.end();
}

bool IsBusy(const HttpAnswer& answer, const std::string& code) {
  constexpr int kRequestTimeout = 408;
  constexpr int kTooMany = 429;
  constexpr int kNotImplemented = 501;
  if (answer.status == kNotImplemented) {
    return false;
  }
  return answer.status / kHundred == kServerError || answer.status == kRequestTimeout ||
         answer.status == kTooMany ||
         IsOneOf(code, {"InternalError", "OperationAborted", "RequestTimeout", "ServiceUnavailable",
                        "SlowDown", "Throttling", "ThrottlingException", "NoSuchUpload"});
}

std::string RegionAdvice(const HttpAnswer& answer) {
  std::string region = answer.Header("x-amz-bucket-region");
  if (region.empty()) {
    region = XmlText(answer.body, "Region");
  }
  return "the bucket is in another region: set s3-region" + (region.empty() ? "" : " to " + region);
}

std::string Advice(const HttpAnswer& answer, const std::string& code) {
  constexpr int kForbidden = 403;
  constexpr int kNotFound = 404;
  if (code == "SignatureDoesNotMatch") {
    return "the secret key does not belong to the access key: look at the credentials";
  }
  if (code == "InvalidAccessKeyId") {
    return "the store does not know the access key: look at the credentials, and at s3-endpoint";
  }
  if (IsOneOf(code, {"ExpiredToken", "InvalidToken", "TokenRefreshRequired"})) {
    return "renew the session token";
  }
  if (code == "RequestTimeTooSkewed") {
    return "set this machine's clock";
  }
  if (code == "NoSuchBucket") {
    return "make the bucket, or correct its name";
  }
  if (IsOneOf(code, {"PermanentRedirect", "TemporaryRedirect", "AuthorizationHeaderMalformed",
                     "IllegalLocationConstraintException"}) ||
      answer.status / kHundred == 3) {
    return RegionAdvice(answer);
  }
  if (code == "NoSuchKey" || answer.status == kNotFound) {
    return "there is no such object";
  }
  return answer.status == kForbidden ? "the credentials do not open it: give them the right to"
                                     : "";
}

}  // namespace

std::string XmlText(const std::string& xml, const std::string& name) {
  const std::string open = "<" + name + ">";
  const std::size_t begin = xml.find(open);
  const std::size_t end = begin == std::string::npos ? begin : xml.find("</" + name + ">", begin);
  return end == std::string::npos
             ? ""
             : Resolved(xml.substr(begin + open.size(), end - begin - open.size()));
}

bool IsSuccess(const HttpAnswer& answer) {
  return answer.status / kHundred == 2 && answer.body.find("<Error>") == std::string::npos;
}

std::string S3Code(const HttpAnswer& answer) {
  return answer.body.find("<Error>") == std::string::npos ? "" : XmlText(answer.body, "Code");
}

Error S3Error(const HttpAnswer& answer) {
  constexpr int kForbidden = 403;
  constexpr int kUnauthorized = 401;
  constexpr int kNotFound = 404;
  const std::string code = S3Code(answer);
  const std::string said = XmlText(answer.body, "Message").substr(0, kMessageMax);
  const std::string advice = Advice(answer, code);
  std::string text = "the store answers " + std::to_string(answer.status);
  text += code.empty() ? "" : " " + code;
  text += said.empty() ? "" : " (" + said + ")";
  text += advice.empty() ? "" : "; " + advice;
  if (IsBusy(answer, code)) {
    return {ErrorCode::kUnavailable, text};
  }
  if (answer.status == kNotFound || code == "NoSuchKey" || code == "NoSuchBucket") {
    return {ErrorCode::kNotFound, text};
  }
  if (answer.status == kForbidden || answer.status == kUnauthorized) {
    return {ErrorCode::kPermissionDenied, text};
  }
  return {ErrorCode::kInvalidArgument, text};
}

}  // namespace weft
