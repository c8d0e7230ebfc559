// Runs tests with every instruction set that the processor has and Weft is built for, from the
// portable one on.

#pragma once

#include <cstdint>

#include <gtest/gtest.h>
#include <hwy/highway.h>

namespace weft::deflicker {

template <typename Function>
void ForEveryTarget(const Function& function) {
  hwy::SetSupportedTargetsForTest(0);
  for (std::int64_t rest = (hwy::SupportedTargets() & HWY_TARGETS) | HWY_STATIC_TARGET; rest != 0;
       rest &= rest - 1) {
    const std::int64_t target = rest & -rest;
    SCOPED_TRACE(hwy::TargetName(target));
    hwy::SetSupportedTargetsForTest(target);
    hwy::GetChosenTarget().Update(target);
    function();
  }
  hwy::SetSupportedTargetsForTest(0);
  hwy::GetChosenTarget().DeInit();
}

}  // namespace weft::deflicker
