// Against what AWS has published: the examples of "Signature Calculations for the Authorization
// Header" in the Amazon S3 API Reference, and cases of the Signature Version 4 test suite.

#include "common/storage/sigv4.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weft {
namespace {

using ::testing::EndsWith;

const Credentials kExample{"AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", ""};
const SigningScope kS3{"us-east-1", "s3"};

RequestToSign S3Request(const std::string& method, const std::string& path) {
  RequestToSign request{.method = method, .path = path, .payload_sha256 = Sha256("")};
  request.headers = {{"host", "examplebucket.s3.amazonaws.com"},
                     {"x-amz-content-sha256", request.payload_sha256},
                     {"x-amz-date", "20130524T000000Z"}};
  return request;
}

TEST(SigV4Test, SignsTheGetObjectExample) {
  RequestToSign request = S3Request("GET", "/test.txt");
  request.headers["range"] = "bytes=0-9";
  EXPECT_EQ(Sha256(CanonicalRequest(request)),
            "7344ae5b7ee6c3e7e6b0fe0640412a37625d1fbfff95c48bbb2dc43964946972");
  EXPECT_EQ(Authorization(request, kExample, kS3),
            "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, "
            "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, "
            "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
}

TEST(SigV4Test, SignsThePutObjectExample) {
  RequestToSign request = S3Request("PUT", "/" + PercentEncoded("test$file.text", true));
  request.payload_sha256 = Sha256("Welcome to Amazon S3.");
  EXPECT_EQ(request.payload_sha256,
            "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072");
  request.headers["x-amz-content-sha256"] = request.payload_sha256;
  request.headers["date"] = "Fri, 24 May 2013 00:00:00 GMT";
  request.headers["x-amz-storage-class"] = "REDUCED_REDUNDANCY";
  EXPECT_THAT(Authorization(request, kExample, kS3),
              EndsWith("98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"));
}

TEST(SigV4Test, SignsAQueryWithoutAValue) {
  RequestToSign request = S3Request("GET", "/");
  request.query = {{"lifecycle", ""}};
  EXPECT_THAT(Authorization(request, kExample, kS3),
              EndsWith("fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"));
}

TEST(SigV4Test, SignsTheListObjectsExample) {
  RequestToSign request = S3Request("GET", "/");
  request.query = {{"prefix", "J"}, {"max-keys", "2"}};
  EXPECT_THAT(Authorization(request, kExample, kS3),
              EndsWith("34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"));
}

// The test suite's own credentials and time.
RequestToSign SuiteRequest(const std::string& method) {
  return {.method = method,
          .path = "/",
          .headers = {{"host", "example.amazonaws.com"}, {"x-amz-date", "20150830T123600Z"}},
          .payload_sha256 = Sha256("")};
}

std::string SuiteSignature(const RequestToSign& request) {
  const Credentials credentials{"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", ""};
  const std::string text = Authorization(request, credentials, {"us-east-1", "service"});
  return text.substr(text.rfind('=') + 1);
}

TEST(SigV4Test, PassesTheSuitesGetVanilla) {
  EXPECT_EQ(SuiteSignature(SuiteRequest("GET")),
            "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
}

TEST(SigV4Test, PassesTheSuitesQueryInOrderOfCharacters) {
  RequestToSign request = SuiteRequest("GET");
  request.query = {{"Param2", "value2"}, {"Param1", "value1"}};
  EXPECT_EQ(SuiteSignature(request),
            "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500");
}

TEST(SigV4Test, PassesTheSuitesPostWithoutAndWithASessionToken) {
  RequestToSign request = SuiteRequest("POST");
  EXPECT_EQ(SuiteSignature(request),
            "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b");
  request.headers["x-amz-security-token"] =
      "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmx"
      "fpSPfIeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0K"
      "PkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZb"
      "qBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA==";
  EXPECT_EQ(SuiteSignature(request),
            "85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead");
}

TEST(SigV4Test, EncodesAsRfc3986Says) {
  EXPECT_EQ(PercentEncoded("aZ09-._~", false), "aZ09-._~");
  EXPECT_EQ(PercentEncoded("a b+c=d&e*'()!", false), "a%20b%2Bc%3Dd%26e%2A%27%28%29%21");
  EXPECT_EQ(PercentEncoded("/a/ü", true), "/a/%C3%BC");
  EXPECT_EQ(PercentEncoded("/a", false), "%2Fa");
  EXPECT_EQ(QueryText({{"uploads", ""}, {"a", "x y"}}), "a=x%20y&uploads=");
  EXPECT_EQ(QueryText({}), "");
}

}  // namespace
}  // namespace weft
