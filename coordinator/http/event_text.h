// Log records as server-sent events.
// Source: https://html.spec.whatwg.org/multipage/server-sent-events.html

#pragma once

#include <string>

#include "weft/v1/log.pb.h"

namespace weft::coordinator {

// One event a record, its data a line of JSON. The last one carries the page's end as its id:
// whoever comes back with that loses nothing. Empty for a page without records.
std::string EventText(const v1::LogPage& page);

}  // namespace weft::coordinator
