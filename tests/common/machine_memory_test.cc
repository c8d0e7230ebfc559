#include "common/machine_memory.h"

#include <gtest/gtest.h>

namespace weft {
namespace {

TEST(MachineMemory, HasSomeLeft) {
  EXPECT_GT(MachineMemoryFree(), 0U);
  EXPECT_LE(MachineMemoryFree(), MachineMemory());
}

}  // namespace
}  // namespace weft
