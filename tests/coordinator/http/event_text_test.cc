#include "coordinator/http/event_text.h"

#include <gtest/gtest.h>

namespace weft::coordinator {
namespace {

TEST(EventText, TheLastEventOfAPageLeadsToTheNextOne) {
  v1::LogPage page;
  page.add_records()->set_message("one\nline");
  page.add_records()->set_message("two");
  page.set_next(77);
  EXPECT_EQ(EventText(page),
            "data: {\"time\":\"1970-01-01T00:00:00.000Z\",\"level\":\"info\","
            "\"message\":\"one\\nline\"}\n\n"
            "id: 77\ndata: {\"time\":\"1970-01-01T00:00:00.000Z\",\"level\":\"info\","
            "\"message\":\"two\"}\n\n");
}

TEST(EventText, APageWithoutRecordsIsNothing) {
  EXPECT_EQ(EventText(v1::LogPage()), "");
}

}  // namespace
}  // namespace weft::coordinator
