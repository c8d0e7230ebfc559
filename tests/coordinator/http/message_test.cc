#include "coordinator/http/message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weft::coordinator {
namespace {

using ::testing::Pair;
using ::testing::UnorderedElementsAre;

TEST(HttpMessage, ATargetIsAPathAndAQuery) {
  const auto target = Parse("/api/v1/jobs?match=a%20b&user=&state=done+now");
  ASSERT_TRUE(target.has_value());
  EXPECT_EQ(target->path, "/api/v1/jobs");
  EXPECT_THAT(target->query, UnorderedElementsAre(Pair("match", "a b"), Pair("user", ""),
                                                  Pair("state", "done now")));
  EXPECT_TRUE(Parse("/healthz")->query.empty());
}

TEST(HttpMessage, EscapesThatAreNoneAreRefused) {
  for (const char* target : {"/jobs?a=%", "/jobs?a=%4", "/jobs?a=%zz", "/jobs?%g1=a"}) {
    EXPECT_FALSE(Parse(target).has_value()) << target;
  }
  EXPECT_EQ(Decoded("a%2Fb"), "a/b");
}

TEST(HttpMessage, AProblemSaysWhatAndWhy) {
  const HttpReply reply = Problem(404, "not found", "no such job: x");
  EXPECT_EQ(reply.status, 404U);
  EXPECT_EQ(reply.content_type, "application/problem+json");
  EXPECT_EQ(reply.body,
            "{\"type\":\"about:blank\",\"title\":\"not found\",\"status\":404,"
            "\"detail\":\"no such job: x\"}\n");
}

}  // namespace
}  // namespace weft::coordinator
