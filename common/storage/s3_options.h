// The options of every program that reads or writes an S3-compatible store.

#pragma once

#include <CLI/App.hpp>

#include "common/storage/s3_access.h"

namespace weft {

// options: outlives `app`, which fills it in when it parses.
void AddS3Options(CLI::App& app, S3Options& options);

}  // namespace weft
