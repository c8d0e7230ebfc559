#include "common/wire/error_wire.h"

#include <gtest/gtest.h>

namespace weft {
namespace {

TEST(ErrorWire, KeepsEveryCodeAndMessage) {
  for (std::uint32_t code = 1; code <= 12; ++code) {
    const Error error(static_cast<ErrorCode>(code), "frame 112: bad checksum");
    const v1::Error wire = ToWire(error);
    EXPECT_EQ(wire.code(), code);
    const Error back = FromWire(wire);
    EXPECT_EQ(back.code(), error.code());
    EXPECT_EQ(back.message(), error.message());
  }
}

TEST(ErrorWire, TakesAnUnknownCodeForAnInternalError) {
  v1::Error wire;
  wire.set_message("from the future");
  for (const std::uint32_t code : {0U, 13U, 4000000000U}) {
    wire.set_code(code);
    EXPECT_EQ(FromWire(wire).code(), ErrorCode::kInternal);
    EXPECT_EQ(FromWire(wire).message(), "from the future");
  }
}

}  // namespace
}  // namespace weft
