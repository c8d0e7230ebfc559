#include "coordinator/http/event_text.h"

#include "coordinator/view/view_json.h"

namespace weft::coordinator {

std::string EventText(const v1::LogPage& page) {
  std::string text;
  for (int number = 0; number < page.records_size(); ++number) {
    if (number + 1 == page.records_size()) {
      text += "id: " + std::to_string(page.next()) + "\n";
    }
    text += "data: " + Dump(ToJson(page.records(number))) + "\n\n";
  }
  return text;
}

}  // namespace weft::coordinator
