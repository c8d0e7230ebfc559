#include "worker/storage/task_files.h"

#include <filesystem>
#include <fstream>
#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/blob/memory_blob_store.h"
#include "common/storage/sha256_sum.h"
#include "common/storage/upload_place.h"
#include "tests/common/storage/s3_service.h"
#include "tests/common/temporary_folder.h"

namespace weft::worker {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kInput = "s3://reels/in/clip.mp4";
constexpr const char* kOutput = "s3://reels/out/neon.mp4";

class TaskFilesTest : public ::testing::Test {
 protected:
  TaskFilesTest() {
    std::ofstream(folder_.File("credentials"))
        << "[default]\naws_access_key_id = S3RVER\naws_secret_access_key = S3RVER\n";
    options_.s3.endpoint = service_.Endpoint();
    options_.s3.credentials = folder_.File("credentials");
    options_.cache_folder = folder_.File("cache");
    task_.mutable_job()->set_input_path(kInput);
    task_.mutable_job()->set_output_path(kOutput);
    Put("in/clip.mp4", "the clip");
  }

  void Put(const std::string& key, const std::string& text) {
    std::ofstream(folder_.File("put")) << text;
    S3Store store(service_.Access());
    ASSERT_TRUE(store.Write({"reels", key}, folder_.File("put"), {}));
  }

  // Its URL.
  std::string HandIn(const std::string& name, const std::string& content) {
    Sha256Sum sum;
    sum.Add(content);
    const UploadPlace place{"ada", sum.Take(), content.size(), name};
    for (std::uint32_t piece = 0; piece < place.PieceCount(); ++piece) {
      EXPECT_TRUE(blobs_.Put(place.PieceKey(piece),
                             content.substr(piece * kUploadPieceBytes, kUploadPieceBytes)));
    }
    return place.Url();
  }

  Result<TaskFiles> Bring(v1::Stage stage) {
    task_.mutable_attempt()->mutable_task()->set_stage(stage);
    return TaskFiles::Bring(task_, versions_, options_, blobs_, {});
  }

