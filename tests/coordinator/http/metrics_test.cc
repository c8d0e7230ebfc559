#include "coordinator/http/metrics.h"

#include <cstdio>
#include <cstdlib>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "coordinator/http/process_metrics.h"
#include "tests/common/temporary_folder.h"

namespace weft::coordinator {
namespace {

// Tests run one after the other, and a shell runs the tools.
// NOLINTBEGIN(cert-env33-c,concurrency-mt-unsafe)

using ::testing::HasSubstr;

v1::FarmStatus BusyFarm() {
  v1::FarmStatus status;
  status.set_epoch(3);
  v1::JobCount& jobs = *status.add_jobs();
  jobs.set_state(v1::JOB_STATE_RUNNING);
  jobs.set_jobs(12);
  v1::WorkerCount& workers = *status.add_workers();
  workers.set_device("cuda");
  workers.set_connected(7);
  workers.set_idle(2);
  status.add_demands()->set_ready(4);
  status.add_demands()->set_ready(1);
  status.set_tasks_waiting(9);
  status.set_attempts_started(40);
  status.set_attempts_lost(2);
  status.set_disk_free_bytes(1 << 30);
  return status;
}

TEST(Metrics, CountWhatThereIs) {
  const std::string text = MetricsText(BusyFarm());
  EXPECT_THAT(text, HasSubstr("weft_jobs{state=\"running\"} 12\n"));
  EXPECT_THAT(text, HasSubstr("weft_workers{device=\"cuda\"} 7\n"));
  EXPECT_THAT(text, HasSubstr("weft_workers_idle{device=\"cuda\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("weft_tasks_ready 5\n"));
  EXPECT_THAT(text, HasSubstr("weft_tasks{state=\"waiting\"} 9\n"));
  EXPECT_THAT(text, HasSubstr("weft_coordinator_epoch 3\n"));
  EXPECT_THAT(text, HasSubstr("weft_held 0\n"));
  EXPECT_THAT(text, HasSubstr("weft_attempts_started_total 40\n"));
  EXPECT_THAT(text, HasSubstr("weft_attempts_ended_total{outcome=\"lost\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("weft_disk_free_bytes 1073741824\n"));
}

TEST(Metrics, SayThatTheFarmIsHeld) {
  v1::FarmStatus status = BusyFarm();
  status.set_held("the disk is low");
  EXPECT_THAT(MetricsText(status), HasSubstr("weft_held 1\n"));
}

TEST(Metrics, AreAsPrometheusWantsThem) {
  ASSERT_EQ(std::system("command -v promtool > /dev/null"), 0) << "scripts/setup installs it";
  const TemporaryFolder folder;
  std::ofstream(folder.File("metrics")) << MetricsText(BusyFarm()) << ProcessMetricsText();
  const std::string command = "promtool check metrics < " + folder.File("metrics");
  EXPECT_EQ(std::system(command.c_str()), 0);
}

// NOLINTEND(cert-env33-c,concurrency-mt-unsafe)

}  // namespace
}  // namespace weft::coordinator
