// Clips and results that lie in an S3-compatible store, through the programs that people run: the
// frames are those of files, and whatever the store does, nothing is half-written.

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "common/storage/s3_store.h"
#include "coordinator/cli/batch_file.h"
#include "coordinator/cli/job_options.h"
#include "tests/common/storage/s3_service.h"
#include "tests/system/rendering.h"
#include "tests/system/standalone_farm.h"

namespace weft::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr const char* kSecret = "correct-horse-battery-staple";
constexpr const char* kInput = "s3://reels/in/clip.mp4";
constexpr const char* kOutput = "s3://results/out/neon.mkv";

class Storage : public Rendering {
 protected:
  void SetUp() override {
    Rendering::SetUp();
    service_.Tell("bucket results");
    service_.Tell("put reels in/clip.mp4 " + clip_);
    service_.Tell(std::string("secret ") + kSecret);
  }

  [[nodiscard]] v1::JobSpec Job(const std::string& text) const {
    const auto jobs = cli::ReadBatchText(text, Path("job.yaml"), {});
    EXPECT_TRUE(jobs) << jobs.error().message();
    return cli::ResolveSpec(jobs->front().options).value();
  }

  // A deflicker job of several chunks, none of which takes long.
  [[nodiscard]] v1::JobSpec Smoothing(const std::string& input, const std::string& output) const {
    return Job("kind: deflicker\nwindow: 2\nchunk: 8\nlossless: true\nstyle: " + input +
               "\noutput: " + output + "\n");
  }

  // Of all the farm's programs.
  [[nodiscard]] std::vector<std::string> Variables(const std::string& secret = kSecret) const {
    return {"AWS_ENDPOINT_URL=" + service_.Endpoint(), "AWS_ACCESS_KEY_ID=S3RVER",
            "AWS_SECRET_ACCESS_KEY=" + secret, "CACHE_DIRECTORY=" + Path("cache")};
  }

  // The frames of the result.
  std::string ResultHashes() {
    S3Access access = service_.Access();
    access.credentials.secret_key = kSecret;
    S3Store store(access);
    const std::string file = Path("result.mkv");
    fs::remove(file);
    const auto version = store.Look(*ParseObjectUrl(kOutput), {});
    EXPECT_TRUE(version) << version.error().message();
    EXPECT_TRUE(version && store.Read(*ParseObjectUrl(kOutput), *version, file, {}));
    return FrameHashes(file, commands_.path().string());
  }

  // The frames that the job has where its clip and its result are files.
  std::string FileHashes(v1::JobSpec job) {
    job.set_input_path(clip_);
    job.set_output_path(Path("file.mkv"));
    StandaloneFarm farm({.folder = Path("files")});
    farm.Submit(job);
    EXPECT_EQ(farm.LiveToTheEnd().state(), v1::JOB_STATE_DONE) << farm.Notes();
    return FrameHashes(job.output_path(), commands_.path().string());
  }

  // Files of the farm that hold the text.
  [[nodiscard]] std::vector<std::string> Holding(const std::string& text) const {
    std::vector<std::string> found;
    for (const auto& entry : fs::recursive_directory_iterator(folder_.path())) {
      if (entry.is_regular_file()) {
        std::ifstream file(entry.path(), std::ios::binary);
        const std::string bytes((std::istreambuf_iterator<char>(file)),
                                std::istreambuf_iterator<char>());
        if (bytes.find(text) != std::string::npos) {
          found.push_back(entry.path().string());
        }
      }
    }
    return found;
  }

  void ExpectNothingHalfWritten(int objects) {
    EXPECT_EQ(service_.Count("uploads results"), 0);
    EXPECT_EQ(service_.Count("objects results"), objects);
  }

  S3Service service_;
};

