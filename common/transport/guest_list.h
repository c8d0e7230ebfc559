// Who may connect by key, and as what.
//
// A file has a line for each, beginning with the role; empty lines and those that begin with # say
// nothing:
//
//   worker  gpu17  rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7
//   submit  ada    Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID
//   operate bob    the 40 letters of bob.key.pub
//
// A folder, as it was before there were roles, has NAME.pub for each; all in it may do everything.

#pragma once

#include <map>
#include <optional>
#include <string>

#include "common/guest.h"
#include "common/result.h"

namespace weft {

// Guests by their public keys.
using GuestList = std::map<std::string, Guest>;

// kNotFound: no such file or folder.  kInvalidArgument: names the line that says none of the above,
// or what another line says.  Other errors: it cannot be read.
Result<GuestList> ReadGuestList(const std::string& path);

// "submit ada", and back. Nothing of other text.
std::string ToText(const Guest& guest);
std::optional<Guest> GuestOf(const std::string& text);

}  // namespace weft
