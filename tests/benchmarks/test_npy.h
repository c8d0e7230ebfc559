// Arrays in NumPy's format, for tests.

#pragma once

#include <string>

#include "tests/benchmarks/test_zip.h"

namespace weft::bench {

// dictionary: such as "{'descr': '<i2', 'fortran_order': False, 'shape': (2, 3), }".
inline std::string NpyOf(const std::string& dictionary, const std::string& values) {
  return "\x93NUMPY" + std::string("\1\0", 2) + LittleEndian(dictionary.size() + 1, 2) +
         dictionary + "\n" + values;
}

// shape: such as "2, 3".
inline std::string NpyOf(const std::string& type,
                         const std::string& shape,
                         const std::string& values) {
  return NpyOf("{'descr': '" + type + "', 'fortran_order': False, 'shape': (" + shape + "), }",
               values);
}

}  // namespace weft::bench
