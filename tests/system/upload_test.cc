// Jobs of people who share no storage with the workers: clips are handed in with them, results are
// fetched. Whoever is killed meanwhile, the files are those of a render on this machine.

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gmock/gmock.h>

#include "common/bulk/remote_blob_store.h"
#include "common/transport/zmq_transport.h"
#include "tests/system/rendering.h"
#include "tests/system/standalone_farm.h"

namespace weft::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class Upload : public Rendering {
 protected:
  void SetUp() override {
    Rendering::SetUp();
    fs::create_directory(Path("artist"));
    fs::copy_file(clip_, Path("artist/take.mkv"));
    WriteRender("8:16");
  }

  void WriteRender(const std::string& frames) const {
    Write("input: take.mkv\noutput: neon.mkv\nmodel: " WEFT_SOURCE_DIR
          "/deploy/models/weft-demo\nprompt: a harbour\nsteps: 4\nsmooth-steps: [2]\nwindow: 2\n"
          "chunk: 4\nlossless: true\nframes: \"" +
          frames + "\"\n");
  }

  void Write(const std::string& job) const { std::ofstream(Path("artist/neon.yaml")) << job; }

  // A deflicker job takes less time than a render.
  void WriteShortJob() const {
    Write(
        "kind: deflicker\nstyle: take.mkv\noutput: neon.mkv\nmode: balanced\nwindow: 2\n"
        "chunk: 15\nlossless: true\n");
  }

  [[nodiscard]] StandaloneFarm::Options Farm(const std::string& folder = "farm",
                                             std::vector<std::string> variables = {}) const {
    variables.push_back("CACHE_DIRECTORY=" + Path(folder + "-cache"));
    return {.folder = Path(folder), .worker_count = 1, .environment = std::move(variables)};
  }

  [[nodiscard]] std::vector<std::string> Words(std::vector<std::string> words,
                                               const std::string& folder = "farm") const {
    words.insert(words.begin(), Program("weft"));
    words.insert(words.end(), {"--coordinator", "ipc://" + Path(folder + "/control")});
    return words;
  }

  [[nodiscard]] Outcome Weft(const std::vector<std::string>& words,
                             const std::string& folder = "farm") const {
    return RunCommand(Words(words, folder), commands_.path().string());
  }

  [[nodiscard]] Outcome Submit() const {
    return Weft({"submit", Path("artist/neon.yaml"), "--upload", "--client-token", "neon"});
  }

  // Those who end meanwhile are started again.
  Outcome WatchAndTend(StandaloneFarm& farm, const std::string& folder = "farm") const {
    Command watch(Words({"watch", "take"}, folder), commands_.path().string());
    while (!watch.WaitFor(std::chrono::milliseconds(20))) {
      farm.Tend();
    }
    return watch.Wait();
  }

  // Into the folder, which is named as the farm is fetched from.
  void FetchTo(const std::string& to, const std::string& folder = "farm") const {
    const Outcome fetched = Weft({"fetch", "take", "-o", Path(to)}, folder);
    ASSERT_EQ(fetched.exit_code, 0) << fetched.errors;
    EXPECT_EQ(fetched.output, Path(to) + "/neon.mkv\n");
    EXPECT_THAT(Contents(Path(to)),
                ElementsAre("neon.mkv", "neon.mkv.seams.json", "neon.mkv.seams.png"));
  }

  void RunAlone(const std::string& command) const {
    fs::create_directory(Path("alone"));
    const Outcome rendered = RunCommand(
        {Program("weft"), command, Path("artist/neon.yaml"), "-o", Path("alone/neon.mkv")},
        commands_.path().string());
    ASSERT_EQ(rendered.exit_code, 0) << rendered.errors;
  }

