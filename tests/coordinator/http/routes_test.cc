#include "coordinator/http/routes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/wire/error_wire.h"

namespace weft::coordinator {
namespace {

using ::testing::HasSubstr;

HttpRequest Get(const std::string& target) {
  return {"GET", target, {}, ""};
}

HttpRequest Post(const std::string& target, const std::string& body = "") {
  return {"POST", target, {{"content-type", "application/json"}, {"idempotency-key", "k"}}, body};
}

Question QuestionOf(const HttpRequest& request) {
  Route route = RouteOf(request);
  const auto* reply = std::get_if<HttpReply>(&route);
  EXPECT_EQ(reply, nullptr) << (reply == nullptr ? "" : reply->body);
  return reply == nullptr ? std::get<Question>(std::move(route)) : Question{};
}

HttpReply ReplyOf(const HttpRequest& request) {
  Route route = RouteOf(request);
  const auto* reply = std::get_if<HttpReply>(&route);
  EXPECT_NE(reply, nullptr);
  return reply == nullptr ? HttpReply{} : *reply;
}

TEST(Routes, AListOfJobsIsAskedForAsItWasWanted) {
  const Question question =
      QuestionOf(Get("/api/v1/jobs?match=neon&user=ada&state=paused&limit=5&cursor=17"));
  const v1::ListJobs& list = question.message.list_jobs();
  EXPECT_EQ(list.match(), "neon");
  EXPECT_EQ(list.user(), "ada");
  ASSERT_EQ(list.states_size(), 1);
  EXPECT_EQ(list.states(0), v1::JOB_STATE_PAUSED);
  EXPECT_EQ(list.limit(), 5U);
  EXPECT_EQ(list.before(), 17U);
  EXPECT_FALSE(QuestionOf(Get("/api/v1/jobs")).message.list_jobs().has_user());
  v1::FromCoordinator answer;
  answer.mutable_job_list()->add_jobs()->set_job("j-1");
  answer.mutable_job_list()->set_next(12);
  const auto page = nlohmann::json::parse(question.reply(answer).body);
  EXPECT_EQ(page["jobs"][0]["job"], "j-1");
  EXPECT_EQ(page["next_cursor"], "12");
  answer.mutable_job_list()->clear_next();
  EXPECT_FALSE(nlohmann::json::parse(question.reply(answer).body).contains("next_cursor"));
}

TEST(Routes, ASubmissionTakesItsKeyAndTerms) {
  const Question question = QuestionOf(
      Post("/api/v1/jobs",
           R"({"specification":{"input_path":"/a.mp4","steps":7},"name":"neon","user":"ada",)"
           R"("priority":70,"tags":["fast"]})"));
  const v1::SubmitJob& submit = question.message.submit_job();
  EXPECT_EQ(submit.client_token(), "k");
  EXPECT_EQ(submit.spec().input_path(), "/a.mp4");
  EXPECT_EQ(submit.spec().steps(), 7U);
  EXPECT_EQ(submit.terms().name(), "neon");
  EXPECT_EQ(submit.terms().user(), "ada");
  EXPECT_EQ(submit.terms().priority(), 70U);
  EXPECT_EQ(submit.terms().tags(0), "fast");
  v1::FromCoordinator answer;
  answer.mutable_job_submitted()->set_job("j-1");
  HttpReply reply = question.reply(answer);
  EXPECT_EQ(reply.status, 201U);
  EXPECT_EQ(reply.headers["Location"], "/api/v1/jobs/j-1");
  answer.mutable_job_submitted()->set_existed(true);
  EXPECT_EQ(question.reply(answer).status, 200U);
}

TEST(Routes, AWrongSubmissionIsRefusedBeforeAnybodyIsAsked) {
  EXPECT_EQ(ReplyOf(Post("/api/v1/jobs", "no json")).status, 400U);
  EXPECT_EQ(ReplyOf(Post("/api/v1/jobs", "{}")).status, 400U);
  EXPECT_EQ(ReplyOf(Post("/api/v1/jobs", R"({"specification":{"stepz":1}})")).status, 422U);
  for (const char* term : {R"("name":7)", R"("user":[])", R"("priority":"high")",
                           R"("priority":101)", R"("tags":"fast")"}) {
    const std::string body = R"({"specification":{},)" + std::string(term) + "}";
    EXPECT_EQ(ReplyOf(Post("/api/v1/jobs", body)).status, 400U) << term;
  }
  const std::string deep =
      R"({"specification":)" + std::string(200'000, '[') + std::string(200'000, ']') + "}";
  EXPECT_EQ(ReplyOf(Post("/api/v1/jobs", deep)).status, 400U) << "no stack is as deep";
  HttpRequest request = Post("/api/v1/jobs", R"({"specification":{}})");
  request.headers.erase("idempotency-key");
  EXPECT_THAT(ReplyOf(request).body, HasSubstr("Idempotency-Key is missing"));
  request = Post("/api/v1/jobs", R"({"specification":{}})");
  request.headers["content-type"] = "text/plain";
  EXPECT_EQ(ReplyOf(request).status, 415U);
}

TEST(Routes, OrdersNameTheirJobAndWorker) {
  EXPECT_EQ(QuestionOf(Post("/api/v1/jobs/j-1/pause")).message.pause_job().job(), "j-1");
  EXPECT_EQ(QuestionOf(Post("/api/v1/jobs/j-1/resume")).message.resume_job().job(), "j-1");
  EXPECT_EQ(QuestionOf(Post("/api/v1/jobs/j-1/cancel")).message.cancel_job().job(), "j-1");
  EXPECT_EQ(QuestionOf(Post("/api/v1/jobs/j-1/retry")).message.retry_job().job(), "j-1");
  EXPECT_EQ(QuestionOf(Post("/api/v1/jobs/j-1/drop")).message.drop_result().job(), "j-1");
  EXPECT_EQ(QuestionOf(Post("/api/v1/jobs/j-1/forget")).message.forget_job().job(), "j-1");
  const auto drain = QuestionOf(Post("/api/v1/workers/gpu%2F17/drain")).message.drain_worker();
  EXPECT_EQ(drain.worker(), "gpu/17");
  EXPECT_FALSE(drain.undo());
  EXPECT_TRUE(QuestionOf(Post("/api/v1/workers/w/undrain")).message.drain_worker().undo());
  HttpRequest priority = Post("/api/v1/jobs/j-1/priority", R"({"priority":80})");
  priority.method = "PUT";
  EXPECT_EQ(QuestionOf(priority).message.prioritize_job().priority(), 80U);
  priority.body = R"({"priority":101})";
  EXPECT_EQ(ReplyOf(priority).status, 400U);
}

TEST(Routes, ARefusalIsAProblemOfItsKind) {
  const Question question = QuestionOf(Get("/api/v1/jobs/j-1"));
  const auto status = [&](ErrorCode code) {
    v1::FromCoordinator answer;
    *answer.mutable_request_refused()->mutable_error() = ToWire(Error(code, "why"));
    const HttpReply reply = question.reply(answer);
    EXPECT_EQ(reply.content_type, "application/problem+json");
    EXPECT_THAT(reply.body, HasSubstr("why"));
    return reply.status;
  };
  EXPECT_EQ(status(ErrorCode::kNotFound), 404U);
  EXPECT_EQ(status(ErrorCode::kFailedPrecondition), 409U);
  EXPECT_EQ(status(ErrorCode::kInvalidArgument), 422U);
  EXPECT_EQ(status(ErrorCode::kNoSpace), 507U);
  EXPECT_EQ(status(ErrorCode::kInternal), 500U);
}

TEST(Routes, WhatIsNotThereAndWhatIsNotDoneThereAreTold) {
  EXPECT_EQ(ReplyOf(Get("/api/v2/jobs")).status, 404U);
  EXPECT_EQ(ReplyOf(Get("/api/v1/jobs/")).status, 404U);
  EXPECT_EQ(ReplyOf(Get("/api/v1/jobs/a/b/tasks")).status, 404U);
  HttpReply reply = ReplyOf({"DELETE", "/api/v1/jobs", {}, ""});
  EXPECT_EQ(reply.status, 405U);
  EXPECT_EQ(reply.headers["Allow"], "GET, POST");
}

TEST(Routes, WrongQueriesAreToldByName) {
  EXPECT_EQ(ReplyOf(Get("/api/v1/jobs?limit=many")).status, 400U);
  EXPECT_EQ(ReplyOf(Get("/api/v1/jobs?state=asleep")).status, 400U);
  EXPECT_EQ(ReplyOf(Get("/api/v1/jobs/j/tasks?cursor=-1")).status, 400U);
  EXPECT_EQ(ReplyOf(Get("/api/v1/jobs/j/log?level=loud")).status, 400U);
  EXPECT_EQ(ReplyOf(Get("/api/v1/jobs?match=%")).status, 400U);
  EXPECT_EQ(ReplyOf(Get("/api/v1/jobs?limit=99999999999999999999")).status, 400U);
}

TEST(Routes, ReadinessFollowsTheFarm) {
  const Question question = QuestionOf(Get("/readyz"));
  v1::FromCoordinator answer;
  answer.mutable_farm_status();
  EXPECT_EQ(question.reply(answer).status, 200U);
  answer.mutable_farm_status()->set_held("the disk is low");
  EXPECT_EQ(question.reply(answer).status, 503U);
  EXPECT_EQ(ReplyOf(Get("/healthz")).status, 200U);
}

TEST(Routes, ScalingWantsAWorkerForEveryTaskThatCouldRun) {
  const Question question = QuestionOf(Get("/api/v1/scaling"));
  v1::FromCoordinator answer;
  v1::Demand& demand = *answer.mutable_farm_status()->add_demands();
  demand.set_device("cuda");
  demand.set_ready(5);
  demand.set_running(3);
  demand.add_tags("fast");
  const auto scaling = nlohmann::json::parse(question.reply(answer).body);
  EXPECT_EQ(scaling["classes"][0]["device"], "cuda");
  EXPECT_EQ(scaling["classes"][0]["desired_workers"], 8);
  EXPECT_EQ(scaling["classes"][0]["tags"][0], "fast");
}

TEST(Routes, EventsGoOnFromTheLastOneThatWasSeen) {
  Route route = RouteOf(Get("/api/v1/events"));
  ASSERT_NE(std::get_if<EventStream>(&route), nullptr);
  EXPECT_TRUE(std::get<EventStream>(route).from_end);
  HttpRequest request = Get("/api/v1/events");
  request.headers["last-event-id"] = "77";
  route = RouteOf(request);
  EXPECT_EQ(std::get<EventStream>(route).offset, 77U);
  EXPECT_FALSE(std::get<EventStream>(route).from_end);
  request.headers["last-event-id"] = "yesterday";
  EXPECT_EQ(ReplyOf(request).status, 400U);
}

TEST(Routes, ATagSparesWhatIsKnown) {
  HttpRequest request = Get("/api/v1/jobs/j-1");
  HttpReply reply = Tagged(request, JsonReply(200, {{"a", 1}}));
  ASSERT_EQ(reply.status, 200U);
  request.headers["if-none-match"] = reply.headers["ETag"];
  reply = Tagged(request, JsonReply(200, {{"a", 1}}));
  EXPECT_EQ(reply.status, 304U);
  EXPECT_EQ(reply.body, "");
  EXPECT_EQ(Tagged(request, JsonReply(200, {{"a", 2}})).status, 200U);
}

}  // namespace
}  // namespace weft::coordinator
