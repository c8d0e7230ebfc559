// What an S3-compatible store answers, in our words.

#pragma once

#include <string>

#include "common/error.h"
#include "common/storage/http_call.h"

namespace weft {

// The text of the first <NAME>…</NAME>, with its entities resolved; "" where there is none.
std::string XmlText(const std::string& xml, const std::string& name);

// Whether it did what it was asked. An answer of 200 may still hold an error, which is known only
// after a part of it was sent.
bool IsSuccess(const HttpAnswer& answer);

// The store's own name of what is wrong, such as "NoSuchKey"; "" where it has said none.
std::string S3Code(const HttpAnswer& answer);

// What it refused and why, and what to do about it. REQUIRES: it is no success.
//
// kUnavailable: it may do it later (5xx, 429, "SlowDown", …).
// kNotFound, kPermissionDenied, kInvalidArgument: it will not, whoever asks again.
Error S3Error(const HttpAnswer& answer);

}  // namespace weft
