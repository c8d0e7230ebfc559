#include "coordinator/http/http_tokens.h"

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/storage/sha256_sum.h"
#include "tests/common/temporary_folder.h"

namespace weft::coordinator {
namespace {

using ::testing::HasSubstr;

class HttpTokensTest : public ::testing::Test {
 protected:
  static std::string SumOf(const std::string& token) {
    Sha256Sum sum;
    sum.Add(token);
    return sum.Take();
  }

  Result<HttpTokens> Read(const std::string& text) {
    std::ofstream(folder_.File("tokens")) << text;
    return HttpTokens::Read(folder_.File("tokens"));
  }

  HttpTokens Tokens() {
    return *Read("# who may come\n\nview board " + SumOf("look") + "\nsubmit ada " + SumOf("ink") +
                 "\n  operate ops " + SumOf("key") + "\n");
  }

  static HttpRequest Asks(const std::string& method,
                          const std::string& target,
                          const std::string& token) {
    HttpRequest request{method, target, {}, ""};
    if (!token.empty()) {
      request.headers["authorization"] = "Bearer " + token;
    }
    return request;
  }

  // The guest's name, or the reply's status.
  static std::string Admitted(const HttpRequest& request, const HttpTokens* tokens) {
    const auto admitted = Admit(request, tokens);
    const Guest* const guest = std::get_if<Guest>(&admitted);
    return guest != nullptr ? guest->name : std::to_string(std::get<HttpReply>(admitted).status);
  }

  TemporaryFolder folder_;
};

TEST_F(HttpTokensTest, TellsWhoHoldsAToken) {
  const HttpTokens tokens = Tokens();
  EXPECT_EQ(tokens.Find("Bearer ink")->guest, (Guest{Role::kSubmit, "ada"}));
  EXPECT_EQ(tokens.Find("Bearer key")->guest, (Guest{Role::kOperate, "ops"}));
  EXPECT_FALSE(tokens.Find("Bearer look")->may_change);
  for (const std::string& other :
       {std::string("Bearer inks"), std::string("Bearer "), std::string("Basic ink"),
        std::string("ink"), std::string(), "Bearer " + SumOf("ink")}) {
    EXPECT_FALSE(tokens.Find(other)) << other;
  }
}

TEST_F(HttpTokensTest, NamesTheLineThatIsWrong) {
  for (const std::string& line : {"worker gpu17 " + SumOf("a"), "submit ada " + SumOf("a") + " b",
                                  std::string("submit ada secret"), "submit " + SumOf("a")}) {
    const auto read = Read("\n" + line + "\n");
    ASSERT_FALSE(read) << line;
    EXPECT_THAT(read.error().message(), HasSubstr("tokens:2: "));
  }
  EXPECT_FALSE(HttpTokens::Read(folder_.File("none")));
}

TEST_F(HttpTokensTest, AdmitsByRole) {
  const HttpTokens tokens = Tokens();
  EXPECT_EQ(Admitted(Asks("GET", "/api/v1/jobs", ""), &tokens), "401");
  EXPECT_EQ(Admitted(Asks("GET", "/metrics", "wrong"), &tokens), "401");
  EXPECT_EQ(Admitted(Asks("GET", "/healthz", ""), &tokens), "");
  EXPECT_EQ(Admitted(Asks("GET", "/readyz", ""), &tokens), "");
  EXPECT_EQ(Admitted(Asks("GET", "/api/v1/jobs", "look"), &tokens), "board");
  EXPECT_EQ(Admitted(Asks("POST", "/api/v1/jobs", "look"), &tokens), "403");
  EXPECT_EQ(Admitted(Asks("PUT", "/api/v1/jobs/j-1/priority", "look"), &tokens), "403");
  EXPECT_EQ(Admitted(Asks("POST", "/api/v1/jobs", "ink"), &tokens), "ada");
  EXPECT_EQ(Admitted(Asks("POST", "/api/v1/workers/w/drain", "key"), &tokens), "ops");
  EXPECT_EQ(Admitted(Asks("POST", "/api/v1/workers/w/drain", ""), nullptr), "");
}

TEST_F(HttpTokensTest, PagesOfOtherSitesAreNotServed) {
  const HttpTokens tokens = Tokens();
  HttpRequest request = Asks("POST", "/api/v1/jobs/j-1/cancel", "");
  request.headers["host"] = "127.0.0.1:7780";
  request.headers["origin"] = "http://evil.example";
  EXPECT_EQ(Admitted(request, nullptr), "403");
  request.headers["origin"] = "http://127.0.0.1:7780";
  EXPECT_EQ(Admitted(request, nullptr), "");
  // Browsers do not send bearer tokens by themselves.
  request.headers["origin"] = "https://board.studio.example";
  request.headers["authorization"] = "Bearer key";
  EXPECT_EQ(Admitted(request, &tokens), "ops");
}

TEST_F(HttpTokensTest, WithoutTokensNoNameServesThatSomebodyElseMayBind) {
  HttpRequest request = Asks("GET", "/api/v1/jobs", "");
  for (const char* host : {"127.0.0.1:7780", "[::1]:7780", "10.0.0.5", "localhost:7780",
                           "coordinator:7780", "farm.LOCAL:7780", "localhost.:7780",
                           "weft.farm.svc.cluster.local", "weft.farm.svc", "farm.home.arpa"}) {
    request.headers["host"] = host;
    EXPECT_EQ(Admitted(request, nullptr), "") << host;
  }
  const HttpTokens tokens = Tokens();
  for (const char* host : {"evil.example:7780", "evil.example", "evil.example.", "home.arpa.evil",
                           "127.0.0.1.evil.example:7780"}) {
    request.headers["host"] = host;
    EXPECT_EQ(Admitted(request, nullptr), "403") << host;
    request.headers["authorization"] = "Bearer look";
    EXPECT_EQ(Admitted(request, &tokens), "board") << host;
  }
  request.target = "/healthz";
  EXPECT_EQ(Admitted(request, nullptr), "");
}

}  // namespace
}  // namespace weft::coordinator
