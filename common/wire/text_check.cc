#include "common/wire/text_check.h"

#include <vector>

#include "common/utf8.h"

namespace weft {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// The path of the first bad field; empty where there is none.
std::string FirstBad(const Message& message);

std::string FirstBadMessage(const Message& message, const FieldDescriptor& field) {
  const google::protobuf::Reflection& reflection = *message.GetReflection();
  if (!field.is_repeated()) {
    return FirstBad(reflection.GetMessage(message, &field));
  }
  std::string bad;
  for (int i = 0; bad.empty() && i < reflection.FieldSize(message, &field); ++i) {
    bad = FirstBad(reflection.GetRepeatedMessage(message, &field, i));
  }
  return bad;
}

bool IsBadText(const Message& message, const FieldDescriptor& field) {
  const google::protobuf::Reflection& reflection = *message.GetReflection();
  if (!field.is_repeated()) {
    return !IsUtf8(reflection.GetString(message, &field));
  }
  for (int i = 0; i < reflection.FieldSize(message, &field); ++i) {
    if (!IsUtf8(reflection.GetRepeatedString(message, &field, i))) {
      return true;
    }
  }
  return false;
}

std::string FirstBad(const Message& message) {  // NOLINT(misc-no-recursion): as deep as our types.
  std::vector<const FieldDescriptor*> fields;
  message.GetReflection()->ListFields(message, &fields);
  for (const FieldDescriptor* const field : fields) {
    if (field->type() == FieldDescriptor::TYPE_STRING && IsBadText(message, *field)) {
      return field->name();
    }
    if (field->type() == FieldDescriptor::TYPE_MESSAGE) {
      if (const std::string within = FirstBadMessage(message, *field); !within.empty()) {
        return field->name() + "." + within;
      }
    }
  }
  return "";
}

}  // namespace

Status CheckTextsAreUtf8(const Message& message) {
  if (const std::string bad = FirstBad(message); !bad.empty()) {
    return Failure(ErrorCode::kInvalidArgument, bad + " is not UTF-8, as all texts must be");
  }
  return {};
}

}  // namespace weft
