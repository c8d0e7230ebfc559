// The server is what openapi.yaml says: nothing more, nothing less.

#include <algorithm>
#include <cctype>
#include <set>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

#include "common/wire/error_wire.h"
#include "coordinator/http/http_tokens.h"
#include "coordinator/http/routes.h"

namespace weft::coordinator {
namespace {

constexpr unsigned kNotFound = 404;
constexpr unsigned kWrongMethod = 405;

const std::set<std::string> kMethods = {"get", "post", "put", "delete", "patch"};

struct Operation {
  std::string method;
  std::string path;
  YAML::Node node;
};

YAML::Node Described() {
  return YAML::LoadFile(WEFT_SOURCE_DIR "/coordinator/http/openapi.yaml");
}

std::vector<Operation> Operations(const YAML::Node& api) {
  std::vector<Operation> operations;
  for (const auto& path : api["paths"]) {
    for (const auto& entry : path.second) {
      const auto name = entry.first.as<std::string>();
      if (kMethods.count(name) > 0) {
        std::string method = name;
        std::transform(method.begin(), method.end(), method.begin(),
                       [](unsigned char letter) { return std::toupper(letter); });
        operations.push_back({method, path.first.as<std::string>(), entry.second});
      }
    }
  }
  return operations;
}

HttpRequest RequestFor(const Operation& operation) {
  HttpRequest request{operation.method,
                      operation.path,
                      {{"content-type", "application/json"}, {"idempotency-key", "k"}},
                      ""};
  const std::size_t open = request.target.find('{');
  if (open != std::string::npos) {
    request.target.replace(open, request.target.find('}') - open + 1, "some-name");
  }
  if (operation.node["requestBody"]) {
    request.body = R"({"specification":{},"priority":1})";
  }
  return request;
}

unsigned StatusOf(const Route& route) {
  const auto* reply = std::get_if<HttpReply>(&route);
  return reply == nullptr ? 0 : reply->status;
}

TEST(OpenApi, EverythingItDescribesIsServed) {
  const YAML::Node api = Described();
  const auto operations = Operations(api);
  EXPECT_EQ(operations.size(), 20U);
  for (const Operation& operation : operations) {
    const unsigned status = StatusOf(RouteOf(RequestFor(operation)));
    EXPECT_NE(status, kNotFound) << operation.method << " " << operation.path;
    EXPECT_NE(status, kWrongMethod) << operation.method << " " << operation.path;
  }
}

TEST(OpenApi, MethodsItDoesNotDescribeAreNotServed) {
  const YAML::Node api = Described();
  for (const auto& path : api["paths"]) {
    for (const std::string method : {"get", "post", "put", "delete", "patch"}) {
      if (path.second[method]) {
        continue;
      }
      std::string upper = method;
      std::transform(upper.begin(), upper.end(), upper.begin(),
                     [](unsigned char letter) { return std::toupper(letter); });
      const Operation operation{upper, path.first.as<std::string>(), YAML::Node()};
      EXPECT_EQ(StatusOf(RouteOf(RequestFor(operation))), kWrongMethod)
          << method << " " << operation.path;
    }
  }
}

TEST(OpenApi, RepliesHaveStatusesThatItNames) {
  const YAML::Node api = Described();
  for (const Operation& operation : Operations(api)) {
    Route route = RouteOf(RequestFor(operation));
    const auto* question = std::get_if<Question>(&route);
    const auto is_named = [&](unsigned status) {
      return operation.node["responses"][std::to_string(status)].IsDefined();
    };
    if (question == nullptr) {
      EXPECT_TRUE(StatusOf(route) == 0 || is_named(StatusOf(route))) << operation.path;
      continue;
    }
    EXPECT_TRUE(is_named(question->reply(v1::FromCoordinator()).status))
        << operation.method << " " << operation.path;
    EXPECT_TRUE(is_named(Unanswered().status)) << operation.method << " " << operation.path;
    if (operation.path.find("{job}") != std::string::npos) {
      v1::FromCoordinator refusal;
      *refusal.mutable_request_refused()->mutable_error() =
          ToWire(Error(ErrorCode::kNotFound, "no such job"));
      EXPECT_TRUE(is_named(question->reply(refusal).status)) << operation.path;
    }
  }
}

TEST(OpenApi, TokensAreNeededWhereItSaysSo) {
  const YAML::Node api = Described();
  EXPECT_TRUE(api["components"]["securitySchemes"]["token"].IsDefined());
  ASSERT_EQ(api["security"].size(), 1U);
  const HttpTokens nobody;
  for (const Operation& operation : Operations(api)) {
    const YAML::Node own = operation.node["security"];
    const bool is_free = own.IsDefined() && own.size() == 0;
    const auto admitted = Admit(RequestFor(operation), &nobody);
    EXPECT_EQ(std::holds_alternative<Guest>(admitted), is_free) << operation.path;
    EXPECT_EQ(operation.node["responses"]["401"].IsDefined(), !is_free) << operation.path;
    EXPECT_EQ(operation.node["responses"]["403"].IsDefined(), operation.method != "GET")
        << operation.method << " " << operation.path;
  }
}

TEST(OpenApi, AJobHasTheFieldsThatItRequires) {
  const YAML::Node api = Described();
  Route route = RouteOf({"GET", "/api/v1/jobs", {}, ""});
  v1::FromCoordinator answer;
  answer.mutable_job_list()->add_jobs()->set_job("j-1");
  const auto page = nlohmann::json::parse(std::get<Question>(route).reply(answer).body);
  const YAML::Node job = api["components"]["schemas"]["Job"];
  for (const auto& name : job["required"]) {
    EXPECT_TRUE(page["jobs"][0].contains(name.as<std::string>())) << name.as<std::string>();
  }
  for (const auto& [name, value] : page["jobs"][0].items()) {
    EXPECT_TRUE(job["properties"][name].IsDefined()) << name;
  }
}

TEST(OpenApi, AJobsDetailsAreWhatItSays) {
  const YAML::Node api = Described();
  Route route = RouteOf({"GET", "/api/v1/jobs/j-1", {}, ""});
  v1::FromCoordinator answer;
  v1::JobDetails& details = *answer.mutable_job_details();
  details.mutable_summary()->set_job("j-1");
  details.mutable_status()->set_log("its last words");
  details.mutable_result()->set_kept_until_unix_ms(1'714'564'800'123);
  const auto job = nlohmann::json::parse(std::get<Question>(route).reply(answer).body);
  const YAML::Node schemas = api["components"]["schemas"];
  for (const auto& name : schemas["JobDetails"]["required"]) {
    EXPECT_TRUE(job.contains(name.as<std::string>())) << name.as<std::string>();
  }
  for (const auto& [name, value] : job.items()) {
    EXPECT_TRUE(schemas["JobDetails"]["properties"][name].IsDefined() ||
                schemas["Job"]["properties"][name].IsDefined())
        << name;
  }
  const YAML::Node result = schemas["JobDetails"]["properties"]["result"];
  for (const auto& [name, value] : job["result"].items()) {
    EXPECT_TRUE(result["properties"][name].IsDefined()) << name;
  }
  EXPECT_EQ(job["result"].size(), result["required"].size());
}

}  // namespace
}  // namespace weft::coordinator
