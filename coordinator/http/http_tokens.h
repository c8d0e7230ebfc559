// Who may do what over HTTP: bearer tokens, each with a role.

#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "common/guest.h"
#include "common/result.h"
#include "coordinator/http/message.h"

namespace weft::coordinator {

class HttpTokens {
 public:
  struct Holder {
    Guest guest;
    bool may_change = false;  // Else it may look only.
  };

  // The file has a line "ROLE NAME SHA256" for each token: view looks, submit hands in jobs and
  // commands those, operate commands everything; the sum is the token's, in hexadecimal. Empty
  // lines and those that begin with # do not count. kInvalidArgument: no such file, or a line is
  // wrong; says which.
  static Result<HttpTokens> Read(const std::string& path);

  // authorization: the header, "Bearer TOKEN". Nothing: nobody holds such a token.
  [[nodiscard]] std::optional<Holder> Find(const std::string& authorization) const;

 private:
  std::map<std::string, Holder> holders_;  // By sum.
};

// Who sends the request; or the reply to somebody who may not: 401, 403. Whether the program lives
// and is ready everybody may ask.
// tokens: null where none are asked for, and everybody may do everything who reaches the address.
// Then a page of another site, open in the browser of somebody who does, may not: requests are
// refused that come from one (Origin), or under a name that its owner may have bound to this
// address (DNS rebinding): the host must be an IP address, or a name without a dot or that the
// public DNS does not have.
std::variant<Guest, HttpReply> Admit(const HttpRequest& request, const HttpTokens* tokens);

}  // namespace weft::coordinator
