#include "common/transport/curve_keys.h"

#include <array>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zmq.h>

namespace weft {
namespace {

constexpr std::size_t kHalfLetters = 40;
constexpr mode_t kOwnerOnly = 0600;
constexpr mode_t kAnybody = 0644;
constexpr const char* kPublicWord = "weft-public";
constexpr const char* kSecretWord = "weft-secret";

ErrorCode CodeOf(int error) {
  switch (error) {
    case ENOENT:
      return ErrorCode::kNotFound;
    case EEXIST:
      return ErrorCode::kAlreadyExists;
    case ENOSPC:
      return ErrorCode::kNoSpace;
    default:
      return ErrorCode::kPermissionDenied;
  }
}

tl::unexpected<Error> FileFailure(const std::string& path, int error) {
  return Failure(CodeOf(error), path + ": " + std::generic_category().message(error));
}

Status WriteNew(const std::string& path, const std::string& text, mode_t mode) {
  const int file = ::open(path.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, mode);
  if (file < 0) {
    return FileFailure(path, errno);
  }
  const bool written =
      ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
      ::fsync(file) == 0;
  const int error = errno;
  ::close(file);
  return written ? Status() : FileFailure(path, error);
}

Result<std::map<std::string, std::string>> ReadWords(const std::string& path) {
  std::ifstream file(path);
  if (!file) {
    return FileFailure(path, errno);
  }
  std::map<std::string, std::string> words;
  std::string word;
  std::string value;
  while (file >> word >> value) {
    words[word] = value;
  }
  return words;
}

Result<std::string> Half(const std::string& path,
                         const std::map<std::string, std::string>& words,
                         const char* word) {
  const auto half = words.find(word);
  if (half == words.end() || !IsCurveHalf(half->second)) {
    return Failure(ErrorCode::kInvalidArgument,
                   path + ": no line '" + word + "' with 40 letters of Z85");
  }
  return half->second;
}

Status RequireOwnerOnly(const std::string& path) {
  struct stat facts {};
  if (::stat(path.c_str(), &facts) != 0) {
    return FileFailure(path, errno);
  }
  if ((facts.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return Failure(ErrorCode::kPermissionDenied,
                   path + ": others than its owner may read it; chmod 600 it");
  }
  return {};
}

}  // namespace

bool IsCurveHalf(const std::string& text) {
  std::array<std::uint8_t, kHalfLetters> decoded{};
  return text.size() == kHalfLetters && ::zmq_z85_decode(decoded.data(), text.c_str()) != nullptr;
}

Result<CurveKeys> MakeCurveKeys() {
  std::array<char, kHalfLetters + 1> public_half{};
  std::array<char, kHalfLetters + 1> secret_half{};
  if (::zmq_curve_keypair(public_half.data(), secret_half.data()) != 0) {
    return Failure(ErrorCode::kUnsupported, "this libzmq was built without CURVE");
  }
  return CurveKeys{public_half.data(), secret_half.data()};
}

Status WriteCurveKeys(const std::string& path, const CurveKeys& keys) {
  const std::string public_line = std::string(kPublicWord) + " " + keys.public_half + "\n";
  WEFT_RETURN_IF_ERROR(
      WriteNew(path, public_line + kSecretWord + " " + keys.secret_half + "\n", kOwnerOnly));
  return WriteNew(path + ".pub", public_line, kAnybody);
}

Result<CurveKeys> ReadCurveKeys(const std::string& path) {
  WEFT_RETURN_IF_ERROR(RequireOwnerOnly(path));
  WEFT_ASSIGN_OR_RETURN(const auto words, ReadWords(path));
  CurveKeys keys;
  WEFT_ASSIGN_OR_RETURN(keys.public_half, Half(path, words, kPublicWord));
  WEFT_ASSIGN_OR_RETURN(keys.secret_half, Half(path, words, kSecretWord));
  return keys;
}

Result<std::string> ReadPublicHalf(const std::string& path) {
  WEFT_ASSIGN_OR_RETURN(const auto words, ReadWords(path));
  return Half(path, words, kPublicWord);
}

Result<CurveGuests> ReadCurveGuests(const std::string& folder) {
  std::error_code failure;
  CurveGuests guests;
  for (const auto& entry : std::filesystem::directory_iterator(folder, failure)) {
    if (entry.path().extension() == ".pub") {
      WEFT_ASSIGN_OR_RETURN(const std::string half, ReadPublicHalf(entry.path().string()));
      guests[half] = entry.path().stem().string();
    }
  }
  if (failure) {
    return FileFailure(folder, failure.value());
  }
  return guests;
}

}  // namespace weft
