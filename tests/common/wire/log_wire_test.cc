#include "common/wire/log_wire.h"

#include <gtest/gtest.h>

namespace weft {
namespace {

TEST(LogWire, AnEntryComesBackAsItWas) {
  LogEntry entry{.unix_ms = 17,
                 .level = LogLevel::kError,
                 .fields = {.job = "j-1",
                            .chunk = 3,
                            .round = 1,
                            .task = "denoise 3.1",
                            .attempt = 2,
                            .epoch = 9,
                            .worker = "w"},
                 .message = "it broke"};
  EXPECT_EQ(JsonLine(FromWire(ToWire(entry))), JsonLine(entry));
}

TEST(LogWire, WhatIsNotSaidStaysOpen) {
  const LogEntry entry = FromWire(v1::LogRecord());
  EXPECT_EQ(entry.level, LogLevel::kInfo);
  EXPECT_EQ(entry.fields.attempt, std::nullopt);
  EXPECT_EQ(entry.fields.epoch, std::nullopt);
  EXPECT_EQ(entry.fields.chunk, std::nullopt);
}

TEST(LogWire, ATaskWithoutRoundsHasAChunkAlone) {
  v1::LogRecord record;
  record.set_task("finish 12");
  EXPECT_EQ(FromWire(record).fields.chunk, 12U);
  EXPECT_EQ(FromWire(record).fields.round, std::nullopt);
  record.set_task("probe");
  EXPECT_EQ(FromWire(record).fields.chunk, std::nullopt);
}

TEST(LogWire, EveryLevelHasASeverity) {
  for (const LogLevel level :
       {LogLevel::kDebug, LogLevel::kInfo, LogLevel::kWarning, LogLevel::kError}) {
    v1::LogRecord record;
    record.set_severity(ToWire(level));
    EXPECT_EQ(FromWire(record).level, level);
  }
}

}  // namespace
}  // namespace weft
