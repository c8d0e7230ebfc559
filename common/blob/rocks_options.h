// How the blob store sets up RocksDB.

#pragma once

#include <rocksdb/options.h>

namespace weft {

rocksdb::Options DatabaseOptions();

// Of the column family that holds the bytes of small blobs.
rocksdb::ColumnFamilyOptions BlobOptions();

}  // namespace weft
