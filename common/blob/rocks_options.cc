#include "common/blob/rocks_options.h"

#include <rocksdb/file_checksum.h>

namespace weft {

rocksdb::Options DatabaseOptions() {
  rocksdb::Options options;
  options.create_if_missing = true;
  options.create_missing_column_families = true;
  // The default mode drops acknowledged blobs behind a damaged record without a word.
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  options.file_checksum_gen_factory = rocksdb::GetFileChecksumGenCrc32cFactory();
  // A log of its own length from the start would take a memtable's room on the disk at once, which
  // the one before it needs to be flushed.
  options.allow_fallocate = false;
  options.max_background_jobs = 2;
  options.max_open_files = 512;
  options.max_total_wal_size = 256 << 20;
  options.write_buffer_size = 32 << 20;
  options.bytes_per_sync = 1 << 20;
  options.avoid_unnecessary_blocking_io = true;
  options.keep_log_file_num = 2;
  options.max_log_file_size = 4 << 20;
  options.stats_dump_period_sec = 0;
  options.info_log_level = rocksdb::InfoLogLevel::WARN_LEVEL;
  return options;
}

rocksdb::ColumnFamilyOptions BlobOptions() {
  rocksdb::ColumnFamilyOptions options(DatabaseOptions());
  options.compression = rocksdb::kNoCompression;  // Latents and video do not shrink.
  options.enable_blob_files = true;
  options.min_blob_size = 4096;
  options.blob_file_size = 64 << 20;
  options.enable_blob_garbage_collection = true;
  options.blob_garbage_collection_age_cutoff = 1.0;
  options.blob_garbage_collection_force_threshold = 0.5;
  return options;
}

}  // namespace weft
