#include "coordinator/server/webhook_body.h"

#include "common/log/log.h"
#include "coordinator/view/view_json.h"
#include "coordinator/view/view_words.h"

namespace weft::coordinator {

std::string WebhookBody(const std::string& event, const Job& job, std::uint64_t unix_ms) {
  nlohmann::ordered_json body = {{"event", event},
                                 {"job", job.id.value},
                                 {"name", job.terms.name()},
                                 {"user", job.terms.user()},
                                 {"state", JobStateName(static_cast<v1::JobState>(job.state))},
                                 {"output", job.spec.output_path()}};
  if (job.error.has_value()) {
    body["error"] = job.error->message();
  }
  body["time"] = TimeStamp(unix_ms);
  return Dump(body);
}

}  // namespace weft::coordinator
