// Bytes and names that a power cut leaves where they are.

#pragma once

#include <string>
#include <string_view>
#include <system_error>

namespace weft {

// All bytes are on disk on return; else what the system says, and some of them may be written.
// file: open for writing.
[[nodiscard]] std::error_code WriteDurably(int file, std::string_view bytes);

// The names in the folder are on disk on return; else what the system says. Ok as well for folders
// that the file system cannot sync, or that this process may not read: there is no other way.
[[nodiscard]] std::error_code SyncFolder(const std::string& folder);

}  // namespace weft
