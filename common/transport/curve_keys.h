// Keys of CURVE (curvezmq.org), by which the two sides of a TCP connection know each other and
// encrypt what they say.
//
// A key file holds both halves and must be readable by its owner alone; the public half lies beside
// it in FILE.pub and may go anywhere. Both are lines of a word and a value; halves are 40 letters
// of Z85 (rfc.zeromq.org/spec/32).

#pragma once

#include <map>
#include <string>

#include "common/result.h"

namespace weft {

struct CurveKeys {
  std::string public_half;
  std::string secret_half;
};

// New ones, at random.
// kUnsupported: this libzmq knows no CURVE.
Result<CurveKeys> MakeCurveKeys();

// Writes `path`, with mode 0600, and `path`.pub.
// kAlreadyExists: there is one already.  kPermissionDenied, kNoSpace: they cannot be written.
Status WriteCurveKeys(const std::string& path, const CurveKeys& keys);

// kNotFound: no such file.  kPermissionDenied: others than its owner may read it, or we may not.
// kInvalidArgument: it holds no keys.
Result<CurveKeys> ReadCurveKeys(const std::string& path);

// The public half from a key file's FILE.pub.
Result<std::string> ReadPublicHalf(const std::string& path);

// Whether the text is a half: 40 letters of Z85.
bool IsCurveHalf(const std::string& text);

// Public halves and the names of their owners.
using CurveGuests = std::map<std::string, std::string>;

// Every NAME.pub in `folder`. kNotFound: no such folder.  Other errors: of ReadPublicHalf().
Result<CurveGuests> ReadCurveGuests(const std::string& folder);

}  // namespace weft
