#include "common/wire/job_objects.h"

#include <algorithm>

#include "common/storage/object_place.h"

namespace weft {

bool UsesObjects(const v1::JobSpec& job) {
  return IsObjectUrl(job.input_path()) || IsObjectUrl(job.output_path()) ||
         IsObjectUrl(job.guide_path()) || IsObjectUrl(job.keys_path()) ||
         std::any_of(job.controls().begin(), job.controls().end(),
                     [](const v1::Control& control) { return IsObjectUrl(control.maps_path()); });
}

}  // namespace weft
