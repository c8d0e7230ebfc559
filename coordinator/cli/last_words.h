// Why a worker ended, in its own words.

#pragma once

#include <string>

namespace weft::cli {

// A phrase that follows "the worker ended; ": what was printed last, on one line, or else the last
// warning or error of the log.
//
// print_path: what the worker printed, earlier starts included.
// log_path:   its log, JSON lines as common/log/log.h has them; empty: it has none. What processes
//             before the last one wrote there is left aside.
std::string LastWords(const std::string& print_path, const std::string& log_path);

}  // namespace weft::cli
