// Preloaded into programs (LD_PRELOAD): their wall clock is the machine's plus the seconds that the
// file WEFT_JUMPING_CLOCK says, eight bytes, at any moment. Their steady clock is the machine's, as
// it is where somebody sets a machine's clock. Every function here stands for the C library's;
// files' times and what else waits for a time of the wall clock are the machine's.

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <ctime>

#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

namespace {

constexpr std::int64_t kNanoseconds = 1'000'000'000;

// Null: the file is not there, and the clock is the machine's.
const volatile std::int64_t* OpenOffset() {
  const char* const path = std::getenv("WEFT_JUMPING_CLOCK");  // NOLINT(concurrency-mt-unsafe)
  const int file = path == nullptr ? -1 : ::open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) {
    return nullptr;
  }
  void* const mapped = ::mmap(nullptr, sizeof(std::int64_t), PROT_READ, MAP_SHARED, file, 0);
  ::close(file);
  return mapped == MAP_FAILED ? nullptr : static_cast<const volatile std::int64_t*>(mapped);
}

std::int64_t Jumped() {
  static const volatile std::int64_t* const offset = OpenOffset();
  return offset == nullptr ? 0 : *offset;
}

timespec MachineTime() {
  timespec time{};
  ::syscall(SYS_clock_gettime, CLOCK_REALTIME, &time);
  return time;
}

std::int64_t Nanoseconds(const timespec& time) {
  return time.tv_sec * kNanoseconds + time.tv_nsec;
}

using TimedWait = int (*)(pthread_cond_t*, pthread_mutex_t*, const timespec*);

// The C library of x86-64 has an older one under the same name.
TimedWait RealTimedWait() {
  void* found = ::dlvsym(RTLD_NEXT, "pthread_cond_timedwait", "GLIBC_2.3.2");
  if (found == nullptr) {
    found = ::dlsym(RTLD_NEXT, "pthread_cond_timedwait");
  }
  return reinterpret_cast<TimedWait>(found);
}

}  // namespace

// Named as the C library does not. NOLINTBEGIN(readability-inconsistent-declaration-parameter-name)
extern "C" {

int clock_gettime(clockid_t clock, timespec* time) noexcept {
  const auto status = static_cast<int>(::syscall(SYS_clock_gettime, clock, time));
  if (status == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) {
    time->tv_sec += Jumped();
  }
  return status;
}

int gettimeofday(timeval* __restrict time, void* __restrict /*zone*/) noexcept {
  const timespec now = MachineTime();
  time->tv_sec = now.tv_sec + Jumped();
  time->tv_usec = now.tv_nsec / 1000;
  return 0;
}

time_t time(time_t* written) noexcept {
  const time_t now = MachineTime().tv_sec + Jumped();
  if (written != nullptr) {
    *written = now;
  }
  return now;
}

// Waits until this wall clock shows `until`, whatever jumps meanwhile. A time that is small for a
// wall clock is one of the steady clock.
int pthread_cond_timedwait(pthread_cond_t* __restrict condition,
                           pthread_mutex_t* __restrict mutex,
                           const timespec* __restrict until) {
  static const TimedWait real = RealTimedWait();
  constexpr time_t kWallTimes = 100'000'000;
  constexpr time_t kForEver = 9'000'000'000;  // In nanoseconds beyond 64 bits.
  if (until->tv_sec < kWallTimes || until->tv_sec > kForEver) {
    return real(condition, mutex, until);
  }
  constexpr std::int64_t kGlance = kNanoseconds / 20;
  while (true) {
    const std::int64_t now = Nanoseconds(MachineTime());
    const std::int64_t rest = Nanoseconds(*until) - (now + Jumped() * kNanoseconds);
    const std::int64_t next = now + (rest < kGlance ? rest : kGlance);
    const timespec at = {next / kNanoseconds, next % kNanoseconds};
    const int status = real(condition, mutex, &at);
    if (status != ETIMEDOUT || rest <= kGlance) {
      return status;
    }
  }
}
}
// NOLINTEND(readability-inconsistent-declaration-parameter-name)
