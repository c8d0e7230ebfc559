#include "common/transport/guest_list.h"

#include <array>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>
#include <utility>

#include "common/transport/curve_keys.h"

namespace weft {
namespace {

constexpr std::array<std::pair<Role, const char*>, 4> kRoles = {{{Role::kEverything, "everything"},
                                                                 {Role::kWorker, "worker"},
                                                                 {Role::kSubmit, "submit"},
                                                                 {Role::kOperate, "operate"}}};

std::optional<Role> RoleNamed(const std::string& word) {
  for (const auto& [role, name] : kRoles) {
    if (word == name) {
      return role;
    }
  }
  return std::nullopt;
}

tl::unexpected<Error> LineFailure(const std::string& path, int line, const std::string& what) {
  return Failure(ErrorCode::kInvalidArgument, path + ":" + std::to_string(line) + ": " + what);
}

Result<GuestList> ReadFile(const std::string& path) {
  std::ifstream file(path);
  if (!file) {
    return Failure(ErrorCode::kPermissionDenied,
                   path + ": " + std::generic_category().message(errno));
  }
  GuestList guests;
  std::string text;
  for (int line = 1; std::getline(file, text); ++line) {
    std::istringstream words(text);
    std::string role_name;
    std::string name;
    std::string key;
    if (!(words >> role_name) || role_name.front() == '#') {
      continue;
    }
    const std::optional<Role> role = RoleNamed(role_name);
    std::string more;
    if (!role.has_value() || role == Role::kEverything) {
      return LineFailure(path, line, "'" + role_name + "' is none of worker, submit and operate");
    }
    if (!(words >> name >> key) || words >> more || !IsCurveHalf(key)) {
      return LineFailure(path, line, "say ROLE NAME KEY, the key in 40 letters of Z85");
    }
    if (!guests.emplace(key, Guest{*role, name}).second) {
      return LineFailure(path, line, "the key of " + name + " stands in another line, too");
    }
  }
  return guests;
}

}  // namespace

Result<GuestList> ReadGuestList(const std::string& path) {
  std::error_code failure;
  if (std::filesystem::is_regular_file(path, failure)) {
    return ReadFile(path);
  }
  WEFT_ASSIGN_OR_RETURN(const CurveGuests named, ReadCurveGuests(path));
  GuestList guests;
  for (const auto& [key, name] : named) {
    guests.emplace(key, Guest{Role::kEverything, name});
  }
  return guests;
}

std::string ToText(const Guest& guest) {
  for (const auto& [role, name] : kRoles) {
    if (guest.role == role) {
      return std::string(name) + " " + guest.name;
    }
  }
  return "";
}

std::optional<Guest> GuestOf(const std::string& text) {
  const std::size_t space = text.find(' ');
  const std::optional<Role> role = RoleNamed(text.substr(0, space));
  if (!role.has_value() || space == std::string::npos || space + 1 == text.size()) {
    return std::nullopt;
  }
  return Guest{*role, text.substr(space + 1)};
}

}  // namespace weft
