#include "worker/runner/log_courier.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weft::worker {
namespace {

LogEntry Saying(const std::string& message) {
  return {.unix_ms = 5, .fields = {.job = "j-1", .worker = "w"}, .message = message};
}

TEST(LogCourier, HasNothingToSayUntilSomethingIsLogged) {
  EXPECT_FALSE(LogCourier().Next().has_value());
}

TEST(LogCourier, KeepsWhatWasNotSentYet) {
  LogCourier courier;
  courier.Take(Saying("one"));
  courier.Take(Saying("two"));
  const v1::LogRecords records = *courier.Next();
  ASSERT_EQ(records.records_size(), 2);
  EXPECT_EQ(records.first(), 0U);
  EXPECT_EQ(records.records(1).message(), "two");
  EXPECT_EQ(courier.Next()->records_size(), 2) << "nobody took them";
  courier.Take(Saying("three"));
  courier.Forget(records);
  EXPECT_EQ(courier.Next()->first(), 2U);
  EXPECT_EQ(courier.Next()->records(0).message(), "three");
  courier.Forget(*courier.Next());
  EXPECT_FALSE(courier.Next().has_value());
}

TEST(LogCourier, TheOldestGivesWayAndLeavesAGapInTheNumbers) {
  LogCourier courier(1'000);
  for (int number = 0; number < 100; ++number) {
    courier.Take(Saying(std::to_string(number)));
  }
  const v1::LogRecords records = *courier.Next();
  EXPECT_EQ(records.first() + static_cast<std::uint64_t>(records.records_size()), 100U);
  EXPECT_GT(records.first(), 0U);
  EXPECT_EQ(records.records(0).message(), std::to_string(records.first()));
}

TEST(LogCourier, WhatGaveWayWhileItWasSentIsNotForgottenTwice) {
  LogCourier courier(1'000);
  courier.Take(Saying("early"));
  const v1::LogRecords sent = *courier.Next();
  for (int number = 1; number < 100; ++number) {
    courier.Take(Saying(std::to_string(number)));
  }
  const std::uint64_t first = courier.Next()->first();
  courier.Forget(sent);
  EXPECT_EQ(courier.Next()->first(), first);
}

TEST(LogCourier, AMessageStaysBelowWhatTheCoordinatorTakes) {
  LogCourier courier(8 << 20);
  const std::string much(100'000, 'x');
  for (int number = 0; number < 60; ++number) {
    courier.Take(Saying(much));
  }
  const v1::LogRecords records = *courier.Next();
  EXPECT_LT(records.ByteSizeLong(), 256U << 10U);
  EXPECT_LE(records.records(0).message().size(), 16U << 10U);
}

}  // namespace
}  // namespace weft::worker
