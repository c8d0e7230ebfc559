#include "common/storage/s3_answer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weft {
namespace {

using ::testing::HasSubstr;

HttpAnswer Refusal(int status, const std::string& code, const std::string& message = "") {
  return {.status = status,
          .body = "<?xml version=\"1.0\"?>\n<Error><Code>" + code + "</Code><Message>" + message +
                  "</Message></Error>"};
}

TEST(S3AnswerTest, ReadsTheTextOfAnElement) {
  EXPECT_EQ(XmlText("<a><UploadId>x&amp;y&lt;&quot;</UploadId></a>", "UploadId"), "x&y<\"");
  EXPECT_EQ(XmlText("<a><UploadId>x", "UploadId"), "");
  EXPECT_EQ(XmlText("", "UploadId"), "");
}

TEST(S3AnswerTest, KnowsAnErrorInASuccess) {
  EXPECT_TRUE(IsSuccess({.status = 200}));
  EXPECT_TRUE(IsSuccess({.status = 206}));
  EXPECT_FALSE(IsSuccess({.status = 301}));
  const HttpAnswer late = Refusal(200, "InternalError", "We encountered an internal error.");
  EXPECT_FALSE(IsSuccess(late)) << "a completed upload may fail under way";
  EXPECT_EQ(S3Error(late).code(), ErrorCode::kUnavailable);
}

TEST(S3AnswerTest, IsBusyWhereAnotherTryMayHelp) {
  for (const HttpAnswer& answer :
       {Refusal(503, "SlowDown"), Refusal(500, "InternalError"), Refusal(429, "TooMany"),
        Refusal(400, "RequestTimeout"), Refusal(409, "OperationAborted"),
        HttpAnswer{.status = 502, .body = "<html>Bad Gateway</html>"}}) {
    EXPECT_EQ(S3Error(answer).code(), ErrorCode::kUnavailable) << answer.status << answer.body;
  }
}

TEST(S3AnswerTest, RefusesForGoodOtherwiseAndSaysWhatToDo) {
  const struct {
    HttpAnswer answer;
    ErrorCode code;
    std::string advice;
  } cases[] = {
      {Refusal(403, "SignatureDoesNotMatch"), ErrorCode::kPermissionDenied,
       "secret key does not belong"},
      {Refusal(403, "InvalidAccessKeyId"), ErrorCode::kPermissionDenied, "s3-endpoint"},
      {Refusal(403, "AccessDenied", "Access Denied"), ErrorCode::kPermissionDenied,
       "403 AccessDenied (Access Denied); the credentials do not open it"},
      {Refusal(403, "RequestTimeTooSkewed"), ErrorCode::kPermissionDenied, "clock"},
      {Refusal(400, "ExpiredToken"), ErrorCode::kInvalidArgument, "renew the session token"},
      {Refusal(404, "NoSuchBucket"), ErrorCode::kNotFound, "make the bucket"},
      {Refusal(404, "NoSuchKey"), ErrorCode::kNotFound, "there is no such object"},
      {Refusal(501, "NotImplemented"), ErrorCode::kInvalidArgument, "501 NotImplemented"},
  };
  for (const auto& one : cases) {
    const Error error = S3Error(one.answer);
    EXPECT_EQ(error.code(), one.code) << one.answer.body;
    EXPECT_THAT(error.message(), HasSubstr(one.advice));
  }
}

TEST(S3AnswerTest, NamesTheRegionOfTheBucket) {
  HttpAnswer moved = Refusal(301, "PermanentRedirect");
  moved.headers["x-amz-bucket-region"] = "eu-west-1";
  EXPECT_THAT(S3Error(moved).message(), HasSubstr("set s3-region to eu-west-1"));
  HttpAnswer malformed = Refusal(400, "AuthorizationHeaderMalformed");
  malformed.body.insert(malformed.body.find("</Error>"), "<Region>sa-east-1</Region>");
  EXPECT_THAT(S3Error(malformed).message(), HasSubstr("set s3-region to sa-east-1"));
}

TEST(S3AnswerTest, KeepsLongAnswersShort) {
  EXPECT_LT(S3Error(Refusal(400, "Bad", std::string(100'000, 'x'))).message().size(), 500U);
}

}  // namespace
}  // namespace weft