  static std::string Read(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  void ExpectSameAsAlone(const std::string& folder) const {
    for (const char* const name : {"/neon.mkv", "/neon.mkv.seams.json", "/neon.mkv.seams.png"}) {
      EXPECT_FALSE(Read(Path(folder) + name).empty()) << name;
      EXPECT_TRUE(Read(Path(folder) + name) == Read(Path("alone") + name)) << name << " differs";
    }
  }

  // Of tasks that are done.
  [[nodiscard]] std::ptrdiff_t CountDone(const std::string& folder = "farm") const {
    const std::string lines = Weft({"tasks", "take", "--state", "done", "--json"}, folder).output;
    return std::count(lines.begin(), lines.end(), '\n');
  }
};

TEST_F(Upload, AFleetThatSeesNoFilesMakesTheSameOnes) {
  RunAlone("render");
  StandaloneFarm farm(Farm());
  const Outcome submitted = Submit();
  ASSERT_EQ(submitted.exit_code, 0) << submitted.errors;
  EXPECT_THAT(submitted.errors, HasSubstr("take.mkv: sent"));
  const Outcome again = Submit();
  EXPECT_EQ(again.exit_code, 0) << again.errors;
  EXPECT_THAT(again.output, HasSubstr("known already"));
  EXPECT_THAT(again.errors, Not(HasSubstr("sent"))) << "nothing goes twice";
  EXPECT_THAT(Weft({"fetch", "take"}).errors, HasSubstr("nothing to fetch yet"));
  fs::remove(Path("artist/take.mkv"));
  fs::remove(clip_);
  const Outcome watched = Weft({"watch", "take"});
  ASSERT_EQ(watched.exit_code, 0) << watched.errors;
  EXPECT_THAT(Weft({"show", "take"}).output,
              AllOf(HasSubstr("/result/neon.mkv"), HasSubstr("kept here until")));
  EXPECT_FALSE(fs::exists(Path("artist/neon.mkv")));
  FetchTo("fetched");
  ExpectSameAsAlone("fetched");
  farm.Coordinator().Signal(SIGKILL);
  while (farm.Restarts() == 0) {
    farm.Tend();
  }
  FetchTo("once more");
  ExpectSameAsAlone("once more");
  farm.Stop();
  EXPECT_EQ(farm.Check().exit_code, 0);
}

TEST_F(Upload, AKillWhileTheResultIsSentChangesNothing) {
  WriteShortJob();
  RunAlone("deflicker");
  // The store's fifth blob is the result's second: a clip and two segments came before.
  for (const std::string place : {"result/before-piece:2", "result/before-index:1",
                                  "store/before-put:5", "store/after-put:5", "store/after-put:7"}) {
    SCOPED_TRACE(place);
    StandaloneFarm farm(Farm("farm", {"WEFT_FAILPOINT=" + place + ":" + Path("died")}));
    ASSERT_EQ(Submit().exit_code, 0);
    const Outcome watched = WatchAndTend(farm);
    ASSERT_EQ(watched.exit_code, 0) << watched.errors;
    EXPECT_TRUE(fs::exists(Path("died"))) << "nobody came there";
    EXPECT_EQ(farm.Restarts(), 1);
    FetchTo("fetched");
    ExpectSameAsAlone("fetched");
    farm.Stop();
    const Outcome check = farm.Check();
    EXPECT_EQ(check.exit_code, 0) << check.output;
    EXPECT_EQ(farm.KeptOutcomes(), 0U);
    for (const std::string made : {"farm", "farm-cache", "fetched", "died"}) {
      fs::remove_all(Path(made));
    }
  }
}

TEST_F(Upload, ClipsOfABatchShareAModelAndAnchorsThatNobodyElseSees) {
  const std::string demo = WEFT_SOURCE_DIR "/deploy/models/weft-demo";
  fs::copy(demo, Path("artist/demo"), fs::copy_options::recursive);
  const std::string both =
      "prompt: a harbour\nsteps: 3\nsmooth-steps: none\nwindow: 2\nchunk: 4\nlossless: true\n";
  Write(both + "model: demo\noutput: \"{name}.mkv\"\nclips:\n" +
        "  - {name: one, input: take.mkv, frames: \"0:8\"}\n" +
        "  - {name: two, input: take.mkv, frames: \"12:20\", anchors: \"from:one\"}\n");
  fs::create_directory(Path("alone"));
  const auto alone = [&](const std::string& name, const std::string& frames,
                         const std::string& more) {
    std::ofstream(Path("alone/job.yaml"))
        << both << "model: " << demo << "\ninput: " << clip_ << "\nframes: \"" << frames << "\"\n"
        << more;
    const Outcome rendered = RunCommand(
        {Program("weft"), "render", Path("alone/job.yaml"), "-o", Path("alone/" + name + ".mkv")},
        commands_.path().string());
    ASSERT_EQ(rendered.exit_code, 0) << rendered.errors;
  };
  alone("one", "0:8", "save-anchors: look\n");
  alone("two", "12:20", "anchors-from: look\n");

  StandaloneFarm farm(Farm());
  const Outcome submitted =
      Weft({"submit", Path("artist/neon.yaml"), "--upload", "--upload-models"});
  ASSERT_EQ(submitted.exit_code, 0) << submitted.errors;
  fs::remove_all(Path("artist"));
  for (const std::string name : {"one", "two"}) {
    ASSERT_EQ(Weft({"watch", name}).exit_code, 0) << Weft({"show", name}).output;
    const Outcome fetched = Weft({"fetch", name, "-o", Path("fetched")});
    ASSERT_EQ(fetched.exit_code, 0) << fetched.errors;
    const std::string film = "/" + name + ".mkv";
    EXPECT_TRUE(Read(Path("fetched") + film) == Read(Path("alone") + film)) << name << " differs";
  }
  EXPECT_TRUE(Read(Path("fetched/one.mkv.look")) == Read(Path("alone/look")));
  farm.Stop();
  EXPECT_EQ(farm.Check().exit_code, 0);
}

TEST_F(Upload, AResultGoesWhenItsTimeIsOver) {
  WriteShortJob();
  StandaloneFarm::Options options = Farm();
  options.coordinator = {"--result-hours", "0.0005", "--upload-hours", "0"};
  StandaloneFarm farm(options);
  ASSERT_EQ(Submit().exit_code, 0);
  ASSERT_EQ(Weft({"watch", "take"}).exit_code, 0);
  std::string shown;
  while (shown.find("was kept here until") == std::string::npos) {
    shown = Weft({"show", "take"}).output;
    ASSERT_THAT(shown, HasSubstr("kept here until"));
  }
  const Outcome fetched = Weft({"fetch", "take", "-o", Path("fetched")});
  EXPECT_NE(fetched.exit_code, 0);
  EXPECT_THAT(fetched.errors, HasSubstr("was kept until"));
  const auto context = *ZmqContext::Open({});
  RemoteBlobStore blobs(*context->Connect("ipc://" + Path("farm/bulk")));
  while (!blobs.List("")->empty()) {  // Dropped within some seconds.
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  farm.Stop();
  EXPECT_EQ(farm.Check().exit_code, 0);
}

TEST_F(Upload, ABackupOfARunningFarmGoesOnElsewhere) {
  WriteRender("0:30");
  RunAlone("render");
  std::ptrdiff_t done = 0;
  {
    StandaloneFarm farm(Farm());
    ASSERT_EQ(Submit().exit_code, 0);
    while (CountDone() < 5) {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    done = CountDone();
    fs::create_directory(Path("other"));
    const Outcome copied = Weft({"backup", Path("other/state")});
    ASSERT_EQ(copied.exit_code, 0) << copied.errors;
    ASSERT_THAT(Weft({"show", "take"}).output, HasSubstr("running")) << "too late for a test";
  }
  fs::remove_all(Path("farm"));
  fs::remove_all(Path("artist/take.mkv"));
  StandaloneFarm::Options options = Farm("other");
  options.lease = std::chrono::milliseconds(1000);  // Nobody comes back to what ran.
  StandaloneFarm other(options);
  EXPECT_GE(CountDone("other"), done) << "what was done is done";
  const Outcome watched = WatchAndTend(other, "other");
  ASSERT_EQ(watched.exit_code, 0) << watched.errors;
  FetchTo("fetched", "other");
  ExpectSameAsAlone("fetched");

  fs::create_directory(Path("third"));
  ASSERT_EQ(Weft({"backup", Path("third/state")}, "other").exit_code, 0);
  other.Stop();
  options = Farm("third");
  options.worker_count = 0;
  StandaloneFarm third(options);
  FetchTo("fetched elsewhere", "third");
  ExpectSameAsAlone("fetched elsewhere");
}

}  // namespace
}  // namespace weft::testing
