#include "coordinator/cli/submit_order.h"

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <map>

#include "coordinator/core/job_id.h"

namespace weft::cli {
namespace {

void StartAfter(const std::string& id, v1::JobTerms& terms) {
  if (std::find(terms.after().begin(), terms.after().end(), id) == terms.after().end()) {
    terms.add_after(id);
  }
}

}  // namespace

void SetOrder(const std::vector<std::vector<std::string>>& after,
              std::vector<v1::SubmitJob>& jobs) {
  assert(after.size() == jobs.size());
  std::map<std::string, std::string> named;   // Ids.
  std::map<std::string, std::string> savers;  // Ids, by the file that the job keeps anchors in.
  for (std::size_t number = 0; number < jobs.size(); ++number) {
    v1::JobTerms& terms = *jobs[number].mutable_terms();
    const v1::JobSpec& spec = jobs[number].spec();
    for (const std::string& name : after[number]) {
      const auto known = named.find(name);
      StartAfter(known == named.end() ? name : known->second, terms);
    }
    if (const auto saver = savers.find(spec.look_path()); saver != savers.end()) {
      StartAfter(saver->second, terms);
    }
    const std::string id = coordinator::JobIdOf(jobs[number].client_token()).value;
    named[terms.name()] = id;
    if (!spec.save_look_path().empty()) {
      savers[spec.save_look_path()] = id;
    }
  }
}

}  // namespace weft::cli
