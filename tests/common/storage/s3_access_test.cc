#include "common/storage/s3_access.h"

#include <fstream>
#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/common/temporary_folder.h"

namespace weft {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

using Variables = std::map<std::string, std::string>;

EnvironmentLookup Having(const Variables& variables) {
  return [variables](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional<std::string>(found->second);
  };
}

const Variables kKeys = {{"AWS_ACCESS_KEY_ID", "AK"}, {"AWS_SECRET_ACCESS_KEY", "hush"}};

Variables With(Variables variables, const std::string& name, const std::string& value) {
  variables[name] = value;
  return variables;
}

class S3AccessTest : public ::testing::Test {
 protected:
  std::string Write(const std::string& text) {
    std::ofstream(folder_.File("credentials")) << text;
    return folder_.File("credentials");
  }

  TemporaryFolder folder_;
};

TEST_F(S3AccessTest, IsAwsUnlessSomethingElseIsSaid) {
  const auto access = ResolveS3({}, Having(kKeys));
  ASSERT_TRUE(access) << access.error().message();
  EXPECT_EQ(access->scheme + "://" + access->host, "https://s3.us-east-1.amazonaws.com");
  EXPECT_EQ(access->region, "us-east-1");
  EXPECT_FALSE(access->path_style);
  EXPECT_EQ(access->credentials.access_key, "AK");
  EXPECT_EQ(access->credentials.secret_key, "hush");
  EXPECT_EQ(ResolveS3({}, Having(With(kKeys, "AWS_REGION", "eu-central-1")))->host,
            "s3.eu-central-1.amazonaws.com");
}

TEST_F(S3AccessTest, TakesOptionsBeforeTheEnvironment) {
  const Variables all = With(With(kKeys, "AWS_ENDPOINT_URL", "http://env:9000"), "AWS_REGION", "a");
  EXPECT_EQ(ResolveS3({}, Having(all))->host, "env:9000");
  EXPECT_EQ(ResolveS3({}, Having(With(all, "AWS_ENDPOINT_URL_S3", "https://s3only")))->host,
            "s3only");
  const auto access =
      ResolveS3({.endpoint = "https://minio.studio:443/", .region = "b"}, Having(all));
  EXPECT_EQ(access->host, "minio.studio") << "a port that goes without saying is not signed";
  EXPECT_EQ(access->region, "b");
}

TEST_F(S3AccessTest, PutsBucketsIntoThePathWhereNoHostsAreBelow) {
  const auto style = [](const std::string& endpoint) {
    return ResolveS3({.endpoint = endpoint}, Having(kKeys))->path_style;
  };
  EXPECT_TRUE(style("http://127.0.0.1:9000"));
  EXPECT_TRUE(style("http://[::1]:9000"));
  EXPECT_TRUE(style("http://localhost:9000"));
  EXPECT_FALSE(style("https://storage.studio"));
}

TEST_F(S3AccessTest, ReadsAFileAsAwsToolsDo) {
  const std::string file = Write(
      "# two of them\n[default]\naws_access_key_id=AK1\naws_secret_access_key = s/=+1\n\n"
      "[ farm ]\r\naws_access_key_id = AK2\r\naws_secret_access_key=s2\r\n"
      "aws_session_token = tok==\r\nregion = elsewhere\n");
  const auto usual = ResolveS3({.credentials = file}, Having(kKeys));
  ASSERT_TRUE(usual) << usual.error().message();
  EXPECT_EQ(usual->credentials.access_key, "AK1") << "a file that is named comes first";
  EXPECT_EQ(usual->credentials.secret_key, "s/=+1");
  EXPECT_EQ(usual->credentials.session_token, "");
  const auto farm = ResolveS3({.credentials = file, .profile = "farm"}, Having({}));
  EXPECT_EQ(farm->credentials.secret_key, "s2");
  EXPECT_EQ(farm->credentials.session_token, "tok==");
  EXPECT_EQ(ResolveS3({}, Having({{"AWS_SHARED_CREDENTIALS_FILE", file}, {"AWS_PROFILE", "farm"}}))
                ->credentials.access_key,
            "AK2");
}

TEST_F(S3AccessTest, TakesTheSessionTokenOfTheEnvironment) {
  const auto access = ResolveS3({}, Having(With(kKeys, "AWS_SESSION_TOKEN", "tok\n")));
  EXPECT_EQ(access->credentials.session_token, "tok") << "secrets are mounted with a line's end";
}

TEST_F(S3AccessTest, SaysWhatIsMissingAndNoSecret) {
  const auto message = [](const S3Options& options, const Variables& variables) {
    const auto access = ResolveS3(options, Having(variables));
    return access ? "" : access.error().message();
  };
  EXPECT_THAT(message({}, {}), HasSubstr("no S3 credentials here: set AWS_ACCESS_KEY_ID"));
  EXPECT_THAT(message({}, {{"AWS_SECRET_ACCESS_KEY", "hush"}}), HasSubstr("half of"));
  EXPECT_THAT(message({}, {{"AWS_SECRET_ACCESS_KEY", "hush"}}), Not(HasSubstr("hush")));
  const std::string file = Write("[default]\naws_secret_access_key = hush\n");
  EXPECT_THAT(message({.credentials = file}, {}), HasSubstr("for [default] in " + file));
  EXPECT_THAT(message({.credentials = file}, {}), Not(HasSubstr("hush")));
  EXPECT_THAT(message({.credentials = folder_.File("none")}, {}), HasSubstr("No such file"));
  EXPECT_THAT(message({.endpoint = "minio:9000"}, kKeys), HasSubstr("must be https://HOST[:PORT]"));
  EXPECT_THAT(message({.endpoint = "https://minio/reels"}, kKeys), HasSubstr("must be"));
}

}  // namespace
}  // namespace weft
