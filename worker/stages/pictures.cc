#include "worker/stages/pictures.h"

#include <algorithm>
#include <utility>

#include "common/plan/lending.h"
#include "common/wire/seam_checks_wire.h"
#include "worker/stages/blobs.h"
#include "worker/stages/denoising.h"
#include "worker/stages/job_clip.h"

namespace weft::worker {
namespace {

// latents: of the core. Those of its frames that are in `numbers`, ascending.
Latents Select(const v1::Task& task,
               const Latents& latents,
               const std::vector<std::uint32_t>& numbers) {
  Latents selected;
  for (const std::uint32_t number : numbers) {
    Append(Slice(latents, number - task.chunk().core().begin(), 1), &selected);
  }
  return selected;
}

Result<std::vector<Frame>> Decode(const Latents& latents, models::DiffusionModel& model) {
  return latents.frames == 0 ? Result<std::vector<Frame>>(std::vector<Frame>())
                             : model.Decode(latents);
}

}  // namespace

Result<Frame> FetchPicture(const v1::Task& task,
                           const BlobName& name,
                           const v1::Size& size,
                           BlobStore& blobs) {
  WEFT_ASSIGN_OR_RETURN(const std::string blob, FetchInput(task, name, blobs));
  WEFT_ASSIGN_OR_RETURN(std::vector<ControlMap> maps, UnpackControls(blob));
  if (maps.size() != 1 || maps.front().channels != 3 ||
      maps.front().width != static_cast<int>(size.width()) ||
      maps.front().height != static_cast<int>(size.height())) {
    return Failure(ErrorCode::kDataLoss,
                   std::string(name.name) + ": not a picture of the size that is rendered");
  }
  return Frame{maps.front().width, maps.front().height, std::move(maps.front().values)};
}

Status StorePicture(const v1::Task& task,
                    const std::string& name,
                    const Frame& picture,
                    BlobStore& blobs,
                    v1::TaskResult* result) {
  const ControlMap pixels{
      .width = picture.width, .height = picture.height, .channels = 3, .values = picture.rgb};
  WEFT_ASSIGN_OR_RETURN(const std::string bytes, PackControls({pixels}));
  return StoreOutput(task, name, bytes, blobs, result);
}

Status StoreLentPictures(const v1::Task& task,
                         const Latents& latents,
                         models::DiffusionModel& model,
                         StageContext& context,
                         v1::TaskResult* result) {
  const std::vector<std::uint32_t> lent = LentBy(task);
  WEFT_ASSIGN_OR_RETURN(const std::vector<Frame> pictures,
                        Decode(Select(task, latents, lent), model));
  for (std::size_t i = 0; i < lent.size(); ++i) {
    WEFT_RETURN_IF_ERROR(
        StorePicture(task, PictureName(lent[i]), pictures.at(i), context.blobs, result));
  }
  return {};
}

Result<std::vector<Frame>> HaloPictures(const v1::Task& task,
                                        std::uint32_t round,
                                        const Latents& latents,
                                        models::DiffusionModel& model,
                                        StageContext& context) {
  const FrameRange core = ToRange(task.chunk().core());
  const std::vector<std::uint32_t> lent = LentBy(task);
  std::vector<std::uint32_t> kept = FrameNumbers(core);
  kept.erase(std::remove_if(kept.begin(), kept.end(),
                            [&](std::uint32_t number) {
                              return std::binary_search(lent.begin(), lent.end(), number);
                            }),
             kept.end());
  WEFT_ASSIGN_OR_RETURN(std::vector<Frame> decoded, Decode(Select(task, latents, kept), model));
  std::vector<Frame> pictures;
  auto next = decoded.begin();
  for (const std::uint32_t number : FrameNumbers(ToRange(task.chunk().halo()))) {
    if (std::binary_search(kept.begin(), kept.end(), number)) {
      pictures.push_back(std::move(*next++));
    } else {
      WEFT_ASSIGN_OR_RETURN(pictures.emplace_back(),
                            FetchPicture(task,
                                         {Stage::kDenoise, number / task.job().chunk_frames(),
                                          round, PictureName(number)},
                                         task.clip().padded_size(), context.blobs));
    }
  }
  return pictures;
}

}  // namespace weft::worker