TEST_F(Storage, ARenderHasTheFramesThatItHasFromFiles) {
  const v1::JobSpec job =
      Job(std::string("input: ") + kInput + "\noutput: " + kOutput +
          "\nmodel: " WEFT_SOURCE_DIR
          "/deploy/models/weft-demo\nprompt: a harbour\nsteps: 4\nsmooth-steps: [2]\nwindow: 2\n"
          "chunk: 4\nframes: \"8:16\"\nlossless: true\n");
  {
    StandaloneFarm farm({.folder = Path("farm"), .worker_count = 2, .environment = Variables()});
    farm.Submit(job);
    ASSERT_EQ(farm.LiveToTheEnd().state(), v1::JOB_STATE_DONE) << farm.Notes();
    farm.Stop();
    EXPECT_EQ(farm.Check().exit_code, 0);
  }
  EXPECT_EQ(ResultHashes(), FileHashes(job));
  ExpectNothingHalfWritten(3);  // The film and its seam report.
  EXPECT_THAT(Holding(kSecret), ::testing::IsEmpty()) << "a secret was written down";
}

TEST_F(Storage, AWrongSecretFailsTheJobWithTheReason) {
  StandaloneFarm farm({.folder = Path("farm"), .environment = Variables("wrong-secret-it-is")});
  farm.Submit(Smoothing(kInput, kOutput));
  const v1::JobStatus status = farm.LiveToTheEnd();
  EXPECT_EQ(status.state(), v1::JOB_STATE_FAILED);
  EXPECT_THAT(status.error().message(),
              AllOf(HasSubstr(kOutput), HasSubstr("403 SignatureDoesNotMatch"),
                    HasSubstr("look at the credentials")));
  EXPECT_LT(service_.Count("requests"), 5) << "no storm of tries";
  farm.Stop();
  EXPECT_THAT(Holding("wrong-secret-it-is"), ::testing::IsEmpty());
}

TEST_F(Storage, ABucketThatGoesInTheMiddleFailsTheJobWithTheReason) {
  StandaloneFarm farm({.folder = Path("farm"), .environment = Variables()});
  v1::JobSpec job = Smoothing(kInput, kOutput);
  job.set_window(12);
  farm.Submit(job);
  while (farm.Status().fraction() == 0 && !cli::HasEnded(farm.Status().state())) {
    farm.Live();
  }
  service_.Tell("drop results 0");
  const v1::JobStatus status = farm.LiveToTheEnd();
  EXPECT_EQ(status.state(), v1::JOB_STATE_FAILED) << farm.Notes();
  EXPECT_THAT(status.error().message(),
              AllOf(HasSubstr(std::string("cannot write ") + kOutput),
                    HasSubstr("404 NoSuchBucket"), HasSubstr("make the bucket")));
}

TEST_F(Storage, WaitsForAStoreThatIsAwayAndResumes) {
  const v1::JobSpec job = Smoothing(kInput, kOutput);
  const std::string calm = FileHashes(job);
  service_.Tell("fail 503 SlowDown 8");  // More than a task tries by itself.
  service_.Tell("cut 2000 3");
  service_.Tell("slow 20000");
  StandaloneFarm farm({.folder = Path("farm"), .environment = Variables()});
  farm.Submit(job);
  ASSERT_EQ(farm.LiveToTheEnd().state(), v1::JOB_STATE_DONE) << farm.Notes();
  EXPECT_THAT(farm.Notes(), HasSubstr("503 SlowDown")) << "people see what it waits for";
  EXPECT_EQ(ResultHashes(), calm);
  ExpectNothingHalfWritten(3);
}

TEST_F(Storage, AWorkerKilledBeforeTheResultIsThereChangesNothing) {
  const v1::JobSpec job = Smoothing(kInput, kOutput);
  std::vector<std::string> variables = Variables();
  variables.push_back("WEFT_FAILPOINT=storage/before-output:1:" + Path("died"));
  StandaloneFarm farm({.folder = Path("farm"), .environment = variables});
  farm.Submit(job);
  ASSERT_EQ(farm.LiveToTheEnd().state(), v1::JOB_STATE_DONE) << farm.Notes();
  EXPECT_GE(farm.Restarts(), 1);
  farm.Stop();
  EXPECT_EQ(ResultHashes(), FileHashes(job));
  ExpectNothingHalfWritten(3);
  EXPECT_EQ(Contents(Path("cache/outgoing")), std::vector<std::string>{".gate"});
}

}  // namespace
}  // namespace weft::testing
