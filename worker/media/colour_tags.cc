#include "worker/media/colour_tags.h"

#include <string>

namespace weft::media {
namespace {

// 0 and 3 are reserved: ITU-T H.273, tables 2 and 3.
bool IsKnown(AVColorPrimaries primaries) {
  return primaries != AVCOL_PRI_RESERVED0 && primaries != AVCOL_PRI_UNSPECIFIED &&
         primaries != AVCOL_PRI_RESERVED && av_color_primaries_name(primaries) != nullptr;
}

bool IsKnown(AVColorTransferCharacteristic transfer) {
  return transfer != AVCOL_TRC_RESERVED0 && transfer != AVCOL_TRC_UNSPECIFIED &&
         transfer != AVCOL_TRC_RESERVED && av_color_transfer_name(transfer) != nullptr;
}

// FFmpeg's name of the filter, and its options. H.264 says it in its parameter sets too.
std::string FilterFor(const ColourTags& tags, AVCodecID codec) {
  std::string options;
  if (tags.primaries != AVCOL_PRI_UNSPECIFIED) {
    options += ":colour_primaries=" + std::to_string(tags.primaries);
  }
  if (tags.transfer != AVCOL_TRC_UNSPECIFIED) {
    options += ":transfer_characteristics=" + std::to_string(tags.transfer);
  }
  return codec == AV_CODEC_ID_H264 && !options.empty() ? "h264_metadata=" + options.substr(1)
                                                       : "null";
}

}  // namespace

ColourTags TagsOf(const AVFrame& frame) {
  const bool primaries = IsKnown(frame.color_primaries);
  const bool transfer = IsKnown(frame.color_trc);
  if ((!primaries || frame.color_primaries == AVCOL_PRI_BT709) &&
      (!transfer || frame.color_trc == AVCOL_TRC_BT709)) {
    return {};
  }
  ColourTags tags;
  if (primaries) {
    tags.primaries = frame.color_primaries;
  }
  if (transfer) {
    tags.transfer = frame.color_trc;
  }
  return tags;
}

Result<FilterPtr> Retag(const ColourTags& tags, AVCodecParameters* parameters) {
  AVBSFContext* created = nullptr;
  int status = av_bsf_list_parse_str(FilterFor(tags, parameters->codec_id).c_str(), &created);
  FilterPtr filter(created);
  if (status == AVERROR_BSF_NOT_FOUND) {
    return Failure(ErrorCode::kUnsupported,
                   "this FFmpeg has no h264_metadata filter; install one that has it");
  }
  if (status >= 0) {
    status = avcodec_parameters_copy(filter->par_in, parameters);
  }
  if (status >= 0) {
    status = av_bsf_init(filter.get());
  }
  if (status >= 0) {
    status = avcodec_parameters_copy(parameters, filter->par_out);
  }
  if (status < 0) {
    return Failure(FfmpegError(status, "cannot set the colours of the segments"));
  }
  if (tags.primaries != AVCOL_PRI_UNSPECIFIED) {
    parameters->color_primaries = tags.primaries;
  }
  if (tags.transfer != AVCOL_TRC_UNSPECIFIED) {
    parameters->color_trc = tags.transfer;
  }
  return filter;
}

}  // namespace weft::media
