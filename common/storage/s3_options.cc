#include "common/storage/s3_options.h"

#include <CLI/CLI.hpp>

namespace weft {

void AddS3Options(CLI::App& app, S3Options& options) {
  app.add_option("--s3-endpoint", options.endpoint,
                 "Where s3:// is, https://HOST[:PORT] [AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, AWS]")
      ->type_name("URL");
  app.add_option("--s3-region", options.region, "Its region [AWS_REGION, us-east-1]")
      ->type_name("NAME");
  app.add_flag("--s3-path-style", options.path_style,
               "Buckets stand in the path, not in the host's name");
  app.add_option("--s3-credentials", options.credentials,
                 "File as AWS's tools have it [AWS_ACCESS_KEY_ID …, ~/.aws/credentials]")
      ->type_name("FILE");
  app.add_option("--s3-profile", options.profile, "Its part of that file [AWS_PROFILE, default]")
      ->type_name("NAME");
  app.add_option("--s3-bucket", options.buckets,
                 "Only this bucket is read and written; may be repeated [all]")
      ->type_name("NAME");
}

}  // namespace weft