  TemporaryFolder folder_;
  S3Service service_;
  StorageOptions options_;
  MemoryBlobStore blobs_;
  v1::Task task_;
  v1::ObjectVersions versions_;
};

TEST_F(TaskFilesTest, BringsClipsAndSaysWhichTheyWere) {
  Put("in/guide.mp4", "the guide");
  Put("in/maps.mkv", "the maps");
  task_.mutable_job()->set_guide_path("s3://reels/in/guide.mp4");
  task_.mutable_job()->add_controls()->set_maps_path("s3://reels/in/maps.mkv");
  task_.mutable_job()->set_model_path("/models/dream");
  const auto files = Bring(v1::STAGE_PROBE);
  ASSERT_TRUE(files) << files.error().message();
  const v1::JobSpec& job = files->Task().job();
  EXPECT_EQ(fs::file_size(job.input_path()), 8U);
  EXPECT_EQ(fs::file_size(job.guide_path()), 9U);
  EXPECT_EQ(fs::file_size(job.controls(0).maps_path()), 8U);
  EXPECT_EQ(job.model_path(), "/models/dream");
  const v1::ObjectVersions versions = files->Versions();
  ASSERT_EQ(versions.objects_size(), 3);
  EXPECT_EQ(versions.objects(0).url(), kInput);
  EXPECT_EQ(versions.objects(0).size_bytes(), 8U);
  EXPECT_NE(versions.objects(0).etag(), "");
}

TEST_F(TaskFilesTest, KeepsToTheVersionsOfTheProbe) {
  versions_ = Bring(v1::STAGE_PROBE)->Versions();
  Put("in/clip.mp4", "another clip");
  const auto here = Bring(v1::STAGE_DENOISE);
  ASSERT_TRUE(here) << "it is in the cache: " << here.error().message();
  EXPECT_EQ(fs::file_size(here->Task().job().input_path()), 8U);
  options_.cache_folder = folder_.File("cache of another machine");
  const auto there = Bring(v1::STAGE_DENOISE);
  ASSERT_FALSE(there);
  EXPECT_EQ(there.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_THAT(there.error().message(),
              AllOf(HasSubstr(kInput), HasSubstr("the object has changed")));
}

TEST_F(TaskFilesTest, MakesTheOutputAnObject) {
  auto files = Bring(v1::STAGE_ASSEMBLE);
  ASSERT_TRUE(files) << files.error().message();
  const std::string path = files->Task().job().output_path();
  EXPECT_EQ(fs::path(path).filename(), "neon.mp4");
  std::ofstream(path) << "film";
  ASSERT_TRUE(files->Publish({}, {}));
  S3Store store(service_.Access());
  EXPECT_EQ(store.Look({"reels", "out/neon.mp4"}, {})->size_bytes, 4U);
}

TEST_F(TaskFilesTest, ProbesWhetherTheOutputMayBeWritten) {
  task_.mutable_job()->set_output_path("s3://nowhere/neon.mp4");
  const auto files = Bring(v1::STAGE_PROBE);
  ASSERT_FALSE(files);
  EXPECT_EQ(files.error().code(), ErrorCode::kNotFound);
  EXPECT_THAT(files.error().message(), HasSubstr("cannot write s3://nowhere/neon.mp4"));
}

TEST_F(TaskFilesTest, NamesFilesAsTheJobDoes) {
  const auto files = Bring(v1::STAGE_ASSEMBLE);
  const v1::JobSpec& job = files->Task().job();
  const Error error(ErrorCode::kDataLoss,
                    job.input_path() + ": frame 3 is damaged; not written: " + job.output_path());
  EXPECT_EQ(files->Named(error).message(),
            std::string(kInput) + ": frame 3 is damaged; not written: " + kOutput);
  EXPECT_EQ(files->Named(error).code(), ErrorCode::kDataLoss);
}

TEST_F(TaskFilesTest, BringsModelsAsFolders) {
  v1::JobSpec& job = *task_.mutable_job();
  job.set_input_path(HandIn("clip.mp4", "clip"));
  job.set_output_path("/somewhere/neon.mp4");
  v1::HandedInModel& model = *job.add_models();
  model.set_url("weft://model/" + std::string(64, 'a') + "/dream");
  for (const char* const name : {"dream/model_index.json", "dream/unet/config.json"}) {
    v1::ModelPart& part = *model.add_parts();
    part.set_name(name);
    part.set_url(HandIn(fs::path(name).filename().string(), name));
  }
  job.set_model_path(model.url());
  job.add_controls()->set_net_path(model.url());
  job.set_vae_path("/models/vae");
  const auto files = Bring(v1::STAGE_DENOISE);
  ASSERT_TRUE(files) << files.error().message();
  const v1::JobSpec& here = files->Task().job();
  EXPECT_EQ(fs::path(here.model_path()).filename(), "dream");
  EXPECT_EQ(fs::file_size(here.model_path() + "/model_index.json"), 22U);
  EXPECT_EQ(fs::file_size(here.model_path() + "/unet/config.json"), 22U);
  EXPECT_EQ(here.controls(0).net_path(), here.model_path());
  EXPECT_EQ(here.vae_path(), "/models/vae");
  const Error error(ErrorCode::kInvalidArgument, here.model_path() + "/unet: no weights");
  EXPECT_EQ(files->Named(error).message(), model.url() + "/unet: no weights");
  EXPECT_EQ(Bring(v1::STAGE_ANCHOR)->Task().job().model_path(), here.model_path())
      << "or it would be loaded anew for each task";
  EXPECT_EQ(Bring(v1::STAGE_ASSEMBLE)->Task().job().model_path(), model.url()) << "needs none";
  model.mutable_parts(1)->set_name("../elsewhere");
  EXPECT_EQ(Bring(v1::STAGE_DENOISE).error().code(), ErrorCode::kInvalidArgument);
}

TEST_F(TaskFilesTest, BringsWhatWasHandedIn) {
  task_.mutable_job()->set_input_path(HandIn("clip.mp4", std::string(5 << 20, 'c')));
  task_.mutable_job()->set_output_path("/somewhere/neon.mp4");
  task_.mutable_job()->add_loras()->set_path(HandIn("grain.safetensors", "lora"));
  task_.mutable_job()->add_embedding_paths(HandIn("night sky.safetensors", "embedding"));
  task_.mutable_job()->set_look_path(HandIn("film.look", "look"));
  options_.s3.credentials = folder_.File("none");  // It takes none.
  const auto probe = Bring(v1::STAGE_PROBE);
  ASSERT_TRUE(probe) << probe.error().message();
  const v1::JobSpec& job = probe->Task().job();
  EXPECT_EQ(fs::file_size(job.input_path()), std::uintmax_t{5} << 20);
  EXPECT_EQ(fs::path(job.input_path()).extension(), ".mp4");
  EXPECT_EQ(fs::file_size(job.loras(0).path()), 4U);
  EXPECT_EQ(fs::file_size(job.embedding_paths(0)), 9U);
  EXPECT_EQ(fs::path(job.embedding_paths(0)).filename(), "night sky.safetensors");
  EXPECT_EQ(fs::file_size(job.look_path()), 4U);
  EXPECT_EQ(probe->Versions().objects_size(), 0);
  const auto denoise = Bring(v1::STAGE_DENOISE);
  ASSERT_TRUE(denoise) << denoise.error().message();
  EXPECT_EQ(denoise->Task().job().embedding_paths(0), job.embedding_paths(0));
  EXPECT_EQ(denoise->Task().job().loras(0).path(), job.loras(0).path());
}

TEST_F(TaskFilesTest, KeepsTheOutputWithTheCoordinator) {
  task_.mutable_job()->set_input_path(HandIn("clip.mp4", "clip"));
  task_.mutable_job()->set_output_path("weft://_ada/result/neon.mp4");
  options_.s3.credentials = folder_.File("none");  // It takes none.
  EXPECT_EQ(fs::path(Bring(v1::STAGE_PROBE)->Task().job().output_path()).filename(), "neon.mp4");
  EXPECT_EQ(Bring(v1::STAGE_FINISH)->Task().job().output_path(), "weft://_ada/result/neon.mp4");
  auto files = Bring(v1::STAGE_ASSEMBLE);
  ASSERT_TRUE(files) << files.error().message();
  const std::string path = files->Task().job().output_path();
  std::ofstream(path) << "film";
  std::map<std::string, std::string> stored;
  const OutputSink sink{[&](const std::string& name, const std::string& bytes) -> Status {
                          stored[name] = bytes;
                          return {};
                        },
                        {}};
  ASSERT_TRUE(files->Publish(sink, {}));
  EXPECT_EQ(stored.size(), 2U);
  EXPECT_EQ(stored["result/_ada/0/00000000"], "film");
  EXPECT_EQ(files->Named({ErrorCode::kDataLoss, path + ": no film"}).message(),
            "weft://_ada/result/neon.mp4: no film");
  // What this worker's own disk lacks, another one's may have.
  const Error full = files->Named({ErrorCode::kNoSpace, path + ": no room"});
  EXPECT_EQ(full.code(), ErrorCode::kFailedPrecondition);
  EXPECT_THAT(full.message(), HasSubstr("this worker cannot write its cache: " + path));
  EXPECT_EQ(files->Named({ErrorCode::kNoSpace, "a blob: no room"}).code(), ErrorCode::kNoSpace);
}

TEST_F(TaskFilesTest, SaysWhatWasHandedInAndIsGone) {
  task_.mutable_job()->set_input_path(HandIn("clip.mp4", "clip"));
  ASSERT_TRUE(blobs_.DeletePrefix("uploads/"));
  const auto files = Bring(v1::STAGE_PROBE);
  ASSERT_FALSE(files);
  EXPECT_EQ(files.error().code(), ErrorCode::kNotFound);
  EXPECT_THAT(files.error().message(), AllOf(HasSubstr("clip.mp4"), HasSubstr("--upload")));
}

TEST_F(TaskFilesTest, SaysWhatIsWrongAndNoSecret) {
  service_.Tell("secret another");
  EXPECT_THAT(Bring(v1::STAGE_PROBE).error().message(),
              AllOf(HasSubstr("SignatureDoesNotMatch"), Not(HasSubstr("S3RVER"))));
  options_.cache_folder = "";
  EXPECT_THAT(Bring(v1::STAGE_PROBE).error().message(), HasSubstr("--cache"));
}

}  // namespace
}  // namespace weft::worker
